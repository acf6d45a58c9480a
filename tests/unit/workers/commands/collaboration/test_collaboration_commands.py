"""The commands of feedback and collaboration, as `docs/collaboration.md` calls them, on runs that worked."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from redis import Redis
from tests.support.places import DOCS
from tests.unit.scheduler.collaboration.test_collaboration import ASK

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.people.local_user import OsUser
from fluxagents.workers.cli import cli
from fluxagents.workers.clients import local_authority
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.redis.runs.run_store import RedisRunStore


@dataclass(frozen=True)
class Site:
    """An installation with a run that has answered a question and one that asks something."""

    run: str
    request: str
    call: Callable[[str], Result]

    def read(self, words: str) -> Any:
        done = self.call(words)
        assert done.exit_code == 0, (words, done.output, done.exception)
        return json.loads(done.stdout)


@pytest.fixture
def site(
    redis: Redis, redis_url: str, key_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Site:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "ask_someone.yaml").write_text(yaml.safe_dump(ASK, sort_keys=False))
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(local_authority, "current_os_user", lambda: OsUser(1_000, "ada"))
    monkeypatch.chdir(tmp_path)
    local = LocalClient(
        tmp_path / "data" / "store",
        store=RedisRunStore(redis, prefix=key_prefix),
        flow_folders=(tmp_path / "flows",),
    )
    local.models.add_named("e_coli_core")
    answered = local.ask("How fast does it grow?", model="e_coli_core", session="mine")
    asking = local.start("ask_someone", model="e_coli_core", session="mine")
    assert answered.status == "finished"
    request = asking.state.waiting_for
    assert request is not None

    def call(words: str) -> Result:
        return CliRunner().invoke(cli, shlex.split(words, comments=True), standalone_mode=False)

    return Site(answered.id, request.id, call)


def test_the_page_can_be_followed_from_its_first_command_to_its_last(site: Site) -> None:
    text = (DOCS / "collaboration.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    for line in lines:
        words = line.replace("$RUN", site.run).replace("$REQUEST", site.request)
        done = site.call(words.removeprefix("fluxagents "))
        assert done.exit_code == 0, (line, done.output, done.exception)
    assert len(lines) >= 15


def test_a_correction_becomes_a_case_that_the_planner_passes_or_fails(site: Site) -> None:
    none_yet = site.call(f"eval add {site.run}")
    assert isinstance(none_yet.exception, FluxError)
    assert "has no correction" in none_yet.exception.message
    site.call(f"runs correct {site.run} --value growth_per_h=0.873922 --answer 'about 0.87'")
    added = site.read(f"eval add {site.run} --json")
    assert added["case"]["calls"] is None
    assert added["case"]["model"].startswith("sha256:")
    path = Path(added["file"])
    assert path.parent.name == "evaluations"
    right = site.call("eval run --json")
    assert right.exit_code == 0, right.output
    judged = json.loads(right.stdout)
    assert (judged["chat_model"], judged["right"], judged["cases"]) == ("offline-planner", 1, 1)
    (judgement,) = judged["judgements"]
    assert judgement["value_right"]
    assert judgement["found"][0] == pytest.approx(0.8739215, abs=1e-6)
    case = yaml.safe_load(path.read_text())
    case["value"]["number"] = 0.5
    case["calls"] = [{"tool": "analyze_essentiality"}]
    path.write_text(yaml.safe_dump(case))
    wrong = site.call("eval run")
    assert wrong.exit_code == 1
    assert "expected analyze_essentiality()" in wrong.stdout
    assert "expected growth_per_h = 0.5; got 0.873922" in wrong.stdout
    assert "0 of 1 right" in wrong.stdout
    again = site.call(f"eval add {site.run}")
    assert "there is a case of run" in str(again.exception)
    path.write_text("question: 5\n")
    damaged = site.call("eval list")
    assert "is no evaluation case" in str(damaged.exception)


def test_different_corrections_are_not_mixed(site: Site) -> None:
    site.call("people add bob --role viewer")
    site.call(f"runs correct {site.run} --answer slowly")
    site.call(f"runs correct {site.run} --answer fast --by bob")
    refused = site.call(f"eval add {site.run}")
    assert isinstance(refused.exception, FluxError)
    assert "different corrections, by ada, bob" in refused.exception.message
    assert site.read(f"eval add {site.run} --of bob --json")["case"]["answer"] == "fast"


def test_ratings_of_many_runs_say_how_far_people_agree(site: Site) -> None:
    for name in ("bob", "eve"):
        site.call(f"people add {name} --role viewer")
    for step, stars in enumerate((1, 2, 3, 4, 5)):
        site.call(f"runs rate {site.run} {stars} --step {step} --by bob")
        site.call(f"runs rate {site.run} {stars} --step {step} --by eve")
    agreement = site.read("runs ratings --session mine --json")["agreement"]
    assert (agreement["alpha"], agreement["meaning"]) == (1.0, "reliable")
    assert (agreement["raters"], agreement["subjects"], agreement["ratings"]) == (2, 5, 10)
    assert site.read("runs ratings --session other --json")["ratings"] == []
    shown = site.call("runs ratings").stdout
    assert (
        "agreement: alpha = 1.00, 95 % from 1.00 to 1.00 (n = 10 ratings of 5 subjects by 2 persons)" in shown
    )


def test_the_inbox_is_one_document_for_scripts(site: Site) -> None:
    site.call(f"runs comment {site.run} '@ada see this'")
    site.call(f"inbox watch {site.run}")
    site.call(f"approvals claim {site.request}")
    shown = site.read("inbox --json")
    assert [each["claimed_by"] for each in shown["requests"]] == ["ada"]
    assert [each["remark"]["body"]["text"] for each in shown["mentions"]] == ["@ada see this"]
    assert [each["run_id"] for each in shown["ended"]] == [site.run]
    site.call("inbox read")
    rest = site.read("inbox --json")
    assert (len(rest["requests"]), rest["mentions"], rest["ended"]) == (1, [], [])


def test_a_run_in_the_archive_is_rated_and_tells_of_it(site: Site) -> None:
    site.call(f"runs comment {site.run} 'before it moved'")
    assert site.read("runs archive --most 0 --json")["archived"] == [site.run]
    assert site.call(f"runs rate {site.run} 3").exit_code == 0
    kinds = [each["body"]["kind"] for each in site.read(f"runs remarks {site.run} --json")["remarks"]]
    assert kinds == ["comment", "rating"]
    assert site.read(f"runs show {site.run} --json")["remarks"] == 2
    assert f"2 remarks: fluxagents runs remarks {site.run}" in site.call(f"runs show {site.run}").stdout
