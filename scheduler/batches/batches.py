"""Batches: one flow over models, questions and media, and their results."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product

from pydantic import JsonValue

from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.flows.state import ENDED, RunState, Status
from fluxagents.scheduler.runs.checked_batch import CheckedBatch
from fluxagents.scheduler.runs.run_starter import RunSpec

PAGE = 500
"""Runs of a session that are loaded in one round trip."""

SHORTEST_PAUSE_S = 0.3
LONGEST_PAUSE_S = 10.0
IDLE_SHARE = 10
"""A batch looks at its session for at most a tenth of the time."""


def build_specs(
    models: Mapping[str, Iterable[Mapping[str, JsonValue] | None]],
    questions: Iterable[str] = (),
    inputs: Mapping[str, JsonValue] | None = None,
) -> list[RunSpec]:
    """Every model with every question in each of its media, model by model; what is named twice counts once.

    Args:
        models: Names, files or digests, each with its media, which become the input `medium`: exchange
            reaction -> largest uptake in mmol/gDW/h. None is the model's own, as if there were no media.
        questions: Become the input `question`; without any the runs have none.
        inputs: Given to every run.
    """
    asked = [{"question": question} for question in dict.fromkeys(questions)] or [{}]
    specs: list[RunSpec] = []
    for model, media in models.items():
        distinct = {json.dumps(medium, sort_keys=True): medium for medium in media}
        for question, medium in product(asked, distinct.values() or [None]):
            named: dict[str, JsonValue] = {} if medium is None else {"medium": dict(medium)}
            specs.append(RunSpec(model=model, inputs={**(inputs or {}), **question, **named}))
    return specs


def find_unstarted(batch: CheckedBatch, states: Iterable[RunState]) -> tuple[list[RunSpec], list[str]]:
    """What is left to start in a session that has runs already, and the ids of the runs that answer the rest.

    A run answers a spec that has its flow, its model's name and its inputs; so the same batch in the same
    session goes on where it stopped.
    """
    known = {_identity(state.flow.digest, state.model_name, state.inputs): state.run_id for state in states}
    unstarted: list[RunSpec] = []
    answered: list[str] = []
    for spec in batch.specs:
        name = batch.models[spec.model].name
        run = known.get(_identity(batch.flow.digest, name, spec.inputs))
        if run is None:
            unstarted.append(spec)
        else:
            answered.append(run)
    return unstarted, answered


def _identity(flow: str, model: str, inputs: Mapping[str, JsonValue]) -> str:
    return json.dumps([flow, model, inputs], sort_keys=True)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many runs of a batch are where."""

    finished: int
    failed: int
    """Failed, cancelled or given up as dead letters."""
    waiting: int
    """For a human, or paused by one."""
    running: int

    @classmethod
    def of(cls, states: Iterable[RunState], *, total: int) -> Tally:
        """Count states; see `count`."""
        return cls.count((state.status for state in states), total=total)

    @classmethod
    def count(cls, statuses: Iterable[Status], *, total: int) -> Tally:
        """Count statuses; runs of the total that have none yet count as running."""
        counts = Counter(statuses)
        finished = counts["finished"]
        failed = counts["failed"] + counts["cancelled"] + counts["dead"]
        waiting = counts["waiting"] + counts["paused"]
        return cls(finished, failed, waiting, total - finished - failed - waiting)

    @property
    def total(self) -> int:
        return self.finished + self.failed + self.waiting + self.running

    @property
    def is_idle(self) -> bool:
        """Whether no run goes on by itself."""
        return self.running == 0

    def __str__(self) -> str:
        return (
            f"{self.finished} finished, {self.failed} failed, {self.waiting} waiting, {self.running} running"
        )


def session_states(store: RunQueries, session: str) -> dict[str, RunState]:
    """The states of a session's runs by id, a few hundred per round trip."""
    states: dict[str, RunState] = {}
    for offset in count(0, PAGE):
        page = store.runs(session=session, limit=PAGE, offset=offset)
        states.update((state.run_id, state) for state in page)
        if len(page) < PAGE:
            break
    return states


def load_states(store: RunQueries, session: str, runs: Sequence[str]) -> list[RunState]:
    """The states of runs of a session in the order of their ids, also of those that are in the archive."""
    listed = session_states(store, session)
    return [listed[run] if run in listed else store.load(run) for run in runs]


def progress(
    store: RunQueries,
    runs: Sequence[str],
    *,
    timeout_s: float | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[Tally]:
    """Count runs by their statuses, all in one round trip, until none of them goes on by itself.

    Args:
        store: The truth about runs.
        runs: Their ids.
        timeout_s: Seconds; after them the last look is the last, whatever still runs.
        sleep: Waits between two looks.
    """
    ended: dict[str, Status] = {}
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        began = time.monotonic()
        open_runs = [run for run in runs if run not in ended]
        statuses = dict(zip(open_runs, store.statuses(open_runs), strict=True))
        ended |= {run: status for run, status in statuses.items() if status in ENDED}
        tally = Tally.count((ended | statuses).values(), total=len(runs))
        yield tally
        now = time.monotonic()
        if tally.is_idle or (deadline is not None and now >= deadline):
            return
        pause_s = min(max(SHORTEST_PAUSE_S, (now - began) * IDLE_SHARE), LONGEST_PAUSE_S)
        sleep(pause_s if deadline is None else min(pause_s, deadline - now))
