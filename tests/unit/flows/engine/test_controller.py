"""The walk through a flow: which command follows which events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import (
    AskHuman,
    CallTool,
    Command,
    Decide,
    Decision,
    Expire,
    Finish,
    NotifyHuman,
    call_digest,
)
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState

PROMPT = e.PromptUse(
    name="tool_selection", version="1", digest="d", chat_model="test", tokens_in=10, tokens_out=2
)


class Driver:
    """Plays the part of the world for one run."""

    def __init__(self, controller: FlowController) -> None:
        self.controller = controller
        flow = controller.flow
        started = e.RunStarted(
            seq=0,
            at_ms=1,
            run_id="r1",
            session="s1",
            flow=flow.ref,
            start_node=flow.start,
            inputs={"question": "does it grow?", "floor_per_h": 0.1},
            model="sha256:m",
        )
        self.state = reduce(None, started)
        self.state, walked, self.command = controller.advance(self.state, seq=0, at_ms=1)
        self.history: list[e.Event] = [started, *walked]

    def happens(self, event: Callable[[RunState], e.Event]) -> Command | None:
        happened = event(self.state)
        self.state, events, self.command = self.controller.advance(
            self.state, seq=self.state.seq, at_ms=happened.at_ms, after=[happened]
        )
        self.history += events
        return self.command

    def measured(self, growth: float | None) -> Command | None:
        status = "infeasible" if growth is None else "optimal"
        call = self.command
        assert isinstance(call, CallTool)
        summary: dict[str, JsonValue] = {"status": status, "growth": {"value": growth}}
        return self.happens(
            lambda state: e.ToolSucceeded(
                seq=state.seq,
                at_ms=2,
                node=state.node,
                call=call,
                key_findings={"growth_per_h": growth},
                facts=self.controller.extract_facts(state, summary),
            )
        )

    def decided(self, decision: Decision) -> Command | None:
        return self.happens(
            lambda state: e.DecisionMade(
                seq=state.seq, at_ms=3, node=state.node, decision=decision, prompt=PROMPT
            )
        )

    def refused(self, kind: ErrorClass = ErrorClass.INVALID_ANSWER) -> Command | None:
        error = FluxError(kind, "no such tool").info("decide")
        return self.happens(
            lambda state: e.DecisionRefused(
                seq=state.seq, at_ms=3, node=state.node, error=error, prompt=PROMPT
            )
        )


@pytest.fixture
def run(controller: FlowController) -> Driver:
    return Driver(controller)


def test_arguments_that_are_expressions_are_computed_from_the_inputs(run: Driver) -> None:
    assert run.command == CallTool(tool="fba", args={"method": "pfba", "floor": 0.1})


def test_a_branch_records_the_values_that_it_saw(run: Driver) -> None:
    command = run.measured(0.87)
    taken = next(event for event in run.history if isinstance(event, e.BranchTaken))
    assert taken.seen == {"status": "optimal", "growth_per_h": 0.87, "floor_per_h": 0.1}
    assert isinstance(command, Decide)
    assert command.tools == ("fba", "change")
    assert command.steps_left == 4


def test_infeasible_takes_the_other_branch_and_asks(run: Driver) -> None:
    command = run.measured(None)
    assert isinstance(command, NotifyHuman)
    assert run.state.status == "waiting"
    assert run.state.node == "agree"


def test_an_answer_of_the_chat_model_ends_the_node_and_the_run(run: Driver) -> None:
    run.measured(0.87)
    assert run.decided(Finish(answer="yes, 0.87 1/h")) is None
    assert run.state.status == "finished"
    assert run.state.answer == "yes, 0.87 1/h"


def test_a_tool_that_changes_the_model_stops_before_it_runs(run: Driver) -> None:
    run.measured(0.87)
    command = run.decided(CallTool(tool="change", args={"x": 1}))
    assert isinstance(command, NotifyHuman)
    request = run.state.waiting_for
    assert request is not None
    assert request.call == CallTool(tool="change", args={"x": 1})
    told = run.happens(
        lambda state: e.HumanNotified(seq=state.seq, at_ms=4, request_id=request.id, channels=("inbox",))
    )
    assert isinstance(told, Expire)
    assert run.state.status == "waiting"


def test_an_approved_call_runs_with_the_arguments_that_were_approved(run: Driver) -> None:
    run.measured(0.87)
    run.decided(CallTool(tool="change", args={"x": 1}))
    request = run.state.waiting_for
    assert request is not None
    edited = CallTool(tool="change", args={"x": 2})
    command = run.happens(
        lambda state: e.ApprovalGranted(
            seq=state.seq, at_ms=5, request_id=request.id, by="ada", call=edited, edited=True
        )
    )
    assert command == edited
    assert run.state.approved == call_digest(edited.tool, edited.args, run.state.model)
    assert run.state.approved != request.digest


def test_a_rejection_is_a_note_that_the_chat_model_sees(run: Driver) -> None:
    run.measured(0.87)
    run.decided(CallTool(tool="change", args={"x": 1}))
    request = run.state.waiting_for
    assert request is not None
    command = run.happens(
        lambda state: e.ApprovalRejected(
            seq=state.seq, at_ms=5, request_id=request.id, by="ada", reason="too costly"
        )
    )
    assert isinstance(command, Decide)
    assert run.state.notes[-1].text == "rejected: too costly"
    assert run.state.pending is None


def test_an_answer_to_another_request_is_refused(run: Driver) -> None:
    run.measured(None)
    with pytest.raises(FluxError, match="does not wait for request 'other'"):
        run.happens(lambda state: e.ApprovalGranted(seq=state.seq, at_ms=5, request_id="other", by="mallory"))


@pytest.mark.parametrize(("agreed", "end"), [(True, "finished"), (False, "failed")])
def test_an_explicit_approval_leads_on_or_away(run: Driver, agreed: bool, end: str) -> None:
    run.measured(None)
    request = run.state.waiting_for
    assert request is not None

    def answer(state: RunState) -> e.Event:
        if agreed:
            return e.ApprovalGranted(seq=state.seq, at_ms=5, request_id=request.id, by="ada")
        return e.ApprovalRejected(seq=state.seq, at_ms=5, request_id=request.id, by="ada", reason="no")

    run.happens(answer)
    assert run.state.status == end


def test_three_invalid_answers_in_a_row_call_a_human(run: Driver) -> None:
    run.measured(0.87)
    assert isinstance(run.refused(), Decide)
    assert isinstance(run.refused(), Decide)
    assert isinstance(run.refused(), NotifyHuman)
    assert run.state.waiting_for is not None
    assert run.state.waiting_for.kind == "escalation"
    assert "3 failures in a row (invalid_answer)" in run.state.waiting_for.question


def test_failures_of_different_kinds_are_no_streak(run: Driver) -> None:
    run.measured(0.87)
    run.refused()
    run.refused(ErrorClass.PROVIDER_OUTAGE)
    command = run.refused()
    assert isinstance(command, Decide)


def test_a_node_without_steps_left_is_left_and_says_so(run: Driver) -> None:
    run.measured(0.87)
    for _ in range(2):
        run.decided(CallTool(tool="fba", args={}))
        run.measured(0.87)
    run.decided(AskHuman(question="which carbon source?"))
    request = run.state.waiting_for
    assert request is not None
    run.happens(
        lambda state: e.QuestionAnswered(
            seq=state.seq, at_ms=5, request_id=request.id, by="ada", answer="acetate"
        )
    )
    run.decided(CallTool(tool="fba", args={}))
    run.measured(0.87)
    assert any(isinstance(event, e.BudgetSpent) and event.steps == 4 for event in run.history)
    assert run.state.answer == "nothing was answered"


def test_a_tool_that_fails_in_a_tool_node_fails_the_run_with_its_error(run: Driver) -> None:
    call = run.command
    assert isinstance(call, CallTool)
    error = FluxError(ErrorClass.UNREADABLE_MODEL, "model 'x' has 0 bytes").info("fba")
    run.happens(lambda state: e.ToolFailed(seq=state.seq, at_ms=2, node=state.node, call=call, error=error))
    assert run.state.status == "failed"
    assert run.state.error == error


def test_a_paused_run_only_waits_for_its_budget_and_goes_on_where_it_was(run: Driver) -> None:
    before = run.command
    assert run.happens(lambda state: e.RunPaused(seq=state.seq, at_ms=2, by="ada")) == Expire(
        at_ms=run.state.started_ms + 7 * 86_400_000 + 1
    )
    assert run.happens(lambda state: e.RunResumed(seq=state.seq, at_ms=3, by="ada")) == before


def test_an_answer_while_paused_keeps_the_pause(run: Driver) -> None:
    run.measured(None)
    request = run.state.waiting_for
    assert request is not None
    run.happens(lambda state: e.RunPaused(seq=state.seq, at_ms=2, by="ada"))
    run.happens(lambda state: e.ApprovalGranted(seq=state.seq, at_ms=3, request_id=request.id, by="ada"))
    paused = run.state
    assert paused.status == "paused"
    run.happens(lambda state: e.RunResumed(seq=state.seq, at_ms=4, by="ada"))
    assert run.state.status == "finished"


def test_the_history_folds_to_the_state(run: Driver) -> None:
    run.measured(0.87)
    run.decided(CallTool(tool="fba", args={}))
    run.measured(0.5)
    run.decided(Finish(answer="done"))
    assert fold(run.history) == run.state


def test_execute_flow_runs_to_the_end_in_this_process(controller: FlowController) -> None:
    start = Driver(controller).history[0]
    assert isinstance(start, e.RunStarted)

    def act(command: Command, state: RunState) -> Sequence[e.Event]:
        if isinstance(command, CallTool):
            summary: dict[str, JsonValue] = {"status": "optimal", "growth": {"value": 0.5}}
            facts = controller.extract_facts(state, summary)
            return [
                e.ToolSucceeded(
                    seq=state.seq, at_ms=9, node=state.node, call=command, key_findings={}, facts=facts
                )
            ]
        finish = Finish(answer="0.5 1/h")
        return [e.DecisionMade(seq=state.seq, at_ms=9, node=state.node, decision=finish, prompt=PROMPT)]

    state, history = controller.execute_flow(reduce(None, start), act)
    assert (state.status, state.answer) == ("finished", "0.5 1/h")
    assert fold([start, *history]) == state
    assert controller.get_next_step(state) is None


def test_a_decision_that_the_provider_refused_for_now_is_tried_again_later(run: Driver) -> None:
    run.measured(0.87)
    command = run.refused(ErrorClass.PROVIDER_RATE_LIMIT)
    assert isinstance(command, Decide)
    scheduled = run.history[-1]
    assert isinstance(scheduled, e.RetryScheduled)
    assert run.state.not_before_ms == scheduled.not_before_ms > 3
    run.decided(Finish(answer="done"))
    assert run.state.not_before_ms == 0


def test_a_call_that_timed_out_is_made_again_with_the_same_arguments(run: Driver) -> None:
    call = run.command
    assert isinstance(call, CallTool)
    error = FluxError(ErrorClass.TIMEOUT, "600 s are over").info("fba")

    def timed_out(state: RunState) -> e.Event:
        return e.ToolFailed(seq=state.seq, at_ms=2, node=state.node, call=call, error=error)

    assert run.happens(timed_out) == call
    assert run.happens(timed_out) is None
    assert run.state.error == error


def test_a_retry_keeps_its_approval_and_a_failure_for_good_ends_it(run: Driver) -> None:
    run.measured(0.87)
    run.decided(CallTool(tool="change", args={"x": 1}))
    request = run.state.waiting_for
    assert request is not None
    call = request.call
    assert call is not None
    run.happens(
        lambda state: e.ApprovalGranted(seq=state.seq, at_ms=5, request_id=request.id, by="ada", call=call)
    )

    def failed(kind: ErrorClass) -> Callable[[RunState], e.Event]:
        error = FluxError(kind, "it failed").info("change")
        return lambda state: e.ToolFailed(seq=state.seq, at_ms=6, node=state.node, call=call, error=error)

    assert run.happens(failed(ErrorClass.MEMORY)) == call
    assert isinstance(run.happens(failed(ErrorClass.INFEASIBLE)), Decide)
    assert run.state.approved is None


@pytest.mark.parametrize(
    ("budget", "said"),
    [({"steps": 1}, "2 steps"), ({"tokens": 20}, "24 tokens"), ({"wall_time_s": 1}, "3600 seconds")],
)
def test_a_run_that_uses_more_than_its_budget_ends_and_says_of_what(
    controller: FlowController, budget: dict[str, float], said: str
) -> None:
    document = controller.flow.model_dump(mode="json") | {"budget": budget}
    run = Driver(FlowController(document, tools=controller.tools))
    run.measured(0.87)
    for _ in range(2):
        if run.state.status == "running":
            run.refused()
    if run.state.status == "running":
        run.happens(lambda state: e.RunPaused(seq=state.seq, at_ms=4, by="ada"))
        run.happens(lambda state: e.RunResumed(seq=state.seq, at_ms=3_600_001, by="ada"))
    assert run.state.status == "failed"
    assert run.state.error is not None
    assert run.state.error.kind is ErrorClass.BUDGET
    assert said in run.state.error.message


def asked(controller: FlowController, **changes: object) -> tuple[Driver, Expire]:
    """A run without growth, whose humans were told; `agree` is the node that asks them."""
    document = controller.flow.model_dump(mode="json")
    document["nodes"]["agree"] |= changes
    run = Driver(FlowController(document, tools=controller.tools))
    run.measured(None)
    request = run.state.waiting_for
    assert request is not None
    command = run.happens(
        lambda state: e.HumanNotified(seq=state.seq, at_ms=4, request_id=request.id, channels=("inbox",))
    )
    assert isinstance(command, Expire)
    return run, command


@pytest.mark.parametrize(("on_timeout", "ends"), [({}, "failed"), ({"on_timeout": "done"}, "finished")])
def test_an_approval_that_nobody_gives_leads_on_when_its_time_is_over(
    controller: FlowController, on_timeout: dict[str, str], ends: str
) -> None:
    run, command = asked(controller, timeout_s=60.0, **on_timeout)
    request = run.state.waiting_for
    assert request is not None
    assert command.at_ms == request.deadline_ms == 2 + 60_000
    run.happens(lambda state: run.controller.on_expiry(state, command.at_ms))
    assert (run.state.status, run.state.waiting_for) == (ends, None)
    assert run.state.notes[-1].text == "nobody answered in time"


def test_a_run_that_waits_longer_than_its_budget_fails(controller: FlowController) -> None:
    run, command = asked(controller)
    run.happens(lambda state: run.controller.on_expiry(state, command.at_ms))
    assert run.state.error is not None
    assert run.state.error.kind is ErrorClass.BUDGET


def test_while_a_run_is_paused_only_its_budget_counts(controller: FlowController) -> None:
    run, late = asked(controller, timeout_s=60.0)
    paused = run.happens(lambda state: e.RunPaused(seq=state.seq, at_ms=5, by="ada"))
    assert isinstance(paused, Expire)
    assert paused.at_ms > late.at_ms
    assert run.happens(lambda state: e.RunResumed(seq=state.seq, at_ms=90_000, by="ada")) == late
