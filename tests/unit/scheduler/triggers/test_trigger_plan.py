"""Which gathered events start a run: waits, debounce, keys, limits, repetitions."""

from __future__ import annotations

from typing import Any

from fluxagents.scheduler.triggers.event_trigger import MAX_BATCH, EventTrigger, RunSource
from fluxagents.scheduler.triggers.occurrence import Occurrence
from fluxagents.scheduler.triggers.trigger_plan import (
    LOOK_AGAIN_MS,
    MAX_WAITING,
    Gathered,
    TriggerPlan,
    TriggerState,
    gather,
    plan_runs,
)

START = 1_700_000_000_000


def trigger(**changes: Any) -> EventTrigger:
    fields = {"name": "slow", "source": RunSource(), "flow": "model_validation", "created_ms": START}
    return EventTrigger.model_validate({**fields, **changes})


def event(number: int, *, key: str = "", at_s: float = 0.0) -> Gathered:
    at_ms = START + round(at_s * 1_000)
    occurrence = Occurrence(id=f"r{number}|4", at_ms=at_ms, model="sha256:m", names={"run_id": f"r{number}"})
    return Gathered(occurrence=occurrence, key=key, came_ms=at_ms)


def gathered(*events: Gathered, **state: Any) -> TriggerState:
    return gather(TriggerState(created_ms=START, **state), list(events))[0]


def plan(state: TriggerState, at_s: float = 0.0, ended: tuple[str, ...] = (), **changes: Any) -> TriggerPlan:
    now_ms = START + round(at_s * 1_000)
    return plan_runs(trigger(**changes), state, now_ms=now_ms, ended=frozenset(ended))


def groups(planned: TriggerPlan) -> list[list[str]]:
    """The events of each run that is to be started."""
    return [[each.id.partition("|")[0] for each in run.occurrences] for run in planned.state.pending]


def test_each_event_has_a_run_of_its_own_and_always_the_same() -> None:
    planned = plan(gathered(event(1), event(2)))
    assert groups(planned) == [["r1"], ["r2"]]
    assert planned.look_ms is None
    assert planned.state.waiting == ()
    again = plan(gathered(event(2)))
    assert again.state.pending[0].run_id == planned.state.pending[1].run_id


def test_an_event_that_is_told_again_is_gathered_once() -> None:
    state = gathered(event(1))
    again, lost = gather(plan(state).state, [event(1), event(2)])
    assert ([each.occurrence.id for each in again.waiting], lost) == (["r2|4"], [])


def test_events_are_gathered_for_one_run_from_the_first_one_on() -> None:
    state = gathered(event(1), event(2, at_s=50))
    early = plan(state, 59, wait_s=60)
    assert (groups(early), early.look_ms) == ([], START + 60_000)
    assert groups(plan(state, 60, wait_s=60)) == [["r1", "r2"]]


def test_a_debounced_wait_begins_anew_with_each_event() -> None:
    state = gathered(event(1), event(2, at_s=50))
    early = plan(state, 60, wait_s=60, is_debounced=True)
    assert (groups(early), early.look_ms) == ([], START + 110_000)
    assert groups(plan(state, 110, wait_s=60, is_debounced=True)) == [["r1", "r2"]]


def test_each_key_has_a_wait_of_its_own() -> None:
    state = gathered(event(1, key="a"), event(2, key="b", at_s=30))
    planned = plan(state, 60, wait_s=60)
    assert groups(planned) == [["r1"]]
    assert planned.look_ms == START + 90_000


def test_a_key_has_no_more_open_runs_than_it_may() -> None:
    state = gathered(event(1, key="a"), event(2, key="a"), event(3, key="b"))
    planned = plan(state, max_open=1)
    assert groups(planned) == [["r1"], ["r3"]]
    assert planned.look_ms == START + LOOK_AGAIN_MS
    started = planned.state.model_copy(update={"pending": ()})
    assert groups(plan(started, 2, max_open=1)) == []
    ended = planned.state.open["a"]
    after = plan(started, 4, ended=ended, max_open=1)
    assert groups(after) == [["r2"]]
    assert set(after.state.open) == {"a", "b"}


def test_a_run_is_not_started_for_more_events_than_it_can_hold() -> None:
    events = [event(number) for number in range(MAX_BATCH + 1)]
    assert [len(group) for group in groups(plan(gathered(*events), 60, wait_s=60))] == [MAX_BATCH, 1]


def test_what_there_is_no_room_for_is_said() -> None:
    events = [event(number) for number in range(MAX_WAITING + 2)]
    state, lost = gather(TriggerState(created_ms=START), events)
    assert len(state.waiting) == MAX_WAITING
    assert [each.occurrence.id for each in lost] == [f"r{MAX_WAITING}|4", f"r{MAX_WAITING + 1}|4"]


def test_a_paused_trigger_decides_nothing() -> None:
    planned = plan(gathered(event(1), paused_by="ada"))
    assert (groups(planned), planned.look_ms) == ([], None)
