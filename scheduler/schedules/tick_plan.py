"""Which ticks of a schedule start a run now: a pure decision by its grid, its policies and its open run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from fluxagents.flows.events import Frozen
from fluxagents.scheduler.schedules.grid import reach_ms
from fluxagents.scheduler.schedules.schedule import MAX_CATCH_UP, Schedule

ON_TIME_MS = 60_000
"""A tick that starts later than this was missed, where missed ticks are not made up for."""

MAX_TICKS = MAX_CATCH_UP + 1
"""Ticks that one decision looks at, the last ones; of a longer outage the others are not even counted."""

LOOK_AGAIN_MS = 2_000
"""While a tick waits for the end of a run, this is how often one looks for it."""


class DueStart(Frozen):
    """A run that is to be started, and was not yet as far as is known."""

    tick_ms: int
    cancels_ms: int | None = None
    """The tick whose run is cancelled before."""


class TickState(Frozen):
    """How far a schedule is; times are Unix times in ms."""

    created_ms: int
    """When its schedule was made: one that replaces it begins anew."""
    decided_ms: int
    """The last tick that was decided."""
    newest_ms: int | None = None
    """The last tick that started a run."""
    buffered_ms: int | None = None
    """The tick that starts when that run has ended."""
    paused_by: str = ""
    """Who paused it; empty while it is not paused."""
    pending: tuple[DueStart, ...] = ()
    """Decided, in order, and perhaps not carried out: starting the same tick again starts nothing."""


@dataclass(frozen=True, slots=True)
class TickVerdict:
    """A tick that starts no run now."""

    tick_ms: int
    outcome: Literal["skipped", "buffered", "missed"]
    note: str


@dataclass(frozen=True, slots=True)
class TickPlan:
    """What is to be done, and the state in which it is."""

    state: TickState
    verdicts: tuple[TickVerdict, ...]
    look_ms: int | None
    """When to look again; None while the schedule is paused."""


def plan_ticks(schedule: Schedule, state: TickState, *, now_ms: int, is_busy: bool) -> TickPlan:
    """Decide all ticks whose time has come.

    Args:
        schedule: The grid and the policies.
        state: How far it was.
        now_ms: The time.
        is_busy: Whether the run of the last tick is open.
    """
    if state.paused_by:
        return TickPlan(state, (), None)
    reached_ms = reach_ms(schedule.timing, now_ms)
    ticks = schedule.ticks(after_ms=state.decided_ms, until_ms=reached_ms, limit=MAX_TICKS)
    ready = list(takewhile(lambda tick: schedule.start_ms(tick) <= reached_ms, ticks))
    kept = _select(schedule, ready, now_ms)
    walk = _Walk(schedule, state, is_busy=is_busy)
    walk.start_buffered()
    for tick in kept:
        walk.decide(tick)
    after = walk.state.model_copy(update={"decided_ms": max([state.decided_ms, *ready])})
    waiting = ticks[len(ready) :]
    next_ms = waiting[0] if waiting else schedule.next_tick(max(reached_ms, after.decided_ms))
    look_ms = schedule.start_ms(next_ms)
    if after.buffered_ms is not None:
        look_ms = min(look_ms, now_ms + LOOK_AGAIN_MS)
    missed = _describe_missed(ready[: len(ready) - len(kept)])
    return TickPlan(after, (*missed, *walk.verdicts), look_ms)


def _select(schedule: Schedule, ready: list[int], now_ms: int) -> list[int]:
    """The ticks that are not lost: the last ones of those that are ready."""
    match schedule.catch_up:
        case "none":
            return [tick for tick in ready if now_ms - schedule.start_ms(tick) <= ON_TIME_MS]
        case "last":
            return ready[-1:]
        case "all":
            return ready[-schedule.catch_up_limit :]


def _describe_missed(ticks: list[int]) -> tuple[TickVerdict, ...]:
    """One verdict on all that are lost, in the name of the last."""
    if not ticks:
        return ()
    count = "1 tick" if len(ticks) == 1 else f"{len(ticks):,} ticks"
    return (TickVerdict(ticks[-1], "missed", f"nobody was there in time for {count}"),)


class _Walk:
    """Goes through the ticks in order; each may find a run that one before it starts."""

    def __init__(self, schedule: Schedule, state: TickState, *, is_busy: bool) -> None:
        self._overlap = schedule.overlap
        self._is_busy = is_busy
        self.state = state
        self.verdicts: list[TickVerdict] = []

    def start_buffered(self) -> None:
        """Start the tick that waits, if the run that it waits for has ended."""
        tick_ms = self.state.buffered_ms
        if tick_ms is not None and not self._is_busy:
            self.state = self.state.model_copy(update={"buffered_ms": None})
            self._start(tick_ms)

    def decide(self, tick_ms: int) -> None:
        """Start a tick, or say why not."""
        if self._overlap == "allow" or not self._is_busy:
            self._start(tick_ms)
        elif self._overlap == "cancel_old":
            self._start(tick_ms, cancels_ms=self.state.newest_ms)
        elif self._overlap == "buffer_one" and self.state.buffered_ms is None:
            self.state = self.state.model_copy(update={"buffered_ms": tick_ms})
            self.verdicts.append(TickVerdict(tick_ms, "buffered", "starts when the run before it has ended"))
        else:
            self.verdicts.append(TickVerdict(tick_ms, "skipped", "the run before it is open"))

    def _start(self, tick_ms: int, cancels_ms: int | None = None) -> None:
        due = DueStart(tick_ms=tick_ms, cancels_ms=cancels_ms)
        self.state = self.state.model_copy(
            update={"pending": (*self.state.pending, due), "newest_ms": tick_ms}
        )
        self._is_busy = True
