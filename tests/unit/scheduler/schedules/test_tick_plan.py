"""Which ticks start a run: overlaps, ticks that nobody was there for, jitter, pauses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.scheduler.schedules.grid import cron, every
from fluxagents.scheduler.schedules.schedule import Schedule
from fluxagents.scheduler.schedules.tick_plan import (
    LOOK_AGAIN_MS,
    MAX_TICKS,
    ON_TIME_MS,
    DueStart,
    TickPlan,
    TickState,
    plan_ticks,
)

START = 1_700_000_000_000
HOUR = 3_600_000


def schedule(**changes: Any) -> Schedule:
    fields = {
        "name": "nightly",
        "flow": "metabolic_analysis",
        "model": "e_coli_core",
        "inputs": {},
        "timing": every("1h"),
        "created_ms": START,
    }
    return Schedule.model_validate({**fields, **changes})


FRESH = TickState(created_ms=START, decided_ms=START)


def plan(hours: float, state: TickState = FRESH, *, is_busy: bool = False, **changes: Any) -> TickPlan:
    """The plan so many hours after the schedule was made."""
    return plan_ticks(schedule(**changes), state, now_ms=START + round(hours * HOUR), is_busy=is_busy)


def starts(planned: TickPlan) -> list[float]:
    """The ticks that start a run, in hours."""
    return [(due.tick_ms - START) / HOUR for due in planned.state.pending]


def verdicts(planned: TickPlan) -> list[tuple[float, str]]:
    return [((verdict.tick_ms - START) / HOUR, verdict.outcome) for verdict in planned.verdicts]


def carry_out(planned: TickPlan) -> TickState:
    """The state when all runs were started."""
    return planned.state.model_copy(update={"pending": ()})


def test_nothing_is_due_before_the_first_tick() -> None:
    planned = plan(0.5)
    assert planned.state == FRESH
    assert planned.look_ms == START + HOUR


def test_a_tick_starts_once() -> None:
    first = plan(1.01)
    assert starts(first) == [1]
    again = plan(1.5, carry_out(first))
    assert starts(again) == []
    assert again.look_ms == START + 2 * HOUR


@pytest.mark.parametrize(
    ("policy", "expected", "missed"),
    [("none", [], 5), ("last", [5], 4), ("all", [1, 2, 3, 4, 5], 0)],
)
def test_of_missed_ticks_as_many_are_made_up_for_as_wanted(
    policy: str, expected: list[float], missed: int
) -> None:
    planned = plan(5.5, catch_up=policy)
    assert starts(planned) == expected
    assert planned.state.decided_ms == START + 5 * HOUR
    lost = [verdict for verdict in planned.verdicts if verdict.outcome == "missed"]
    assert [verdict.note.split()[-2:] for verdict in lost] == ([[str(missed), "ticks"]] if missed else [])


def test_no_more_ticks_are_made_up_for_than_the_limit() -> None:
    planned = plan(10.5, catch_up="all", catch_up_limit=3)
    assert starts(planned) == [8, 9, 10]
    assert planned.verdicts[0].note.endswith("for 7 ticks")


def test_a_tick_that_is_on_time_is_not_missed() -> None:
    assert starts(plan(1 + (ON_TIME_MS - 1) / HOUR, catch_up="none")) == [1]
    assert starts(plan(1 + (ON_TIME_MS + 1) / HOUR, catch_up="none")) == []


@pytest.mark.parametrize(
    ("policy", "started", "decided"),
    [
        ("allow", [2], []),
        ("skip", [], [(2, "skipped")]),
        ("buffer_one", [], [(2, "buffered")]),
        ("cancel_old", [2], []),
    ],
)
def test_a_tick_that_meets_an_open_run(
    policy: str, started: list[float], decided: list[tuple[float, str]]
) -> None:
    before = carry_out(plan(1.01))
    planned = plan(2.01, before, is_busy=True, overlap=policy)
    assert (starts(planned), verdicts(planned)) == (started, decided)
    if policy == "cancel_old":
        assert planned.state.pending == (DueStart(tick_ms=START + 2 * HOUR, cancels_ms=START + HOUR),)


def test_one_tick_waits_for_the_open_run_and_the_next_is_skipped() -> None:
    waiting = plan(2.01, carry_out(plan(1.01)), is_busy=True, overlap="buffer_one")
    assert waiting.look_ms == START + round(2.01 * HOUR) + LOOK_AGAIN_MS
    more = plan(3.01, waiting.state, is_busy=True, overlap="buffer_one")
    assert verdicts(more) == [(3, "skipped")]
    ended = plan(3.02, more.state, overlap="buffer_one")
    assert (starts(ended), ended.state.buffered_ms) == ([2], None)


def test_the_tick_that_waited_goes_before_one_that_is_due() -> None:
    waiting = plan(2.01, carry_out(plan(1.01)), is_busy=True, overlap="buffer_one")
    planned = plan(3.01, waiting.state, overlap="buffer_one")
    assert (starts(planned), verdicts(planned)) == ([2], [(3, "buffered")])


def test_ticks_made_up_for_heed_the_overlap_among_themselves() -> None:
    assert starts(plan(3.5, catch_up="all", overlap="skip")) == [1]
    cancelling = plan(3.5, catch_up="all", overlap="cancel_old").state.pending
    assert [due.cancels_ms for due in cancelling] == [None, START + HOUR, START + 2 * HOUR]


def test_a_paused_schedule_decides_nothing_and_is_not_looked_at() -> None:
    paused = FRESH.model_copy(update={"paused_by": "ada"})
    planned = plan(5.5, paused)
    assert (planned.state, planned.verdicts, planned.look_ms) == (paused, (), None)


def test_jitter_delays_each_tick_by_a_time_of_its_own() -> None:
    jittery = schedule(jitter_s=600.0)
    delays = {jittery.start_ms(START + hour * HOUR) - START - hour * HOUR for hour in range(1, 50)}
    assert len(delays) > 40
    assert all(0 <= delay <= 600_000 for delay in delays)
    other = schedule(name="other", jitter_s=600.0)
    assert other.start_ms(START + HOUR) != jittery.start_ms(START + HOUR)
    due_ms = jittery.start_ms(START + HOUR)
    early = plan_ticks(jittery, FRESH, now_ms=due_ms - 10_000, is_busy=False)
    assert (starts(early), early.look_ms) == ([], due_ms)
    assert starts(plan_ticks(jittery, FRESH, now_ms=due_ms, is_busy=False)) == [1]


def test_an_outage_of_years_is_decided_at_once() -> None:
    planned = plan(24 * 365 * 5, timing=every("1s"), catch_up="all", catch_up_limit=5)
    assert len(starts(planned)) == 5
    assert planned.verdicts[0].note.endswith(f"for {MAX_TICKS - 5:,} ticks")
    yearly = plan(24 * 365 * 5, timing=cron("0 0 1 1 *", "Europe/Vienna"), catch_up="all")
    assert len(starts(yearly)) == 5


@given(
    looks=st.lists(st.floats(0.01, 4.0), min_size=1, max_size=12),
    busy=st.lists(st.booleans(), min_size=12, max_size=12),
    overlap=st.sampled_from(["allow", "skip", "buffer_one", "cancel_old"]),
    jitter_s=st.sampled_from([0.0, 900.0]),
)
def test_every_tick_is_decided_exactly_once_whenever_one_looks(
    looks: list[float], busy: list[bool], overlap: str, jitter_s: float
) -> None:
    plans, state, hours = [], FRESH, 0.0
    for pause, is_busy in zip(looks, busy, strict=False):
        hours += pause
        planned = plan(hours, state, is_busy=is_busy, overlap=overlap, jitter_s=jitter_s, catch_up="all")
        plans.append(planned)
        state = carry_out(planned)
    decided = [tick for planned in plans for tick in starts(planned)]
    refused = [tick for planned in plans for tick, outcome in verdicts(planned) if outcome != "buffered"]
    waiting = [] if state.buffered_ms is None else [(state.buffered_ms - START) / HOUR]
    ticks = sorted([*decided, *refused, *waiting])
    assert ticks == [float(number + 1) for number in range(len(ticks))]
    assert len(ticks) >= int(hours - jitter_s / 3_600)
