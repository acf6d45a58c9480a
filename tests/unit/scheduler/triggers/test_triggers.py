"""Triggers from the event to the run: conditions, inputs, circles, pauses, repetitions, workers that die."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.story import Story, failed, finished
from tests.support.trigger_desk import DIGEST, OTHER, QUESTION, START, Desk

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import FluxError
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.triggers.event_trigger import MAX_DEPTH, ArtifactSource, ModelSource, RunSource


@pytest.fixture
def desk() -> Desk:
    return Desk()


def log(run_id: str = "r1", growth: float = 0.05, **started: Any) -> tuple[e.Event, ...]:
    """A run that found a growth rate."""
    call = CallTool(tool="run_metabolic_fba", args={})
    found = e.ToolSucceeded(
        seq=0,
        at_ms=0,
        node="measure",
        call=call,
        key_findings={},
        facts={"growth_per_h": growth},
        artifact=OTHER,
    )
    story = Story(run_id, start_ms=START, model=DIGEST, **started)
    return tuple(story.step(1, found).step(2, finished(f"{growth} per h")).events)


def test_a_run_that_ended_as_the_condition_says_starts_one(desk: Desk) -> None:
    desk.add(source=RunSource(flow="growth_check"), when="growth_per_h < 0.1")
    desk.tell(*log("r1", 0.05))
    desk.tell(*log("r2", 0.87))
    (state,) = desk.look()
    assert (state.session, state.model, state.inputs["question"]) == ("trigger:slow", DIGEST, "Does it grow?")
    assert state.trigger == e.Trigger(
        kind="event", name="slow", delivery="r1|2", source="run of growth_check finished"
    )
    first = desk.store.events(state.run_id)[0]
    assert isinstance(first, e.RunStarted)
    assert first.trigger == state.trigger
    assert desk.history() == [("started", "r1")]


def test_an_event_starts_one_run_however_often_it_is_told(desk: Desk) -> None:
    desk.add()
    for _ in range(3):
        desk.tell(*log())
    assert len(desk.look()) == 1
    desk.tell(*log())
    assert len(desk.look()) == 1


@pytest.mark.parametrize(
    ("source", "fires"),
    [
        (RunSource(flow="other"), False),
        (RunSource(ends=("failed",)), False),
        (RunSource(ends=("failed", "finished")), True),
        (ArtifactSource(), True),
        (ArtifactSource(tool="run_metabolic_fba"), True),
        (ArtifactSource(tool="other"), False),
        (ModelSource(), False),
    ],
)
def test_only_events_of_the_source_fire(desk: Desk, source: Any, fires: bool) -> None:
    desk.add(source=source)
    desk.tell(*log())
    assert bool(desk.look()) is fires


def test_a_model_that_a_tool_made_is_the_model_of_the_run(desk: Desk) -> None:
    desk.add(source=ModelSource(tool="knock_out"))
    call = CallTool(tool="knock_out", args={})
    made = e.ToolSucceeded(seq=0, at_ms=0, node="measure", call=call, key_findings={}, new_model=OTHER)
    desk.tell(*Story("r1", start_ms=START, model=DIGEST).step(1, made).events)
    (state,) = desk.look()
    assert state.model == OTHER
    assert desk.feed.kinds == {"result"}


def test_inputs_are_computed_from_the_event(desk: Desk) -> None:
    desk.add(inputs={}, expressions={"question": "'Why does ' + model_name + ' grow at ' + answer + '?'"})
    desk.tell(*log(growth=0.05))
    (state,) = desk.look()
    assert state.inputs["question"] == "Why does e_coli_core grow at 0.05 per h?"


def test_gathered_events_are_at_hand_together(desk: Desk) -> None:
    desk.add(
        inputs={"question": "Why?"},
        expressions={"medium": "dict([[event['run_id'], event['growth_per_h']] for event in events])"},
        wait_s=60.0,
    )
    desk.tell(*log("r1", 0.05))
    desk.tell(*log("r2", 0.06))
    assert desk.look() == []
    desk.clock.at_ms += 60_000
    (state,) = desk.look()
    assert state.inputs["medium"] == {"r1": 0.05, "r2": 0.06}
    assert desk.history() == [("started", "for 2 events")]


def test_a_condition_that_cannot_be_judged_is_told(desk: Desk) -> None:
    desk.add(when="growth_per_h < 0.1")
    ended = Story("r1", start_ms=START).step(1, failed()).step(2, finished()).events
    desk.tell(*ended)
    assert desk.look() == []
    ((outcome, note),) = desk.history()
    assert outcome == "skipped"
    assert "growth_per_h" in note


def test_a_trigger_never_leads_to_itself(desk: Desk) -> None:
    desk.add("a")
    desk.add("b")
    chain = e.Trigger(kind="event", name="b", delivery="x", chain=("a",))
    desk.tell(*log(trigger=chain))
    assert desk.look() == []
    assert desk.history("a") == [("skipped", "it would lead in a circle: a → b → a")]
    assert desk.history("b") == [("skipped", "it would lead in a circle: a → b → b")]


def test_triggers_lead_to_one_another_only_so_far(desk: Desk) -> None:
    desk.add()
    far = tuple(f"t{number}" for number in range(MAX_DEPTH - 1))
    desk.tell(*log("r1", trigger=e.Trigger(kind="event", name="t", delivery="x", chain=far[:-1])))
    desk.tell(*log("r2", trigger=e.Trigger(kind="event", name="t", delivery="x", chain=far)))
    (state,) = desk.look()
    assert state.trigger is not None
    assert state.trigger.chain == (*far[:-1], "t")
    assert [outcome for outcome, _ in desk.history()] == ["skipped", "started"]


def test_a_schedule_is_no_link_of_a_chain(desk: Desk) -> None:
    desk.add()
    desk.tell(*log(trigger=e.Trigger(kind="schedule", name="slow", delivery="1")))
    (state,) = desk.look()
    assert state.trigger is not None
    assert state.trigger.chain == ()


def test_a_paused_trigger_starts_nothing_and_a_backfill_makes_up_for_it(desk: Desk) -> None:
    desk.add()
    desk.triggers.pause("slow")
    events = log("r1")
    desk.tell(*events)
    assert desk.look() == []
    desk.triggers.resume("slow")
    assert desk.look() == []
    state = fold(events)
    desk.store.create(Commit(events, state, None), state.model_dump_json())
    assert desk.triggers.backfill("slow", since_ms=START, until_ms=START + 1) == 1
    assert len(desk.look()) == 1
    assert desk.triggers.backfill("slow", since_ms=START, until_ms=START + 1) == 1
    assert len(desk.look()) == 1
    with pytest.raises(FluxError, match="is not paused"):
        desk.triggers.resume("slow")


def test_a_worker_that_dies_between_decision_and_start_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add()
    desk.tell(*log())
    with monkeypatch.context() as patch:
        patch.setattr(RunClient, "batch", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.look()
    assert len(desk.look()) == 1
    assert desk.history() == [("started", "r1")]


def test_a_run_that_cannot_start_is_told_and_not_tried_for_ever(desk: Desk) -> None:
    added = desk.add()
    desk.book.add(added.model_copy(update={"model": "gone"}), replace=True)
    desk.tell(*log())
    assert desk.look() == []
    assert desk.history() == [("failed", "there is no model 'gone'")]
    desk.look()
    assert desk.lookout.look() == 0


def test_runs_of_a_key_wait_for_one_another(desk: Desk) -> None:
    desk.add(key="model_name", max_open=1)
    desk.tell(*log("r1"))
    desk.tell(*log("r2"))
    desk.tell(*log("r3", model_name="other"))
    started = {state.trigger.delivery: state.run_id for state in desk.look() if state.trigger}
    assert set(started) == {"r1|2", "r3|2"}
    desk.clock.at_ms += 2_000
    assert len(desk.look()) == 2
    desk.client.cancel(started["r1|2"], reason="enough")
    desk.clock.at_ms += 2_000
    assert len(desk.look()) == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "a b"}, "cannot name a trigger"),
        ({"flow": "no_such"}, "there is no flow"),
        ({"inputs": {}}, "needs the input 'question'"),
        ({"inputs": {**QUESTION, "medim": {}}}, "has no input 'medim'"),
        ({"when": "growth <"}, "cannot be read"),
        ({"expressions": {"medium": "]"}}, "cannot be read"),
        ({"model": "gone"}, "there is no model"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    desk: Desk, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(FluxError, match=says):
        desk.add(changes.pop("name", "slow"), **changes)
    assert desk.book.list() == []


def test_nothing_is_left_of_a_removed_trigger(desk: Desk) -> None:
    added = desk.add()
    desk.tell(*log())
    desk.engine.read()
    desk.triggers.remove("slow")
    assert desk.feed.kinds == set()
    assert desk.ledger.load(added.session) is None
    assert desk.look() == []
    with pytest.raises(FluxError, match="there is no trigger 'slow'"):
        desk.triggers.get("slow")


def test_two_triggers_have_runs_of_their_own(desk: Desk) -> None:
    desk.add("a")
    desk.add("b")
    desk.tell(*log())
    assert {state.session for state in desk.look()} == {"trigger:a", "trigger:b"}
