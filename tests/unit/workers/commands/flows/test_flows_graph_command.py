"""`fluxagents flows graph`: flows and runs as Mermaid, SVG and data."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner, Result
from redis import Redis
from tests.support.drawn_flows import Walk, link_nodes, search_in_two_rounds, strain_search

from fluxagents.flows.language.definition import Flow
from fluxagents.flows.ports.commit import Commit
from fluxagents.workers.cli import cli
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.settings import Settings


def call(*words: str) -> Result:
    return CliRunner().invoke(cli, ["flows", "graph", *words])


@pytest.fixture
def store(redis: Redis, redis_url: str, key_prefix: str, monkeypatch: pytest.MonkeyPatch) -> RedisRunStore:
    """The store that the command reads."""
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    return RedisRunStore(redis, prefix=key_prefix)


def save_walk(store: RedisRunStore, walk: Walk) -> None:
    store.save_flow(walk.controller.flow)
    commit = Commit(events=tuple(walk.events), state=walk.state, dispatch=None)
    store.create(commit, walk.state.model_dump_json())


def file_with(flow: Flow, folder: Path) -> str:
    path = folder / f"{flow.flow}.yaml"
    path.write_text(yaml.safe_dump(flow.model_dump(mode="json", exclude_defaults=True), sort_keys=False))
    return str(path)


def test_a_flow_of_the_library_is_drawn_as_mermaid_unless_asked_otherwise() -> None:
    assert call("metabolic_analysis").stdout.startswith("flowchart TD\n")
    assert ET.fromstring(call("metabolic_analysis", "--format", "svg").stdout).tag.endswith("svg")


@pytest.mark.parametrize(
    ("ending", "begins"),
    [("mmd", "flowchart"), ("mermaid", "flowchart"), ("svg", "<svg ")],
)
def test_the_ending_of_the_file_says_the_format(ending: str, begins: str, tmp_path: Path) -> None:
    path = tmp_path / f"flow.{ending}"
    done = call(file_with(strain_search(), tmp_path), "-o", str(path))
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{path}: strain_search v3, 23 nodes\n"
    assert path.read_text().startswith(begins)


def test_a_format_that_is_asked_for_outdoes_the_ending(tmp_path: Path) -> None:
    path = tmp_path / "flow.txt"
    assert call("metabolic_analysis", "--format", "svg", "-o", str(path)).exit_code == 0
    assert path.read_text().startswith("<svg ")


def test_an_ending_without_a_format_is_refused_with_those_that_have_one(tmp_path: Path) -> None:
    path = tmp_path / "flow.png"
    done = call("metabolic_analysis", "-o", str(path))
    assert done.exit_code == 2
    assert "no format is known for 'flow.png'" in done.output
    assert ".svg" in done.output
    assert not path.exists()


@pytest.mark.parametrize("words", [("--format", "dot"), ("-o", "flow.dot"), ("-o", "flow.gv")])
def test_dot_is_refused_with_what_to_use_instead(
    words: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("metabolic_analysis", *words)
    assert done.exit_code == 2
    assert "DOT is no longer written; use svg" in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_drawing_as_data_has_nodes_and_edges() -> None:
    document = json.loads(call("metabolic_analysis", "--json").stdout)
    assert [node["name"] for node in document["nodes"]][:2] == ["describe", "baseline"]
    assert {"source": "grows", "target": "diagnose", "label": "otherwise"}.items() <= document["edges"][
        3
    ].items()
    assert document["run"] is None


def test_neither_a_flow_nor_a_run_is_an_error() -> None:
    done = call()
    assert done.exit_code == 2
    assert "name a flow or a YAML file, or a run with --run" in done.output


def test_a_run_is_laid_over_the_version_that_it_keeps(store: RedisRunStore) -> None:
    save_walk(store, search_in_two_rounds())
    document = json.loads(call("--run", "01JBRUN", "--json").stdout)
    marks = {node["name"]: node["mark"] for node in document["nodes"]}
    assert marks["accept"]["status"] == "waiting"
    assert marks["missing"]["status"] == "not reached"
    assert (document["run"]["status"], document["run"]["moves"]) == ("waiting", 19)
    assert "waiting · since 2026-11-23 09:10:11 UTC" in call("--run", "01JBRUN").stdout
    assert 'data-status="waiting"' in call("--run", "01JBRUN", "--format", "svg").stdout


def test_a_run_in_the_archive_is_drawn_too(store: RedisRunStore) -> None:
    save_walk(store, Walk(link_nodes({"a": ["done"], "done": []})).go())
    before = call("--run", "01JBRUN", "--format", "svg").stdout
    assert retire(store, Archive(Settings.load().artifact_url), 2**50) == ["01JBRUN"]
    after = call("--run", "01JBRUN", "--format", "svg").stdout
    assert 'data-status="finished"' in after
    assert after == before


def test_a_flow_that_changed_since_is_drawn_as_the_run_keeps_it(store: RedisRunStore, tmp_path: Path) -> None:
    save_walk(store, search_in_two_rounds())
    newer = strain_search().model_copy(update={"version": 4})
    done = call(file_with(newer, tmp_path), "--run", "01JBRUN")
    assert 'start(["strain_search v3<br/>' in done.stdout
    assert "drawn is v3" in done.stderr
    same = call(file_with(strain_search(), tmp_path), "--run", "01JBRUN")
    assert (same.stdout, same.stderr) == (done.stdout, "")


def test_a_run_of_another_flow_is_refused_with_the_way_out(store: RedisRunStore) -> None:
    save_walk(store, search_in_two_rounds())
    done = call("metabolic_analysis", "--run", "01JBRUN")
    assert done.exit_code == 1
    assert "follows the flow 'strain_search', not 'metabolic_analysis'" in str(done.exception)
