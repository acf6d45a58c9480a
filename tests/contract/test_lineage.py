"""Whatever humans do to a run, back and sideways: its log is its state, and no answer counts twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from tests.support.depth import DEPTH

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.history.replay import replay_run
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import RunState
from fluxagents.tasks.ports.results import Args, Result
from fluxagents.tasks.tool import Tool
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore

NODES: dict[str, Any] = {
    "look": {"kind": "tool", "tool": "look", "facts": {"seen": "seen"}, "next": "change"},
    "change": {"kind": "tool", "tool": "change", "max_visits": 2, "on_error": "wait", "next": "ask"},
    "ask": {"kind": "ask", "question": "Which?", "fact": "which", "choices": ["on", "again"], "next": "sure"},
    "sure": {"kind": "approve", "question": "Sure of {which}?", "next": "survey", "on_reject": "wait"},
    "survey": {"kind": "map", "over": "items", "flow": "child", "facts": {"all": "said"}, "next": "wait"},
    "wait": {"kind": "wait", "event": "go", "timeout_s": 1_000, "next": "which", "on_timeout": "end"},
    "which": {"kind": "branch", "cases": [{"when": "which == 'again'", "to": "change"}], "otherwise": "end"},
    "end": {"kind": "end", "message": "done"},
}
PARENT = {
    "flow": "parent",
    "version": 1,
    "purpose": "p",
    "inputs": {"items": {"type": "array", "default": [1, 2]}},
    "facts": {"seen": {"type": "integer"}, "which": {"type": "string"}, "all": {"type": "array"}},
    "start": "look",
    "nodes": NODES,
}
CHILD = {
    "flow": "child",
    "version": 1,
    "purpose": "p",
    "facts": {"said": {"type": "string"}},
    "start": "tell",
    "nodes": {
        "tell": {"kind": "ask", "question": "What?", "fact": "said", "next": "end"},
        "end": {"kind": "end", "message": "told"},
    },
}


class Found(Result):
    seen: int

    def key_findings(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def summary(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {}


@dataclass
class Clock:
    """A time that the test moves ahead of that of the store on Redis."""

    at_ms: int = field(default_factory=lambda: SystemClock().now_ms())

    def now_ms(self) -> int:
        return self.at_ms


@dataclass
class World:
    """A client on one store, its tools, and what humans granted."""

    store: RunStore
    folder: Path
    clock: Clock
    ran: Counter[str] = field(default_factory=Counter)
    granted: int = 0
    checked: dict[str, tuple[RunState, tuple[e.Event, ...]]] = field(default_factory=dict)
    """Runs that were consistent with these states and logs."""

    def __post_init__(self) -> None:
        for flow in (PARENT, CHILD):
            (self.folder / f"{flow['flow']}.yaml").write_text(yaml.safe_dump(flow))
        tools = {"look": self.tool("look"), "change": self.tool("change", change=lambda *_: None)}
        self.client = LocalClient(
            self.folder, store=self.store, clock=self.clock, tools=tools, flow_folders=(self.folder,)
        )
        self.runs = [self.client.start("parent", model="e_coli_core").id]

    def tool(self, name: str, **more: Any) -> Tool:
        def run(*_: object) -> Found:
            self.ran[name] += 1
            return Found(seen=self.ran[name])

        return Tool(
            name=name, purpose="p", args=Args, result=Found, run=run, reference="r", needs_model=False, **more
        )

    def states(self) -> Iterator[RunState]:
        """Of all runs and of those that they began."""
        for run_id in self.runs:
            yield self.store.load(run_id)
            yield from self.store.runs(session=run_id, limit=1_000)

    # What humans do: `number` chooses among the runs, steps and nodes that there are.

    def approve(self, number: int) -> None:
        waiting = [request for _, request in self.store.requests() if request.kind == "approval"]
        request = waiting[number % len(waiting)]
        self.client.approve(request.id, by="ada")
        self.granted += request.call is not None

    def reject(self, number: int) -> None:
        waiting = [request for _, request in self.store.requests() if request.kind == "approval"]
        self.client.reject(waiting[number % len(waiting)].id, by="ada", reason="no")

    def reply(self, number: int) -> None:
        waiting = [request for _, request in self.store.requests() if request.kind == "question"]
        request = waiting[number % len(waiting)]
        self.client.reply(request.id, by="ada", answer=(request.choices or ("x",))[number % 2 - 1])

    def answer_again(self, number: int) -> None:
        """To a request that was answered, in any run: it must not count."""
        answered = [
            event.request_id
            for run in self.runs
            for event in self.store.events(run)
            if isinstance(event, e.ApprovalGranted | e.ApprovalRejected)
        ]
        with pytest.raises(FluxError, match=r"answered already|not wait|not answered in time"):
            self.client.approve(answered[number % len(answered)], by="eve")

    def fork(self, number: int) -> None:
        run = self.runs[number % len(self.runs)]
        before = self.store.events(run)
        fork = self.client.fork(run, at=number % self.store.load(run).seq, by="ada")
        self.runs.append(fork.run_id)
        assert self.store.events(run) == before

    def rollback(self, number: int) -> None:
        run = self.runs[number % len(self.runs)]
        self.client.rollback(run, to=number % self.store.load(run).seq, by="ada", confirmed=True)

    def restart(self, number: int) -> None:
        run, node = self.runs[number % len(self.runs)], list(NODES)[number % len(NODES)]
        self.client.restart(run, node=node, by="ada", confirmed=True)

    def signal(self, number: int) -> None:
        self.client.signal(self.runs[number % len(self.runs)], "go", by="ada")

    def pause(self, number: int) -> None:
        self.client.pause(self.runs[number % len(self.runs)], by="ada")

    def resume(self, number: int) -> None:
        self.client.resume(self.runs[number % len(self.runs)], by="ada")

    def cancel(self, number: int) -> None:
        self.client.cancel(self.runs[number % len(self.runs)], by="ada", reason="r")

    def wait(self, number: int) -> None:
        self.clock.at_ms += number * 20_000
        self.client.tick()


DEEDS: dict[str, Callable[[World, int], None]] = {
    deed.__name__: deed
    for deed in (
        World.approve,
        World.reject,
        World.reply,
        World.answer_again,
        World.fork,
        World.rollback,
        World.restart,
        World.signal,
        World.pause,
        World.resume,
        World.cancel,
        World.wait,
    )
}
OFTEN = ("approve", "approve", "approve", "reply", "reply", "reply", "signal", "fork", "rollback", "restart")


def consistent(world: World) -> None:
    for state in world.states():
        log = world.store.events(state.run_id)
        if world.checked.get(state.run_id) == (state, log):
            continue
        world.checked[state.run_id] = state, log
        assert fold(log) == state
        assert state.seq == log[-1].seq + 1
        replay = replay_run(log, state, world.client.controllers)
        assert replay.same, replay
        _answered_once(state, log)
    requests = dict(world.store.requests())
    assert requests == {state.run_id: state.waiting_for for state in world.states() if state.waiting_for}
    assert world.ran["change"] <= world.granted


def _answered_once(state: RunState, log: tuple[e.Event, ...]) -> None:
    """What needs an approval ran after one that was given for just this, since the run last turned."""
    free = 0
    answered: Counter[str] = Counter()
    for event in log:
        if isinstance(event, e.ApprovalGranted | e.ApprovalRejected | e.QuestionAnswered):
            assert event.request_id.rpartition(".")[0] == state.run_id
            answered[event.request_id] += 1
        if isinstance(event, e.ApprovalGranted) and event.call:
            free = 1
        elif isinstance(event, e.RunRolledBack | e.RunForked):
            free = 0
        elif isinstance(event, e.ToolSucceeded) and event.call.tool == "change":
            assert free == 1
            free = 0
    assert set(answered.values()) <= {1}


def walk(world: World, deeds: list[tuple[str, int]]) -> Counter[str]:
    """Do what is possible; how often each deed was."""
    done: Counter[str] = Counter()
    for name, number in deeds:
        with suppress(FluxError, ZeroDivisionError):
            DEEDS[name](world, number)
            done[name] += 1
        consistent(world)
    return done


some_deeds = st.lists(
    st.tuples(st.sampled_from((*DEEDS, *OFTEN)), st.integers(min_value=0, max_value=99)), max_size=25
)


@pytest.fixture(params=["memory", "redis"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], World]:
    folder = tmp_path_factory.mktemp("world")

    def new() -> World:
        clock = Clock()
        store: RunStore = MemoryRunStore(clock)
        if request.param == "redis":
            redis: Redis = request.getfixturevalue("redis")
            store = RedisRunStore(redis, prefix=f"test-{uuid4().hex[:12]}:")
        return World(store, folder, clock)

    return new


@settings(max_examples=60 * DEPTH, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=some_deeds)
def test_a_log_is_its_state_and_no_answer_counts_twice(
    world: Callable[[], World], deeds: list[tuple[str, int]]
) -> None:
    walk(world(), deeds)


def test_a_walk_reaches_all_that_it_speaks_of(world: Callable[[], World]) -> None:
    one = world()
    to_the_end = [("approve", 0), ("reply", 0), ("approve", 0), ("reply", 0), ("reply", 0), ("signal", 0)]
    done = walk(one, [*to_the_end, ("approve", 0)])
    assert (done["reply"], done["approve"], done["signal"]) == (3, 3, 1)
    assert one.ran["change"] == 2
    before = one.store.load(one.runs[0])
    done = walk(one, [("fork", 2), ("answer_again", 1), ("rollback", 4), ("restart", 2), ("pause", 0)])
    assert set(done) == {"fork", "answer_again", "rollback", "restart", "pause"}
    assert one.store.load(one.runs[0]) != before
    assert len(one.runs) == 2
