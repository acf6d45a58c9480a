"""What comes next at the nodes where workers act: `tool`, `decide`, `map` and `subflow`."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import AskHuman, BeginRuns, CallTool, Command, Decide, JoinParts, JoinRuns
from fluxagents.flows.engine.budget import ends_ms
from fluxagents.flows.engine.node_context import Moment
from fluxagents.flows.errors import POLICIES, ErrorClass, FluxError, Remedy
from fluxagents.flows.language.nodes import DecideNode, MapNode, Passing, SubflowNode, ToolNode
from fluxagents.flows.state import RunState


def at_tool(now: Moment, node: ToolNode) -> e.Event | Command:
    """The call of the node, an approval that it needs, or the way on."""
    state = now.state
    if state.outcome == "tool":
        return now.enter(node.next)
    if state.outcome == "rejected":
        if node.on_error:
            return now.enter(node.on_error)
        return now.end(FluxError(ErrorClass.PERMISSION, state.notes[-1].text).info(state.node))
    if state.joining or isinstance(state.pending, CallTool):
        return _parts_or_call(now, node)
    return _call(now, CallTool(tool=node.tool, args=now.arguments(node.args)))


def at_decide(now: Moment, node: DecideNode) -> e.Event | Command:
    """What was decided, the next decision, or the way on."""
    state = now.state
    if state.outcome in {"answer", "budget"}:
        return now.enter(node.next)
    if state.joining or isinstance(state.pending, CallTool):
        return _parts_or_call(now, node)
    if isinstance(state.pending, AskHuman):
        request = now.request("question", state.pending.question)
        return e.QuestionAsked(seq=now.seq, at_ms=now.at_ms, request=request)
    if state.outcome == "failed" and not _may_choose_again(state, node):
        return _given_up(now, node)
    if state.steps_at_node >= node.max_steps:
        return e.BudgetSpent(seq=now.seq, at_ms=now.at_ms, node=state.node, steps=state.steps_at_node)
    left = node.max_steps - state.steps_at_node
    return Decide(
        node=state.node,
        prompt=node.prompt,
        tools=node.tools,
        steps_left=left,
        hypotheses=node.hypotheses,
    )


def at_start(now: Moment, node: MapNode | SubflowNode) -> e.Event | Command:
    """The runs of the node, the wait for them, or the way on."""
    state = now.state
    if state.outcome == "joined":
        return now.enter(node.next)
    if state.begun is None:
        return BeginRuns(node=state.node)
    return JoinRuns(node=state.node, runs=state.begun.runs, until_ms=_until_ms(now, node))


def _may_choose_again(state: RunState, node: DecideNode) -> bool:
    assert state.streak is not None
    return POLICIES[state.streak.kind].remedy is Remedy.ASK_MODEL and state.streak.count < node.max_failures


def _until_ms(now: Moment, node: Passing) -> int:
    """The end of the present try, or of the run's own time."""
    last = ends_ms(now.flow, now.state)
    return min(now.deadline_ms(node.timeout_s) or last, last)


def _parts_or_call(now: Moment, node: Passing) -> e.Event | Command:
    """What was chosen: the call, or the parts that it runs in."""
    if now.state.joining:
        joining = now.state.joining
        return JoinParts(call=joining.call, runs=joining.runs, until_ms=_until_ms(now, node))
    assert isinstance(now.state.pending, CallTool)
    return _call(now, now.state.pending)


def _call(now: Moment, call: CallTool) -> e.Event | CallTool:
    """The call itself, or the request that must be answered first."""
    if now.may_run(call):
        return call
    changes = ", ".join(f"{name}={value!r}" for name, value in call.args.items())
    request = now.request("approval", f"Run {call.tool}({changes})?", call=call)
    return e.ApprovalRequested(seq=now.seq, at_ms=now.at_ms, request=request)


def _given_up(now: Moment, node: DecideNode) -> e.Event:
    """What follows when the chat model is not asked again."""
    state = now.state
    assert state.streak is not None
    if node.on_error:
        return now.enter(node.on_error)
    kind, count = state.streak.kind, state.streak.count
    if POLICIES[kind].remedy is Remedy.FAIL:
        return now.end(state.errors[-1])
    times = "1 failure" if count == 1 else f"{count} failures in a row"
    question = f"{times} ({kind}): {state.errors[-1].message}. What should be done?"
    request = now.request("escalation", question)
    return e.QuestionAsked(seq=now.seq, at_ms=now.at_ms, request=request)
