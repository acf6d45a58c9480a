"""`fluxagents runs show|timeline|explain|diff|replay` on runs that were carried out."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from redis import Redis
from tests.support.command_calls import invoke, simulate_terminal
from tests.support.recorded_run import RUN_ID, RecordedRun, record
from tests.support.story import part, split

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.workers.commands.runs.runs import runs
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.redis.runs.run_store import RedisRunStore

Call = Callable[..., Result]

OTHER = f"{RUN_ID[:-1]}W"
ACETATE = "Which genes are essential for growth on acetate?"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    return record(str(tmp_path_factory.mktemp("recorded")))[0]


@pytest.fixture(scope="module")
def on_acetate(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    return record(str(tmp_path_factory.mktemp("acetate")), ACETATE)[0]


@pytest.fixture
def store(redis: Redis, key_prefix: str, tmp_path: Path) -> RedisRunStore:
    return RedisRunStore(redis, prefix=key_prefix, archive=Archive(str(tmp_path)))


@pytest.fixture
def call(redis_url: str, key_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    monkeypatch.setenv("FLUXAGENTS_STORE_URL", str(tmp_path))

    return partial(invoke, runs)


def put(store: RedisRunStore, log: tuple[e.Event, ...], run_id: str = "") -> None:
    started = log[0].model_copy(update={"run_id": run_id}) if run_id else log[0]
    state = fold([started, *log[1:]])
    store.create(Commit((started, *log[1:]), state, None), state.model_dump_json())


@pytest.fixture
def stored(store: RedisRunStore, run: RecordedRun) -> RecordedRun:
    store.save_flow(run.kept)
    put(store, run.log)
    return run


def as_json(call: Call, *words: str, status: int = 0) -> Any:
    return json.loads(call(*words, "--json", status=status).stdout)


def narrow(call: Call, *words: str, status: int = 0) -> str:
    with simulate_terminal(80):
        done = call(*words, status=status)
    assert max(map(len, done.stdout.splitlines())) <= 80
    return done.stdout


def test_a_run_is_shown_with_what_it_took(call: Call, stored: RecordedRun) -> None:
    told = as_json(call, "show", RUN_ID)
    assert (told["status"], told["tool_calls"], told["decisions"]) == ("finished", 3, 3)
    assert told["duration_s"] == pytest.approx(sum(told["spent_s"].values()))
    assert told["answer"] == fold(stored.log).answer
    shown = narrow(call, "show", RUN_ID)
    assert "7 of 137" in shown
    assert "3 decisions; 3 tool calls" in " ".join(shown.split())


def test_a_run_whose_log_is_damaged_is_shown_all_the_same(
    call: Call, stored: RecordedRun, redis: Redis, key_prefix: str
) -> None:
    redis.lset(f"{key_prefix}run:{RUN_ID}:events", 2, "{}")
    told = as_json(call, "show", RUN_ID)
    assert told["answer"] == fold(stored.log).answer
    assert "line 3 of the history is no event" in told["log_error"]
    assert "its log cannot be read" in call("show", RUN_ID).stdout
    with pytest.raises(FluxError, match="line 3"):
        call("timeline", RUN_ID)


def test_a_timeline_tells_each_event_in_order_and_why(call: Call, stored: RecordedRun) -> None:
    told = as_json(call, "timeline", RUN_ID)
    events = [event for step in told["steps"] for event in step["events"]]
    assert [event["type"] for event in events] == [event.type for event in stored.log]
    (branch,) = [event for event in events if event["type"] == "BranchTaken"]
    assert (branch["because"], branch["seen"]) == ("status == 'optimal'", {"status": "optimal"})
    assert told["steps"][0]["at_s"] == 0
    assert told["steps"][1]["work_s"] == told["steps"][1]["spent_s"]["work"] > 0
    assert [step["kind"] for step in told["steps"]] == [
        "start",
        "tool",
        "tool",
        "decide",
        "tool",
        "decide",
        "decide",
    ]
    shown = narrow(call, "timeline", RUN_ID)
    assert "because status == 'optimal'; saw status =" in shown
    assert "█" in narrow(call, "timeline", RUN_ID, "--bars")


def test_a_timeline_shows_the_runs_that_a_step_began(call: Call, store: RedisRunStore) -> None:
    put(store, split())
    put(store, part(0))
    told = as_json(call, "timeline", "big")
    assert told["children"] == {"big.1.part0": {"status": "finished", "began_s": 2.0, "lasted_s": 5.0}}
    assert told["steps"][1]["runs"] == ["big.1.part0", "big.1.part1"]
    assert "↳ big.1.part0: finished after 5 s" in narrow(call, "timeline", "big")


def test_a_decision_is_explained_with_the_prompt_that_was_sent(call: Call, stored: RecordedRun) -> None:
    (decision, *_) = [event for event in stored.log if isinstance(event, e.DecisionMade)]
    told = as_json(call, "explain", RUN_ID, "--step", str(decision.seq))
    assert (told["before"]["seq"], told["after"]["seq"]) == (decision.seq, decision.seq + 1)
    assert (told["command"]["kind"], told["command"]["prompt"]) == ("decide", "tool_selection")
    assert told["prompt"]["is_exact"] is True
    assert told["prompt"]["messages"][0]["role"] == "system"
    assert told["events"][0]["decision"]["tool"] == "analyze_essentiality"
    assert {change["path"] for change in told["changes"]} >= {"pending", "tokens_in", "decisions"}
    short = narrow(call, "explain", RUN_ID, "--step", str(decision.seq))
    full = narrow(call, "explain", RUN_ID, "--step", str(decision.seq), "--full")
    assert "more lines (--full)" in short
    assert "more lines" not in full
    assert len(full) > len(short)
    assert "exactly what was sent" in short


def test_a_tool_call_is_explained_with_its_artifact(call: Call, stored: RecordedRun) -> None:
    result = next(event for event in stored.log if isinstance(event, e.ToolSucceeded))
    told = as_json(call, "explain", RUN_ID, "--step", str(result.seq))
    command = {"kind": "call_tool", "tool": "analyze_metabolic_model", "args": {}, "hypothesis": ""}
    assert told["command"] == command
    assert (told["artifacts"], told["prompt"]) == ([result.artifact], None)
    shown = narrow(call, "explain", RUN_ID, "--step", str(result.seq))
    assert "+ findings" in shown
    start = as_json(call, "explain", RUN_ID, "--step", "0")
    assert (start["before"], start["command"], start["kind"]) == (None, None, "start")


@pytest.mark.usefixtures("stored")
def test_an_unknown_step_or_run_is_met_with_the_way_out(call: Call) -> None:
    with pytest.raises(FluxError, match=f"run '{RUN_ID}' has no step 40") as caught:
        call("explain", RUN_ID, "--step", "40")
    assert "3 (DecisionMade)" in caught.value.suggestions[0]
    for words in (("timeline", "x"), ("explain", "x", "--step", "1"), ("replay", "x"), ("diff", RUN_ID, "x")):
        with pytest.raises(FluxError, match="run 'x' does not exist"):
            call(*words)


def test_two_runs_are_compared(
    call: Call, store: RedisRunStore, stored: RecordedRun, on_acetate: RecordedRun
) -> None:
    put(store, stored.log, "again")
    put(store, on_acetate.log, OTHER)
    assert as_json(call, "diff", RUN_ID, "again")["differences"] == []
    assert "the same, numbers to 1e-06" in call("diff", RUN_ID, "again").stdout
    told = as_json(call, "diff", RUN_ID, OTHER, status=1)
    found = {one["what"]: one for one in told["differences"]}
    assert found["inputs.question"]["b"] == ACETATE
    assert found["3 analyze_essentiality: growth_per_h"]["a"] == pytest.approx(0.8739215, abs=1e-6)
    assert found["3 analyze_essentiality: growth_per_h"]["b"] == pytest.approx(0.1733386, abs=1e-6)
    assert found["3 analyze_essentiality: essential_genes.count"]["a"] == 7
    assert found["answer"]["section"] == "answer"
    assert {one["in"] for one in told["path"]} == {"both"}
    shown = narrow(call, "diff", RUN_ID, OTHER, status=1)
    assert "3 analyze_essentiality: growth_per_h (0.8 relative)" in shown


@pytest.mark.usefixtures("stored")
def test_a_run_replays_also_from_the_archive(call: Call, store: RedisRunStore, tmp_path: Path) -> None:
    before = as_json(call, "replay", RUN_ID)
    assert (before["same"], before["first_difference"], before["walked_again"]) == (True, None, 6)
    assert retire(store, Archive(str(tmp_path)), 9_999_999_999_999) == [RUN_ID]
    assert as_json(call, "replay", RUN_ID) == before
    assert "replays to its state" in narrow(call, "replay", RUN_ID)
    assert narrow(call, "timeline", RUN_ID)


def test_a_log_that_was_altered_does_not_replay(
    call: Call, stored: RecordedRun, redis: Redis, key_prefix: str
) -> None:
    at = next(at for at, event in enumerate(stored.log) if isinstance(event, e.BranchTaken))
    forged = stored.log[at].model_copy(update={"because": "otherwise"})
    redis.lset(f"{key_prefix}run:{RUN_ID}:events", at, forged.model_dump_json())
    told = as_json(call, "replay", RUN_ID, status=1)
    assert told["stored_digest"] == told["folded_digest"]
    assert (told["first_difference"]["event"], told["first_difference"]["step"]) == (at, forged.seq)
    assert told["first_difference"]["expected"]["because"] == "status == 'optimal'"
    shown = call("replay", RUN_ID, status=1).stdout
    assert f"event {at} (from 0), step {forged.seq}: the controller writes another 'because'" in shown


def test_a_stored_state_that_does_not_follow_is_noticed(
    call: Call, stored: RecordedRun, redis: Redis, key_prefix: str
) -> None:
    forged = fold(stored.log).model_copy(update={"answer": "42"})
    redis.hset(f"{key_prefix}run:{RUN_ID}", "state", forged.model_dump_json())
    told = as_json(call, "replay", RUN_ID, status=1)
    assert told["stored_digest"] != told["folded_digest"]
    assert [one["path"] for one in told["state_changes"]] == ["answer"]
    assert "answer: stored '42'" in call("replay", RUN_ID, status=1).stdout


def test_a_flow_that_only_the_library_has_is_found_there(
    call: Call, store: RedisRunStore, run: RecordedRun
) -> None:
    put(store, run.log)
    assert as_json(call, "replay", RUN_ID)["same"]
    put(store, split())
    with pytest.raises(FluxError, match=r"flow 'd' \('growth_check'\) of run 'big' is not stored"):
        call("replay", "big")
