"""What the controller does about each kind of error, at a fixed tool and where a chat model decides."""

from __future__ import annotations

import pytest

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command, Decide, NotifyHuman
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import POLICIES, ErrorClass, FluxError, Remedy
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState

PROMPT = e.PromptUse(name="tool_selection", version="1", digest="d", chat_model="test")
CALL = CallTool(tool="fba", args={"method": "pfba"})

ASKED_AGAIN = sorted(kind for kind, policy in POLICIES.items() if policy.remedy is Remedy.ASK_MODEL)
SHOWN_TO_A_HUMAN = sorted(kind for kind, policy in POLICIES.items() if policy.remedy is Remedy.ASK_HUMAN)
FATAL = sorted(kind for kind, policy in POLICIES.items() if policy.remedy is Remedy.FAIL)


def started(controller: FlowController, node: str) -> RunState:
    flow = controller.flow
    event = e.RunStarted(
        seq=0,
        at_ms=1,
        run_id="r1",
        session="s1",
        flow=flow.ref,
        start_node=node,
        inputs={"question": "does it grow?", "floor_per_h": 0.1},
    )
    return reduce(None, event)


def fails(
    controller: FlowController, state: RunState, kind: ErrorClass, times: int, *, deciding: bool = False
) -> tuple[RunState, Command | None, int]:
    """The state, the command and the count of retries after so many failures in a row."""
    command = controller.command(state)
    retries = 0
    for _ in range(times):
        error = FluxError(kind, "it failed").info("fba")
        failed: e.Event = (
            e.DecisionRefused(seq=state.seq, at_ms=2, node=state.node, error=error, prompt=PROMPT)
            if deciding
            else e.ToolFailed(seq=state.seq, at_ms=2, node=state.node, call=CALL, error=error)
        )
        state, events, command = controller.advance(state, seq=state.seq, at_ms=2, after=[failed])
        retries += sum(isinstance(event, e.RetryScheduled) for event in events)
    return state, command, retries


@pytest.mark.parametrize("kind", sorted(ErrorClass))
def test_a_fixed_tool_is_tried_as_often_as_the_policy_says_and_then_fails_the_run(
    controller: FlowController, kind: ErrorClass
) -> None:
    attempts = POLICIES[kind].attempts
    state, command, retries = fails(controller, started(controller, "measure"), kind, attempts)
    assert (state.status, command, retries) == ("failed", None, attempts - 1)
    assert state.error is not None
    assert (state.error.kind, state.error.message) == (kind, "it failed")


@pytest.mark.parametrize("deciding", [True, False])
@pytest.mark.parametrize("kind", ASKED_AGAIN)
def test_the_chat_model_chooses_again_until_failures_of_a_kind_call_a_human(
    controller: FlowController, kind: ErrorClass, deciding: bool
) -> None:
    state = started(controller, "ask")
    attempts = POLICIES[kind].attempts
    shown, command, retries = fails(controller, state, kind, attempts, deciding=deciding)
    assert isinstance(command, Decide)
    assert (shown.status, retries) == ("running", attempts - 1)
    asked, command, _ = fails(controller, shown, kind, 3 - attempts, deciding=deciding)
    assert isinstance(command, NotifyHuman)
    assert asked.waiting_for is not None
    assert asked.waiting_for.kind == "escalation"


@pytest.mark.parametrize("deciding", [True, False])
@pytest.mark.parametrize("kind", SHOWN_TO_A_HUMAN)
def test_a_human_is_asked_where_no_other_choice_helps_and_the_run_goes_on_with_the_answer(
    controller: FlowController, kind: ErrorClass, deciding: bool
) -> None:
    attempts = POLICIES[kind].attempts
    state, command, retries = fails(controller, started(controller, "ask"), kind, attempts, deciding=deciding)
    assert isinstance(command, NotifyHuman)
    assert retries == attempts - 1
    request = state.waiting_for
    assert request is not None
    assert request.kind == "escalation"
    assert f"({kind}): it failed. What should be done?" in request.question
    answered = e.QuestionAnswered(
        seq=state.seq, at_ms=5, request_id=request.id, by="ada", answer="the key is right now, again"
    )
    state, _, command = controller.advance(state, seq=state.seq, at_ms=5, after=[answered])
    assert isinstance(command, Decide)


@pytest.mark.parametrize("deciding", [True, False])
@pytest.mark.parametrize("kind", FATAL)
def test_what_nobody_can_help_with_fails_the_run_at_once(
    controller: FlowController, kind: ErrorClass, deciding: bool
) -> None:
    state, command, retries = fails(controller, started(controller, "ask"), kind, 1, deciding=deciding)
    assert (state.status, command, retries) == ("failed", None, 0)
    assert state.error is not None
    assert state.error.kind is kind
