"""What a step and a look cost as a run grows long and as the store fills, in this process on a real Redis."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis
from tests.bench.noops import TOOLS, act, first, flow

from fluxagents.flows import events as e
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.memory.remedy_book import MemoryRemedyBook
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.reducer import reduce
from fluxagents.tasks.protocol import StepMessage, StepPorts, run_step
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore

OWNER = "bench|1"
EARLY, LATE = 10, 1_000
"""Steps whose costs are compared."""

AROUND = 10
"""Steps on from each of them that count."""

RUNS = 12
LOOKS = 400
CHUNK = 500


@dataclass
class Unpublished:
    """Keeps the last message instead of sending it."""

    unreachable: tuple[type[Exception], ...] = ()
    last: Outgoing | None = None

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self.last = outgoing[-1]

    def stop(self, run_id: str, seq: int, attempt: int) -> None: ...

    def is_idle(self, queue: str) -> bool:
        return bool(queue)


@dataclass(frozen=True, slots=True)
class Costs:
    """Medians in ms."""

    create: float
    step: float
    look: float
    """The newest 50 runs and the counts."""


class Runs:
    """Runs of a flow of no-ops, stepped in this process on a real Redis."""

    def __init__(self, redis: Redis, prefix: str, steps: int) -> None:
        self.store = RedisRunStore(redis, prefix=prefix)
        self.store.beat("bench", [1], 3_600_000)
        definition = flow(steps)
        # The budget of a flow is about cost, not about how long a history may be.
        budget = definition.budget.model_copy(update={"steps": steps + 10})
        self.controller = FlowController(definition.model_copy(update={"budget": budget}), tools=TOOLS)
        self.store.save_flow(self.controller.flow)
        self.publisher = Unpublished()
        self.ports = StepPorts(
            steps=self.store,
            runs=self.store,
            publisher=self.publisher,
            clock=SystemClock(),
            controllers=lambda _: self.controller,
            remedies=MemoryRemedyBook(),
            owner=lambda: OWNER,
        )

    def create(self) -> Outgoing:
        commit = first(self.controller)
        outgoing = self.store.create(commit, commit.state.model_dump_json())
        assert outgoing is not None
        return outgoing

    def step(self, outgoing: Outgoing) -> Outgoing:
        """Carry out one step; the message of the next."""
        run_step(
            self.ports,
            StepMessage(outgoing.run_id, outgoing.seq, outgoing.sequence_number, outgoing.state),
            act,
        )
        assert self.publisher.last is not None
        return self.publisher.last


@dataclass(frozen=True, slots=True)
class History:
    """Median ms of one step, early and late in a run."""

    early: float
    late: float

    def lines(self) -> list[str]:
        return [
            f"step {EARLY} of a run                    {self.early:8.3f} ms",
            f"step {LATE} of a run                  {self.late:8.3f} ms",
            f"ratio                                {self.late / self.early:8.2f}   target <= 1.1",
        ]


def history(redis: Redis) -> History:
    """Runs of over a thousand steps, the early and late ones in turns."""
    runs = Runs(redis, "flat-history:", LATE + AROUND + 1)
    spent_ms: dict[int, list[float]] = {EARLY: [], LATE: []}
    under_way: list[Outgoing] = []
    for _ in range(RUNS):
        under_way.append(_walked(runs, runs.create(), LATE))
        _timed(runs, _walked(runs, runs.create(), EARLY), spent_ms[EARLY])
        _timed(runs, under_way.pop(), spent_ms[LATE])
    return History(statistics.median(spent_ms[EARLY]), statistics.median(spent_ms[LATE]))


def _walked(runs: Runs, outgoing: Outgoing, until: int) -> Outgoing:
    while outgoing.seq < until:
        outgoing = runs.step(outgoing)
    return outgoing


def _timed(runs: Runs, outgoing: Outgoing, spent_ms: list[float]) -> None:
    for _ in range(AROUND):
        began = time.perf_counter()
        outgoing = runs.step(outgoing)
        spent_ms.append((time.perf_counter() - began) * 1_000)


@dataclass(frozen=True, slots=True)
class Filled:
    """Costs with an empty store and with a full one."""

    runs: int
    empty: Costs
    full: Costs

    def lines(self) -> list[str]:
        rows = (
            ("create", self.empty.create, self.full.create),
            ("step", self.empty.step, self.full.step),
            ("list", self.empty.look, self.full.look),
        )
        return [
            f"{what:6} beside {self.runs} finished runs     {full / empty:8.2f}   target <= 1.2   "
            f"({empty:.3f} -> {full:.3f} ms)"
            for what, empty, full in rows
        ]


def store(redis: Redis, finished: int) -> Filled:
    """The same work on two prefixes in turns: one holds nothing else, the other so many finished runs."""
    empty, full = Runs(redis, "flat-empty:", 2), Runs(redis, "flat-full:", 2)
    _fill(full, finished)
    found: dict[str, list[Costs]] = {"empty": [], "full": []}
    # Both list a full page, so that what is compared is the store around it.
    for runs in (empty, full):
        for _ in range(50):
            runs.create()
    for _ in range(LOOKS):
        found["empty"].append(_costs(empty))
        found["full"].append(_costs(full))
    return Filled(finished, _median(found["empty"]), _median(found["full"]))


def _fill(runs: Runs, finished: int) -> None:
    for _ in range(finished // CHUNK):
        commits = []
        for _ in range(CHUNK):
            begun = first(runs.controller)
            end = e.RunFinished(seq=0, at_ms=begun.state.started_ms, node="n0", answer="x" * 400)
            state = reduce(begun.state, end)
            commit = Commit(events=(*begun.events, end), state=state, dispatch=None)
            commits.append((commit, state.model_dump_json()))
        runs.store.create_many(commits)


def _costs(runs: Runs) -> Costs:
    began = time.perf_counter()
    outgoing = runs.create()
    created = time.perf_counter()
    runs.step(outgoing)
    stepped = time.perf_counter()
    runs.store.runs(limit=50)
    runs.store.counts()
    looked = time.perf_counter()
    return Costs((created - began) * 1_000, (stepped - created) * 1_000, (looked - stepped) * 1_000)


def _median(costs: Sequence[Costs]) -> Costs:
    return Costs(
        statistics.median(one.create for one in costs),
        statistics.median(one.step for one in costs),
        statistics.median(one.look for one in costs),
    )
