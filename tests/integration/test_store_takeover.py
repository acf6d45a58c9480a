"""Workers of this code take over the store of an earlier release, and every run in it ends as it should.

The store was recorded by `tests/support/record_store.py` when its worker had just been killed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from redis import Redis
from tests.support.recorded_store import load_keys, recorded_logs
from tests.support.stack import Stack, isolated
from tests.support.waiting import eventually

from fluxagents import Client
from fluxagents.flows import events as e
from fluxagents.flows.reducer import fold
from fluxagents.workers.host import launch
from fluxagents.workers.host.service import Command
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis
from fluxagents.workers.settings import Settings

RECORDING = Path(__file__).parents[1] / "histories" / "store"
KEYS = RECORDING / "redis.json"
RECORDED = recorded_logs(KEYS)
IDS: dict[str, str] = json.loads((RECORDING / "recording.json").read_text())["runs"]

WALKS_TO_END = "NodeEntered RunFinished"
GROWTH = 0.8739215069684
ENDS: dict[str, tuple[float | None, str]] = {
    "approval": (
        None,
        (
            "VoteCast ApprovalGranted ToolSucceeded DecisionMade ToolSucceeded DecisionMade NodeEntered "
            f"DecisionMade {WALKS_TO_END}"
        ),
    ),
    "asked": (None, f"QuestionAnswered {WALKS_TO_END}"),
    "asked-and-paused": (None, f"RunResumed HumanNotified QuestionAnswered {WALKS_TO_END}"),
    "finished": (None, ""),
    "killed": (GROWTH, f"ToolSucceeded NodeEntered ToolSucceeded {WALKS_TO_END}"),
    "killed-and-pausing": (
        GROWTH,
        f"ToolSucceeded NodeEntered RunPaused RunResumed ToolSucceeded {WALKS_TO_END}",
    ),
    "later": (GROWTH, f"WaitEnded NodeEntered ToolSucceeded {WALKS_TO_END}"),
    "lost": (GROWTH, f"ToolSucceeded {WALKS_TO_END}"),
    "panel": (None, f"RunsJoined {WALKS_TO_END}"),
    "panel.1.run0": (None, f"QuestionAnswered {WALKS_TO_END}"),
    "queued": (GROWTH, f"ToolSucceeded {WALKS_TO_END}"),
    "recovered": (GROWTH, ""),
    "retried": (None, f"ToolFailed {WALKS_TO_END}"),
    "rolled-back": (GROWTH, f"ToolSucceeded {WALKS_TO_END}"),
    "second-prompt": (None, ""),
    "signalled": (0.7, f"EventReceived WaitEnded {WALKS_TO_END}"),
    "stepwise": (GROWTH, f"RunResumed ToolSucceeded {WALKS_TO_END}"),
    "survey": (None, f"RunsJoined {WALKS_TO_END}"),
    "survey.1.run0": (None, ""),
    "survey.1.run1": (None, f"ToolSucceeded {WALKS_TO_END}"),
    "survey.1.run2": (None, ""),
    "survey.1.run3": (None, f"ToolSucceeded {WALKS_TO_END}"),
}
"""The growth (1/h) that a run finds, if it looks for it, and the events that follow those recorded."""


@dataclass(frozen=True)
class Takeover:
    """The recorded store after everything in it has ended."""

    stack: Stack
    client: Client
    redis: Redis


def answer_humans(client: Client) -> None:
    """What the recorded runs wait for."""

    def request(run_id: str) -> str:
        waiting = client.get(run_id).state.waiting_for
        assert waiting is not None
        return waiting.id

    client.approve(request("approval"), by="ada")
    client.reply(request("asked"), by="ada", answer="acetate")
    client.reply(request("panel.1.run0"), by="ada", answer="glucose")
    client.signal("signalled", "measured", by="lab", data={"growth": 0.7})
    client.resume("asked-and-paused", by="ada")
    eventually(lambda: isinstance(client.get("asked-and-paused").events()[-1], e.HumanNotified))
    client.reply(request("asked-and-paused"), by="ada", answer="glucose")
    client.resume("stepwise", by="ada")
    eventually(lambda: client.get("killed-and-pausing").status == "paused")
    client.resume("killed-and-pausing", by="ada")


@pytest.fixture(scope="module")
def takeover(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Takeover]:
    folder = tmp_path_factory.mktemp("takeover")
    data = folder / "data"
    shutil.copytree(RECORDING / "data", data)
    with ExitStack() as ending:
        server = EmbeddedRedis(folder / "redis")
        url = server.start()
        ending.callback(server.stop)
        redis: Redis = Redis.from_url(url)
        ending.callback(redis.close)
        load_keys(redis, KEYS)
        # A recording is older than the runs that workers keep in Redis.
        environment = isolated(data, FLUXAGENTS_REDIS_URL=url, FLUXAGENTS_ARCHIVE_AFTER_DAYS="0")
        settings = Settings(redis_url=SecretStr(url), data_dir=data, concurrency_tools=2)
        for name, command in {
            "worker": launch.worker(settings, launch.ALL),
            "beat": launch.beat(settings),
        }.items():
            service = Command(
                command,
                environment=environment | {"REMAP_SIGTERM": "SIGQUIT"},
                log=folder / f"{name}.log",
                folder=folder,
            )
            service.start()
            ending.callback(service.wait)
            ending.callback(service.force)
        client = Client(settings=settings)
        answer_humans(client)
        stack = Stack(environment, settings, flower="")
        eventually(lambda: all(client.get(run_id).state.has_ended for run_id in RECORDED))
        yield Takeover(stack, client, redis)


@pytest.mark.parametrize("run_id", ENDS)
def test_every_run_ends_as_it_should(takeover: Takeover, run_id: str) -> None:
    growth, expected = ENDS[run_id]
    run = takeover.client.get(run_id)
    events = run.events()
    assert run.status == "finished"
    assert [event.type for event in events[len(RECORDED[run_id]) :]] == expected.split()
    assert fold(events) == run.state
    if growth is not None:
        assert run.state.facts["growth"] == pytest.approx(growth, rel=1e-9)


@pytest.mark.parametrize("run_id", RECORDED)
def test_what_was_recorded_of_a_run_stays_in_its_log_to_the_byte(takeover: Takeover, run_id: str) -> None:
    lines: Any = takeover.redis.lrange(f"flux:run:{run_id}:events", 0, len(RECORDED[run_id]) - 1)
    assert [line.decode() for line in lines] == RECORDED[run_id]


@pytest.mark.parametrize(
    ("session", "growths"), [("finished", [0.873922] * 2), ("batch", [0.873922, 0.211663])]
)
def test_a_fork_and_a_batch_that_no_worker_had_taken_are_answered(
    takeover: Takeover, session: str, growths: list[float]
) -> None:
    states = takeover.client.store.runs(session=session)
    assert [state.status for state in states] == ["finished"] * len(growths)
    found: list[Any] = [state.findings[-1].key_findings["growth_per_h"] for state in states]
    assert sorted(found) == pytest.approx(sorted(growths), rel=1e-5)
    assert all(fold(takeover.client.store.events(state.run_id)) == state for state in states)


def test_a_change_runs_once_and_as_it_was_approved(takeover: Takeover) -> None:
    events = takeover.client.get("approval").events()
    granted = [event for event in events if isinstance(event, e.ApprovalGranted)]
    changes = [x for x in events if isinstance(x, e.ToolSucceeded) and x.call.tool == "apply_medium"]
    assert [event.call.args for event in granted if event.call] == [changes[0].call.args]
    assert len(changes) == 1


def test_a_map_has_the_results_of_before_and_after(takeover: Takeover) -> None:
    joined = takeover.client.get("survey").events()[len(RECORDED["survey"])]
    assert isinstance(joined, e.RunsJoined)
    assert all(state.status == "finished" for state in takeover.client.store.runs(session="survey"))


@pytest.mark.parametrize("run_id", [IDS["archived"], "archived-own-id"])
def test_an_archived_run_is_readable(takeover: Takeover, run_id: str) -> None:
    assert not takeover.client.store.holds(run_id)
    run = takeover.client.get(run_id)
    assert run.answer == "grows with 0.873922 per hour"
    assert fold(run.events()) == run.state
    assert takeover.stack.json("runs", "show", run_id)["answer"] == run.answer


def test_a_schedule_fires(takeover: Takeover) -> None:
    (schedule,) = takeover.stack.json("schedules", "list")
    assert schedule["name"] == "often"

    def finished() -> bool:
        return "finished" in {state.status for state in takeover.client.store.runs(session="schedule:often")}

    eventually(finished)


def test_a_promoted_prompt_is_what_new_runs_get_and_not_what_a_run_began_without(takeover: Takeover) -> None:
    prompts = {prompt["name"]: prompt for prompt in takeover.stack.json("prompts", "list")}
    assert prompts["tool_selection"]["production"] == "2"

    def versions(run_id: str) -> set[str]:
        decisions = [x for x in takeover.client.get(run_id).events() if isinstance(x, e.DecisionMade)]
        return {x.prompt.version for x in decisions if x.prompt.name == "tool_selection"}

    assert versions("approval") == versions("finished") == {"1"}
    assert versions("second-prompt") == versions(IDS["fork"]) == {"2"}


def test_ratings_and_remedies_are_remembered(takeover: Takeover) -> None:
    assert takeover.client.feedback.ratings("finished") == {"run": {"ada": 5}}
    (error,) = takeover.stack.json("errors", "top")
    assert (error["kind"], error["cases"], error["resolved"]) == ("medium", 3, 2)


def test_no_run_is_left_to_be_taken(takeover: Takeover) -> None:
    kinds = ("flux:due:", "flux:leases", "flux:timers", "flux:requests")
    # A run of the schedule may be under way.
    eventually(lambda: not any(list(takeover.redis.scan_iter(f"{kind}*")) for kind in kinds))
