"""A decision that a limit holds back waits in the store: it is no failure, and no step of the budget."""

from __future__ import annotations

import pytest

from fluxagents.flows import events as e
from fluxagents.flows.commands import Command, Decide
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.tasks.dispatch import build_commit

PROMPT = e.PromptUse(name="tool_selection", version="1", digest="d", chat_model="test")
BUDGET_STEPS = 5
FLOW = {
    "flow": "asking",
    "version": 1,
    "purpose": "For tests.",
    "start": "ask",
    "budget": {"steps": BUDGET_STEPS},
    "nodes": {"ask": {"kind": "decide", "prompt": "tool_selection", "next": "done"}, "done": {"kind": "end"}},
}


@pytest.fixture
def asking() -> FlowController:
    return FlowController(flow_from_mapping(FLOW))


def started(controller: FlowController) -> RunState:
    flow = controller.flow
    event = e.RunStarted(
        seq=0,
        at_ms=1,
        run_id="r1",
        session="s1",
        flow=flow.ref,
        start_node="ask",
        inputs={},
    )
    return reduce(None, event)


def deferred(state: RunState, not_before_ms: int = 9_000) -> e.DecisionDeferred:
    return e.DecisionDeferred(
        seq=state.seq, at_ms=2, node="ask", chat_model="openai:tiny", not_before_ms=not_before_ms
    )


def refused(state: RunState, error: ErrorInfo) -> e.DecisionRefused:
    return e.DecisionRefused(seq=state.seq, at_ms=2, node="ask", error=error, prompt=PROMPT)


def test_the_same_decision_follows_not_before_its_time(asking: FlowController) -> None:
    state = started(asking)
    before = asking.command(state)
    commit = build_commit(asking, state, [deferred(state)], seq=state.seq, at_ms=2)
    assert commit.dispatch is not None
    assert (commit.dispatch.task, commit.dispatch.not_before_ms) == ("step.decide", 9_000)
    assert asking.command(commit.state) == before
    assert isinstance(before, Decide)
    assert (commit.state.decisions, commit.state.steps_at_node, commit.state.streak) == (0, 0, None)


def test_it_may_wait_as_often_as_it_must(asking: FlowController) -> None:
    state = started(asking)
    command: Command | None = None
    for _ in range(10 * BUDGET_STEPS):
        state, _, command = asking.advance(state, seq=state.seq, at_ms=2, after=[deferred(state)])
    assert isinstance(command, Decide)
    assert state.status == "running"
    assert state.deferrals == 10 * BUDGET_STEPS


def test_failures_before_and_after_it_are_counted_in_a_row(asking: FlowController) -> None:
    state = started(asking)
    error = FluxError(ErrorClass.PROVIDER_OUTAGE, "away").info("ask")
    state, events, _ = asking.advance(state, seq=state.seq, at_ms=2, after=[refused(state, error)])
    assert isinstance(events[-1], e.RetryScheduled)
    state, events, _ = asking.advance(state, seq=state.seq, at_ms=2, after=[deferred(state)])
    assert [event.type for event in events] == ["DecisionDeferred"]
    state, events, _ = asking.advance(state, seq=state.seq, at_ms=2, after=[refused(state, error)])
    assert isinstance(events[-1], e.RetryScheduled)
    assert events[-1].failures == 2


def test_a_retry_waits_at_least_as_long_as_the_provider_asks(asking: FlowController) -> None:
    state = started(asking)
    error = FluxError(ErrorClass.PROVIDER_RATE_LIMIT, "busy", retry_after_ms=90_000).info("ask")
    commit = build_commit(asking, state, [refused(state, error)], seq=state.seq, at_ms=2)
    assert commit.dispatch is not None
    assert 92_000 < commit.dispatch.not_before_ms <= 95_002
