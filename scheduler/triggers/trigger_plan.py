"""Which of the events that a trigger has gathered start a run now: a pure decision by waits and open runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from fluxagents.flows.events import Frozen
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.scheduler.triggers.event_trigger import MAX_BATCH, EventTrigger
from fluxagents.scheduler.triggers.occurrence import Occurrence

LOOK_AGAIN_MS = 2_000
"""While events wait for an open run, this is how often one looks for its end."""

MAX_WAITING = 1_000
"""Events that a trigger gathers at most; further ones are lost, and the history says so."""

MAX_KNOWN = 2_000
"""Ids of events that a trigger remembers, so that one that is told again starts nothing."""


class Gathered(Frozen):
    """An event that waits to start a run."""

    occurrence: Occurrence
    key: str = ""
    came_ms: int
    """When it was gathered; the waits count from then."""


class DueRun(Frozen):
    """A run that is to be started, and was not yet as far as is known."""

    run_id: str
    key: str
    occurrences: tuple[Occurrence, ...]


class TriggerState(Frozen):
    """How far a trigger is."""

    created_ms: int
    """When it was made: one that replaces it begins anew."""
    paused_by: str = ""
    """Who paused it; empty while it is not paused."""
    waiting: tuple[Gathered, ...] = ()
    pending: tuple[DueRun, ...] = ()
    """Decided, and perhaps not carried out: starting the same run again starts nothing."""
    open: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """The runs of each key that were started and had not ended when one looked last."""
    known: tuple[str, ...] = ()
    """The last ids of events that were gathered."""


@dataclass(frozen=True, slots=True)
class TriggerPlan:
    """What is to be started, and the state in which it is."""

    state: TriggerState
    look_ms: int | None
    """When to look again; None if only a further event changes anything."""


def gather(state: TriggerState, events: list[Gathered]) -> tuple[TriggerState, list[Gathered]]:
    """Add events; those that there is no room for come back."""
    known = set(state.known)
    new = [event for event in events if event.occurrence.id not in known]
    room = MAX_WAITING - len(state.waiting)
    taken, lost = new[:room], new[room:]
    ids = (*state.known, *(event.occurrence.id for event in new))[-MAX_KNOWN:]
    after = state.model_copy(update={"waiting": (*state.waiting, *taken), "known": ids})
    return after, lost


def plan_runs(
    trigger: EventTrigger, state: TriggerState, *, now_ms: int, ended: frozenset[str]
) -> TriggerPlan:
    """Decide all events whose wait is over.

    Args:
        trigger: The waits, and how many runs a key may have open.
        state: What was gathered.
        now_ms: The time.
        ended: Those of the open runs that have ended.
    """
    if state.paused_by:
        return TriggerPlan(state, None)
    open_runs = _drop(state.open, ended)
    by_key: defaultdict[str, list[Gathered]] = defaultdict(list)
    for event in state.waiting:
        by_key[event.key].append(event)
    pending, waiting, looks = list(state.pending), [], []
    for key, events in by_key.items():
        ready_ms = _find_ready_ms(trigger, events)
        groups = _group(trigger, events) if ready_ms <= now_ms else []
        if ready_ms > now_ms:
            looks.append(ready_ms)
        room = trigger.max_open - len(open_runs.get(key, ())) if trigger.max_open else len(groups)
        due = [_build_run(trigger, key, group) for group in groups[: max(room, 0)]]
        pending += due
        if due:
            open_runs[key] = (*open_runs.get(key, ()), *(run.run_id for run in due))
        started = sum(len(run.occurrences) for run in due)
        waiting += events[started:]
        if groups and started < len(events):
            looks.append(now_ms + LOOK_AGAIN_MS)
    after = state.model_copy(
        update={
            "waiting": tuple(waiting),
            "pending": tuple(pending),
            "open": open_runs if trigger.max_open else {},
        }
    )
    return TriggerPlan(after, min(looks, default=None))


def _drop(runs: Mapping[str, tuple[str, ...]], ended: frozenset[str]) -> dict[str, tuple[str, ...]]:
    left = {key: tuple(run for run in its_runs if run not in ended) for key, its_runs in runs.items()}
    return {key: its_runs for key, its_runs in left.items() if its_runs}


def _find_ready_ms(trigger: EventTrigger, events: list[Gathered]) -> int:
    """When the wait of a key is over."""
    first = events[-1] if trigger.is_debounced else events[0]
    return first.came_ms + round(trigger.wait_s * 1_000)


def _group(trigger: EventTrigger, events: list[Gathered]) -> list[list[Gathered]]:
    """The events of each run: all that were gathered, or one each without a wait."""
    size = MAX_BATCH if trigger.wait_s else 1
    return [events[first : first + size] for first in range(0, len(events), size)]


def _build_run(trigger: EventTrigger, key: str, events: list[Gathered]) -> DueRun:
    first = events[0].occurrence
    return DueRun(
        run_id=run_id(first.at_ms, key=f"{trigger.session}|{first.id}"),
        key=key,
        occurrences=tuple(event.occurrence for event in events),
    )
