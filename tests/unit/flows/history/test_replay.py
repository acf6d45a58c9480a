"""A recorded run is walked again; the first event that the flow would not write is named."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import DEPTH
from tests.unit.flows.engine.test_random_walks import CONTROLLER, Walk

from fluxagents.flows import events as e
from fluxagents.flows.commands import AskHuman, CallTool, Command, Decide, Decision, Finish, NotifyHuman
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.explanation import explain_step
from fluxagents.flows.history.replay import Replay, replay_run
from fluxagents.flows.history.run_diff import compare_runs
from fluxagents.flows.history.run_record import record_of
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState, state_from_json

Log = list[e.Event]

START = e.RunStarted(
    seq=0,
    at_ms=1_000,
    run_id="r",
    session="s",
    flow=e.FlowRef(name="growth_check", version=1, digest="d"),
    start_node="measure",
    inputs={"question": "?", "floor_per_h": 0.1},
)
USE = e.PromptUse(name="tool_selection", version="1", digest="p", chat_model="m")
CHANGE = CallTool(tool="change", args={"uptake": 18.5})


def told(controller: FlowController, decisions: Sequence[Decision | FluxError], growth: float = 0.87) -> Log:
    """A run whose chat model decides so, as workers and a human would write it."""
    script = list(decisions)

    def act(command: Command, state: RunState) -> list[e.Event]:
        seq, at_ms, node = state.seq, state.updated_ms + 10, state.node
        if isinstance(command, CallTool):
            facts = controller.extract_facts(state, {"growth": {"value": growth}, "status": "optimal"})
            return [
                e.ToolSucceeded(seq=seq, at_ms=at_ms, node=node, call=command, key_findings={}, facts=facts)
            ]
        if isinstance(command, NotifyHuman):
            return [e.HumanNotified(seq=seq, at_ms=at_ms, request_id=command.request_id, channels=("inbox",))]
        assert isinstance(command, Decide)
        said = script.pop(0)
        if isinstance(said, FluxError):
            error = said.info(node)
            return [e.DecisionRefused(seq=seq, at_ms=at_ms, node=node, error=error, prompt=USE)]
        compacted = e.ContextCompacted(
            seq=seq,
            at_ms=at_ms,
            node=node,
            compacted=(e.Compaction(id="f1", strategy="budget", tokens=5),),
            tokens=10,
            max_tokens=20,
        )
        return [e.DecisionMade(seq=seq, at_ms=at_ms, node=node, decision=said, prompt=USE), compacted]

    state = reduce(None, START)
    log: Log = [START]
    while True:
        state, events = controller.execute_flow(state, act)
        log = [*log, *events]
        if state.waiting_for is None:
            return log
        answer = _answer(state)
        state, events, _ = controller.advance(state, seq=state.seq, at_ms=answer.at_ms, after=[answer])
        log = [*log, *events]


def _answer(state: RunState) -> e.Event:
    request, at_ms = state.waiting_for, state.updated_ms + 60_000
    assert request is not None
    if request.kind == "approval":
        return e.ApprovalGranted(
            seq=state.seq, at_ms=at_ms, request_id=request.id, by="ada", call=request.call
        )
    return e.QuestionAnswered(seq=state.seq, at_ms=at_ms, request_id=request.id, by="ada", answer="acetate")


def again(controller: FlowController, log: Sequence[e.Event], stored: RunState | None = None) -> Replay:
    read = state_from_json((stored or fold(log)).model_dump_json())
    return replay_run(log, read, lambda _: controller)


@pytest.fixture
def log(controller: FlowController) -> Log:
    wrong = FluxError(ErrorClass.INVALID_ANSWER, "no decision")
    return told(controller, [wrong, CHANGE, AskHuman(question="On what?"), Finish(answer="0.87")])


def test_a_run_replays_to_its_state(controller: FlowController, log: Log) -> None:
    found = again(controller, log)
    assert (found.same, found.events, found.divergence, found.state_changes) == (True, len(log), None, ())
    assert found.stored_digest == found.folded_digest
    walked = [event for event in log if isinstance(event, e.NodeEntered | e.BranchTaken | e.RunFinished)]
    assert found.walked == len(walked) + 2  # the approval and the question that were asked


def test_a_run_that_goes_on_replays_to_where_it_stands(controller: FlowController, log: Log) -> None:
    ends = [at for at, event in enumerate(log[1:], start=1) if event.seq != log[at - 1].seq]
    assert len(ends) > 5
    for end in ends:
        assert again(controller, log[:end]).same, end


def test_a_run_without_growth_takes_the_other_branch(controller: FlowController) -> None:
    assert again(controller, told(controller, [], growth=0.0)).same


def test_no_event_can_be_taken_out_unnoticed(controller: FlowController, log: Log) -> None:
    """But for a note of what a prompt left out, which nothing follows from."""
    for at, event in enumerate(log):
        if at and not isinstance(event, e.ContextCompacted):
            found = again(controller, [*log[:at], *log[at + 1 :]], fold(log))
            assert found.divergence is not None, event.type
            assert not found.same


def test_another_branch_is_noticed_with_what_would_be_taken(controller: FlowController, log: Log) -> None:
    at = next(at for at, event in enumerate(log) if isinstance(event, e.BranchTaken))
    taken = log[at]
    forged = taken.model_copy(update={"to": "agree", "because": "otherwise"})
    found = again(controller, [*log[:at], forged, *log[at + 1 :]], fold(log)).divergence
    assert found is not None
    assert (found.at, found.step, found.recorded, found.expected) == (at, taken.seq, forged, taken)
    assert found.why == "the controller writes another 'to', 'because'"


def test_a_tool_that_nobody_asked_for_is_noticed(controller: FlowController, log: Log) -> None:
    at = next(at for at, event in enumerate(log) if isinstance(event, e.ToolSucceeded))
    other = log[at].model_copy(update={"call": CallTool(tool="fba", args={"method": "fba"})})
    found = again(controller, [*log[:at], other, *log[at + 1 :]]).divergence
    assert found is not None
    assert (found.at, found.why) == (at, "the controller asks for fba with {'method': 'pfba', 'floor': 0.1}")
    at = next(at for at, event in enumerate(log) if isinstance(event, e.DecisionRefused))
    tool = e.ToolSucceeded(seq=log[at].seq, at_ms=log[at].at_ms, node="ask", call=CHANGE, key_findings={})
    found = again(controller, [*log[:at], tool]).divergence
    assert found is not None
    assert found.why == "the controller asks for no tool here, but for 'decide'"


def test_a_flow_that_decides_otherwise_today_is_noticed(controller: FlowController, log: Log) -> None:
    document = controller.flow.model_dump(mode="json")
    document["nodes"]["grows"]["cases"][0]["when"] = "growth_per_h > 2"
    found = again(FlowController(document, tools=controller.tools), log).divergence
    assert found is not None
    assert isinstance(found.recorded, e.BranchTaken)
    assert isinstance(found.expected, e.BranchTaken)
    assert (found.recorded.to, found.expected.to) == ("ask", "agree")


def test_a_stored_state_that_is_another_is_noticed(controller: FlowController, log: Log) -> None:
    stored = fold(log).model_copy(update={"tokens_in": 7})
    found = again(controller, log, stored)
    assert (found.same, found.divergence) == (False, None)
    assert found.stored_digest != found.folded_digest
    assert [(one.path, one.before, one.after) for one in found.state_changes] == [("tokens_in", 7, None)]


def test_what_an_earlier_version_did_not_store_is_not_compared(controller: FlowController, log: Log) -> None:
    document = json.loads(fold(log).model_dump_json())
    assert document.pop("prompts") == {"tool_selection": "p"}
    found = replay_run(log, state_from_json(json.dumps(document)), lambda _: controller)
    assert (found.same, found.not_compared, found.state_changes) == (True, ("prompts",), ())
    document["tokens_in"] = 7
    found = replay_run(log, state_from_json(json.dumps(document)), lambda _: controller)
    assert [one.path for one in found.state_changes] == ["tokens_in"]
    assert not found.same


def test_a_history_that_cannot_be_folded_says_where(controller: FlowController, log: Log) -> None:
    late = e.RunPaused(seq=log[-1].seq + 1, at_ms=log[-1].at_ms, by="ada")
    found = again(controller, [*log, late], fold(log))
    assert found.folded_digest == ""
    assert found.divergence is not None
    assert (found.divergence.at, found.divergence.recorded) == (len(log), late)
    assert "is finished" in found.divergence.why


def test_a_pause_and_a_failed_walk_belong_to_the_record(controller: FlowController) -> None:
    log = told(controller, [Finish(answer="x")])
    first_step = next(at for at, event in enumerate(log) if event.seq == 2)
    paused = e.RunPaused(seq=1, at_ms=log[1].at_ms, by="ada")
    assert again(controller, [*log[:first_step], paused]).same
    broken = controller.flow.model_dump(mode="json")
    broken["nodes"]["grows"]["cases"][0]["when"] = "growth_per_h > 'a'"
    other = FlowController(broken, tools=controller.tools)
    found = again(other, log).divergence
    assert found is not None
    assert isinstance(found.expected, e.NodeFailed)
    _, events, _ = other.advance(fold(log[:1]), seq=1, at_ms=log[1].at_ms, after=[log[1]])
    assert isinstance(events[-1], e.RunFailed)
    assert again(other, [log[0], *events]).same


@given(st.data(), st.booleans())
@settings(max_examples=200 * DEPTH, deadline=None)
def test_whatever_happens_to_a_run_it_replays(draw: st.DataObject, stepwise: bool) -> None:
    walk = Walk(draw, stepwise=stepwise)
    for _ in range(draw.draw(st.integers(0, 60))):
        if walk.state.has_ended:
            break
        walk.step()
    found = again(CONTROLLER, walk.log)
    assert found.divergence is None
    assert found.same
    record = record_of(walk.log)
    assert sum(record.spent_ms.values()) == walk.log[-1].at_ms - walk.log[0].at_ms
    assert compare_runs(walk.log, walk.log).same


def test_a_run_that_goes_on_with_another_version_is_walked_with_both(controller: FlowController) -> None:
    document = controller.flow.model_dump(mode="json")
    document["nodes"]["grows"]["cases"][0]["when"] = "growth_per_h > 2"
    other = FlowController(document, tools=controller.tools)
    log = told(controller, [Finish(answer="x")])
    cut = next(at for at, event in enumerate(log) if event.seq == 2)
    state, at_ms = fold(log[:cut]), log[cut].at_ms
    version = e.FlowRef(name="growth_check", version=2, digest="new")
    change = e.FlowChanged(seq=2, at_ms=at_ms, flow=version, node="grows", inputs=state.inputs, by="ada")
    _, events, _ = other.advance(state, seq=2, at_ms=at_ms, after=[change])
    both = {"d": controller, "new": other}
    history = [*log[:cut], *events]
    read = state_from_json(fold(history).model_dump_json())
    assert replay_run(history, read, both.__getitem__).same
    assert not replay_run(history, read, lambda _: controller).same
    assert explain_step(history, 2, both.__getitem__).step.after.flow == version
