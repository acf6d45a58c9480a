"""The commands about sessions, on a real Redis without workers, as `docs/sessions.md` calls them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from redis import Redis
from tests.support.places import DOCS
from tests.support.story import whole
from tests.unit.scheduler.sessions.test_sessions import ASK

from fluxagents.flows.errors import FluxError
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.people.local_user import OsUser
from fluxagents.workers.cli import cli
from fluxagents.workers.clients import local_authority
from fluxagents.workers.redis.runs.run_store import RedisRunStore

Call = Callable[..., Result]


@pytest.fixture
def call(redis_url: str, key_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls the program as ada, the first user of an installation that has a flow of its own."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "ask_twice.yaml").write_text(yaml.safe_dump(ASK, sort_keys=False))
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FLUXAGENTS_FLOWS_DIR", str(tmp_path / "flows"))
    monkeypatch.setattr(local_authority, "current_os_user", lambda: OsUser(1_000, "ada"))
    monkeypatch.chdir(tmp_path)
    return lambda words: CliRunner().invoke(cli, shlex.split(words, comments=True), standalone_mode=False)


def read(done: Result) -> Any:
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def start(call: Call, session: str = "s") -> str:
    done = call(f"run ask_twice --model e_coli_core --session {session} --json")
    assert isinstance(done.exception, SystemExit), "it waits for a human"
    run = json.loads(done.stdout)["run_id"]
    assert isinstance(run, str)
    return run


def store_ended(redis: Redis, prefix: str, session: str, *runs: str) -> None:
    store = RedisRunStore(redis, prefix=prefix)
    for run in runs:
        log = whole(run, session=session, inputs={"question": "Does it grow?"})
        state = fold(log)
        store.create(Commit(log, state, None), state.model_dump_json())


def test_the_page_can_be_followed_from_its_first_command_to_its_last(call: Call) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (DOCS / "sessions.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    for line in lines:
        done = call(line.removeprefix("fluxagents "))
        assert done.exit_code == 0, (line, done.output, done.exception)
    assert len(lines) >= 8


def test_a_notebook_is_told_in_order_and_shared(call: Call, tmp_path: Path) -> None:
    run = start(call)
    call("sessions notebook add s --text 'It <grows>.'")
    call(f"sessions notebook add s --run {run} --at 1")
    assert call("sessions notebook show s").stdout.splitlines()[1:] == [f"  1  run {run}", "  2  It <grows>."]
    blocks = read(call("sessions notebook move s 2 1 --json"))["blocks"]
    assert [block["kind"] for block in blocks] == ["text", "run"]
    call("sessions notebook export s -o notebook.html")
    page = (tmp_path / "notebook.html").read_text(encoding="utf-8")
    assert page.index("It &lt;grows&gt;.") < page.index(run)
    assert len(read(call("sessions notebook remove s 2 --json"))["blocks"]) == 1
    assert "no place 2" in str(call("sessions notebook remove s 2").exception)
    made = read(call("sessions notebook share s --days 1 --json"))
    assert made["expires_ms"] - made["created_ms"] == 86_400_000
    assert [each["id"] for each in read(call("sessions notebook links s --json"))] == [made["id"]]
    call(f"sessions notebook revoke s {made['id']}")
    assert call("sessions notebook links s").stdout == "no link leads to the notebook of session s\n"


def test_runs_of_a_session_are_listed_shown_and_steered(call: Call) -> None:
    call("sessions create s --label Survey --runs 2 --tokens 1000")
    runs = {start(call), start(call)}
    refused = call("run ask_twice --model e_coli_core --session s")
    assert isinstance(refused.exception, FluxError)
    assert refused.exception.message == "session 's' has used 2 of 2 runs"
    shown = read(call("sessions show s --json"))
    assert (shown["owner"], shown["label"], shown["runs"]["total"]) == ("ada", "Survey", 2)
    assert shown["budget"] == {"tokens": 1000, "money": None, "processor_minutes": None, "runs": 2}
    assert [each["name"] for each in read(call("sessions list --json"))] == ["s"]
    assert set(read(call("sessions pause s --json"))["paused"]) == runs
    assert set(read(call("sessions resume s --json"))["resumed"]) == runs
    assert call("sessions cancel s --reason enough").stdout == "session s: 2 runs cancelled\n"


def test_a_budget_keeps_the_limits_that_are_not_named(call: Call) -> None:
    call("sessions create s --runs 5")
    budget = read(call("sessions budget s --tokens 10 --json"))["budget"]
    assert (budget["runs"], budget["tokens"]) == (5, 10)
    budget = read(call("sessions budget s --unlimited --processor-minutes 2.5 --json"))["budget"]
    assert (budget["runs"], budget["tokens"], budget["processor_minutes"]) == (None, None, 2.5)


def test_money_takes_prices(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = call("sessions create s --money 5")
    assert "no prices are known" in str(refused.exception)
    prices = tmp_path / "prices.toml"
    prices.write_text('currency = "EUR"\n[models]\n')
    monkeypatch.setenv("FLUXAGENTS_CHAT_PRICES", str(prices))
    assert call("sessions create s --money 5").exit_code == 0


def test_a_quota_is_set_shown_and_taken_away(call: Call) -> None:
    call("sessions create s")
    assert read(call("people quota ada --at-once 1 --json"))["ada"]["runs_at_once"] == 1
    start(call)
    assert "ada has 1 run that has not ended" in str(call("run ask_twice --model e_coli_core").exception)
    assert read(call("people quota ada --at-once 0 --json"))["ada"]["runs_at_once"] is None
    start(call)
    assert read(call("people quota --json")) == {}


def test_a_session_is_closed_archived_and_restored(call: Call, redis: Redis, key_prefix: str) -> None:
    store_ended(redis, key_prefix, "s", "r1", "r2")
    assert call("sessions close s").stdout == "session s takes no new runs\n"
    assert call("sessions restore s").stdout == "session s takes new runs\n"
    assert call("sessions archive s").stdout == "session s: archived with 2 runs\n"
    assert [each["name"] for each in read(call("sessions list --status archived --json"))] == ["s"]
    assert not redis.exists(f"{key_prefix}run:r1")
    assert read(call("runs show r1 --json"))["status"] == "finished"
    assert call("sessions restore s").stdout == "session s: open, with 2 runs from the archive\n"
    assert redis.exists(f"{key_prefix}run:r1")


def test_a_session_is_compared_added_up_and_reported(
    call: Call, redis: Redis, key_prefix: str, tmp_path: Path
) -> None:
    store_ended(redis, key_prefix, "s", "r1", "r2")
    (cluster,) = read(call("sessions clusters s --json"))
    assert (set(cluster["runs"]), cluster["question"]) == ({"r1", "r2"}, "Does it grow?")
    stats = read(call("sessions stats s --json"))
    assert (stats["runs"], stats["states"][-1]["finished"]) == (2, 2)
    assert stats["caches"]["kept"] == 0
    for suffix, beginning in ((".html", b"<!doctype html>"), (".pdf", b"%PDF-")):
        assert call(f"sessions report s -o report{suffix}").exit_code == 0
        assert (tmp_path / f"report{suffix}").read_bytes().startswith(beginning)
    assert "end the name" in str(call("sessions report s -o report.txt").exception)


def test_a_session_is_forked_exported_and_imported(call: Call, tmp_path: Path) -> None:
    run = start(call)
    (forked,) = read(call("sessions fork s t --json"))["runs"]
    assert read(call(f"runs show {forked} --json"))["session"] == "t"
    (anew,) = read(call("sessions fork s u --input topic=oxygen --json"))["runs"]
    assert anew not in {run, forked}
    exported = read(call("sessions export s --json"))
    assert (exported["runs"], (tmp_path / "s.session.zip").exists()) == (1, True)
    imported = read(call("sessions import s.session.zip --json"))
    assert (imported["session"], imported["written"], imported["unverified"]) == ("s", [], None)


def test_a_session_is_shared_with_those_who_are_known(call: Call) -> None:
    call("sessions create s")
    assert "there is no person or service 'bob'" in str(call("sessions share s bob viewer").exception)
    call("people add bob --role viewer")
    assert call("sessions share s bob runner").stdout == "session s: bob is runner there\n"


@pytest.mark.parametrize(
    "words",
    ["show", "budget", "pause", "resume", "cancel", "close", "archive", "restore", "clusters", "stats"],
)
def test_a_session_that_is_not_there_is_named(call: Call, words: str) -> None:
    error = call(f"sessions {words} nowhere").exception
    assert isinstance(error, FluxError)
    assert error.message == "there is no session 'nowhere'"
