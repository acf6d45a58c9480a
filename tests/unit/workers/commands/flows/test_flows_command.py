"""`fluxagents flows list|show|validate|schema`, which need no Redis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fluxagents.workers.commands.flows.flows import flows

MISTAKEN = """\
flow: mistaken
version: 1
purpose: For tests.
start: a
nodes:
  a:
    kind: tool
    tool: run_metabolic_fb
    next: b
  b:
    kind: end
  lost:
    kind: end
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.setenv("FLUXAGENTS_FLOWS_DIR", str(mine))
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))
    return mine


def run(*words: str) -> Result:
    return CliRunner().invoke(flows, words)


def test_each_mistake_has_its_line(folder: Path) -> None:
    file = folder / "mistaken.yaml"
    file.write_text(MISTAKEN)
    done = run("validate", str(file))
    assert done.exit_code == 1
    said = done.output.splitlines()
    assert f"{file}:12: node 'lost' cannot be reached from 'a'; lead to it or delete it" in said
    assert any(
        line.startswith(f"{file}:6: node 'a' names the tool 'run_metabolic_fb'")
        and "nearest: run_metabolic_fba" in line
        for line in said
    )
    assert len(said) == 2


def test_a_file_that_is_no_flow_is_a_problem_too(folder: Path) -> None:
    (folder / "no.yaml").write_text(MISTAKEN.replace("kind: tool", "kind: tol"))
    done = run("validate", str(folder / "no.yaml"), "--json")
    assert done.exit_code == 1
    (found,) = json.loads(done.output)
    assert found["problems"][0].startswith(f"{folder / 'no.yaml'}:6: node 'a': its kind is 'tol'")


def test_all_that_ships_can_run() -> None:
    done = run("validate")
    assert done.exit_code == 0, done.output
    assert "metabolic_analysis.yaml can run" in done.output


def test_the_users_folder_is_listed_and_a_broken_file_hides_nothing(folder: Path) -> None:
    (folder / "mine.yaml").write_text(MISTAKEN.replace("flow: mistaken", "flow: mine"))
    (folder / "broken.yaml").write_text("flow: [")
    done = run("list", "--json")
    assert done.exit_code == 0
    names = {flow["flow"] for flow in json.loads(done.stdout)}
    assert {"mine", "metabolic_analysis"} <= names
    assert "broken.yaml is not YAML" in done.stderr


def test_the_schema_is_one_that_editors_take() -> None:
    schema = json.loads(run("schema").output)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "MapNode" in schema["$defs"]
