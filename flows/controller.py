"""The one place that decides what happens next. Pure: a flow and a state in, events and a command out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, assert_never

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.budget import ends_ms, overdrawn
from fluxagents.flows.catalog import ToolFacts
from fluxagents.flows.commands import (
    AskHuman,
    CallTool,
    Command,
    Decide,
    Expire,
    JoinParts,
    NotifyHuman,
    call_digest,
)
from fluxagents.flows.definition import (
    ApproveNode,
    BranchNode,
    DecideNode,
    EndNode,
    Flow,
    ToolNode,
    flow_from_mapping,
)
from fluxagents.flows.errors import POLICIES, ErrorClass, FluxError, Remedy
from fluxagents.flows.expressions import evaluate, names_in
from fluxagents.flows.reducer import reduce
from fluxagents.flows.retries import pause_ms, retries_left
from fluxagents.flows.state import RunState, Streak
from fluxagents.flows.validation import problems_of

MAX_WALK = 1_000
"""Pure nodes that one walk may pass: more is a cycle without an effect."""


Act = Callable[[Command, RunState], Sequence[e.Event]]
"""Carries out a command and says what happened."""


class FlowController:
    """Walks one flow.

    Args:
        flow: The definition, as an object or as plain data.
        tools: The tools that exist, by name.

    Raises:
        FluxError: If the definition is no flow.
    """

    def __init__(
        self, flow: Flow | Mapping[str, Any], *, tools: Mapping[str, ToolFacts] | None = None
    ) -> None:
        self.flow = flow if isinstance(flow, Flow) else flow_from_mapping(flow)
        self.tools = tools or {}

    def validate_flow(self) -> list[str]:
        """What is wrong with the definition, a sentence each; empty when it can run."""
        return problems_of(self.flow, self.tools)

    def get_next_step(self, state: RunState) -> str | None:
        """The node that the run stands at, or None when it has ended."""
        return None if state.ended else state.node

    def execute_flow(self, state: RunState, act: Act) -> tuple[RunState, tuple[e.Event, ...]]:
        """Run the flow in this process until it ends or waits for a human.

        Args:
            state: Where to begin.
            act: Carries out each command.

        Returns:
            The last state and all events from `state` to it.
        """
        state, walked, command = self.advance(state, seq=state.seq - 1, at_ms=state.updated_ms)
        history = list(walked)
        while command is not None and not isinstance(command, Expire):
            happened = act(command, state)
            state, walked, command = self.advance(
                state, seq=state.seq, at_ms=happened[-1].at_ms, after=happened
            )
            history += walked
        return state, tuple(history)

    def advance(
        self, state: RunState, *, seq: int, at_ms: int, after: Sequence[e.Event] = ()
    ) -> tuple[RunState, tuple[e.Event, ...], Command | None]:
        """Fold what happened and walk on to the next command.

        Args:
            state: The state before.
            seq: The step that these events belong to.
            at_ms: When, as Unix time in ms.
            after: What the step's effect gave.

        Returns:
            The state after, all events in order, and the command that comes next: `Expire` when the run
            waits or is paused, None when it has ended.
        """
        history = list(after)
        for event in after:
            state = reduce(state, event)
        for _ in range(MAX_WALK):
            event_or_command = self._next(state, seq, at_ms)
            if not isinstance(event_or_command, e.EventBase):
                return state, tuple(history), event_or_command
            history.append(event_or_command)
            state = reduce(state, event_or_command)
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"flow {self.flow.flow!r} passes {MAX_WALK} nodes without a step, last {state.node!r}",
        )

    def command(self, state: RunState) -> Command | None:
        """The command that a settled state calls for; None when the run has ended."""
        found = self._next(state, state.seq, state.updated_ms)
        return None if isinstance(found, e.EventBase) else found

    def facts(self, state: RunState, summary: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The facts that the present node takes from a tool's summary."""
        node = self.flow.nodes[state.node]
        if not isinstance(node, ToolNode):
            return {}
        return {fact: _at_path(summary, path) for fact, path in node.facts.items()}

    def _next(self, state: RunState, seq: int, at_ms: int) -> e.Event | Command | None:
        if state.status != "running":
            return self._at_rest(state)
        spent = overdrawn(self.flow, state, at_ms)
        if spent is not None:
            return e.RunFailed(seq=seq, at_ms=at_ms, node=state.node, error=spent.info(state.node))
        if state.outcome == "failed" and state.streak and retries_left(state.streak.kind, state.streak.count):
            return self._retry(state, state.streak, seq, at_ms)
        return self._at_node(state, seq, at_ms)

    def _retry(self, state: RunState, streak: Streak, seq: int, at_ms: int) -> e.RetryScheduled:
        pause = pause_ms(streak.kind, streak.count, f"{state.run_id}.{seq}")
        return e.RetryScheduled(
            seq=seq,
            at_ms=at_ms,
            node=state.node,
            call=state.failed_call,
            failures=streak.count,
            not_before_ms=at_ms + pause,
        )

    def _at_node(self, state: RunState, seq: int, at_ms: int) -> e.Event | Command:
        if state.joining:
            return JoinParts(call=state.joining.call, runs=state.joining.runs)
        node = self.flow.nodes[state.node]
        if isinstance(node, ToolNode):
            return self._at_tool(state, node, seq, at_ms)
        if isinstance(node, DecideNode):
            return self._at_decide(state, node, seq, at_ms)
        if isinstance(node, BranchNode):
            return self._at_branch(state, node, seq, at_ms)
        if isinstance(node, ApproveNode):
            return self._at_approve(state, node, seq, at_ms)
        if isinstance(node, EndNode):
            return self._at_end(state, node, seq, at_ms)
        assert_never(node)

    def _at_rest(self, state: RunState) -> NotifyHuman | Expire | None:
        if state.status not in {"waiting", "paused"}:
            return None
        request = state.waiting_for if state.status == "waiting" else None
        if request and not state.notified:
            return NotifyHuman(request_id=request.id)
        last = ends_ms(self.flow, state)
        return Expire(at_ms=min(request.deadline_ms, last) if request and request.deadline_ms else last)

    def expired(self, state: RunState, at_ms: int) -> e.Event:
        """What becomes of a run that waits or is paused when its time is over.

        Args:
            state: The run.
            at_ms: Now, at least the time that the command named (Unix time in ms).
        """
        spent = overdrawn(self.flow, state, at_ms)
        if spent is not None:
            return e.RunFailed(seq=state.seq, at_ms=at_ms, node=state.node, error=spent.info(state.node))
        assert state.waiting_for is not None
        return e.RequestExpired(seq=state.seq, at_ms=at_ms, request_id=state.waiting_for.id)

    def _at_tool(self, state: RunState, node: ToolNode, seq: int, at_ms: int) -> e.Event | Command:
        if state.outcome == "tool":
            return e.NodeEntered(seq=seq, at_ms=at_ms, node=node.next)
        if state.outcome in {"failed", "rejected"}:
            if node.on_error:
                return e.NodeEntered(seq=seq, at_ms=at_ms, node=node.on_error)
            return self._failed_tool(state, seq, at_ms)
        if isinstance(state.pending, CallTool):
            return self._call(state, state.pending, seq, at_ms)
        args = {name: self._computed(value, state) for name, value in node.args.items()}
        call = CallTool(
            tool=node.tool, args={name: value for name, value in args.items() if value is not None}
        )
        return self._call(state, call, seq, at_ms)

    def _call(self, state: RunState, call: CallTool, seq: int, at_ms: int) -> e.Event | CallTool:
        """The call itself, or the request that must be answered first."""
        if not self.needs_approval(call.tool) or state.approved == self.digest(state, call):
            return call
        changes = ", ".join(f"{name}={value!r}" for name, value in call.args.items())
        request = self._request(state, "approval", f"Run {call.tool}({changes})?", call=call)
        return e.ApprovalRequested(seq=seq, at_ms=at_ms, request=request)

    def _at_decide(self, state: RunState, node: DecideNode, seq: int, at_ms: int) -> e.Event | Command:
        if state.outcome in {"answer", "budget"}:
            return e.NodeEntered(seq=seq, at_ms=at_ms, node=node.next)
        if isinstance(state.pending, CallTool):
            return self._call(state, state.pending, seq, at_ms)
        if isinstance(state.pending, AskHuman):
            request = self._request(state, "question", state.pending.question)
            return e.QuestionAsked(seq=seq, at_ms=at_ms, request=request)
        if state.streak and state.outcome == "failed":
            remedy = POLICIES[state.streak.kind].remedy
            if remedy is not Remedy.ASK_MODEL or state.streak.count >= node.max_failures:
                return self._given_up(state, state.streak, seq, at_ms)
        if state.steps_at_node >= node.max_steps:
            return e.BudgetSpent(seq=seq, at_ms=at_ms, node=state.node, steps=state.steps_at_node)
        left = node.max_steps - state.steps_at_node
        return Decide(
            node=state.node,
            prompt=node.prompt,
            tools=node.tools,
            steps_left=left,
            hypotheses=node.hypotheses,
        )

    def _given_up(self, state: RunState, streak: Streak, seq: int, at_ms: int) -> e.Event:
        """What follows when the chat model is not asked again."""
        if POLICIES[streak.kind].remedy is Remedy.FAIL:
            return e.RunFailed(seq=seq, at_ms=at_ms, node=state.node, error=state.errors[-1])
        times = "1 failure" if streak.count == 1 else f"{streak.count} failures in a row"
        question = f"{times} ({streak.kind}): {state.errors[-1].message}. What should be done?"
        request = self._request(state, "escalation", question)
        return e.QuestionAsked(seq=seq, at_ms=at_ms, request=request)

    def _at_branch(self, state: RunState, node: BranchNode, seq: int, at_ms: int) -> e.Event:
        names = self._names(state)
        seen: dict[str, JsonValue] = {}
        for case in node.cases:
            seen |= {name: names.get(name) for name in names_in(case.when)}
            if evaluate(case.when, names):
                return e.BranchTaken(
                    seq=seq, at_ms=at_ms, node=state.node, to=case.to, because=case.when, seen=seen
                )
        return e.BranchTaken(
            seq=seq, at_ms=at_ms, node=state.node, to=node.otherwise, because="otherwise", seen=seen
        )

    def _at_approve(self, state: RunState, node: ApproveNode, seq: int, at_ms: int) -> e.Event:
        if state.outcome == "approved":
            return e.NodeEntered(seq=seq, at_ms=at_ms, node=node.next)
        if state.outcome == "rejected":
            return e.NodeEntered(seq=seq, at_ms=at_ms, node=node.on_reject)
        if state.outcome == "expired":
            return e.NodeEntered(seq=seq, at_ms=at_ms, node=node.on_timeout or node.on_reject)
        request = self._request(state, "approval", node.question)
        if node.within_s is not None:
            deadline_ms = at_ms + round(node.within_s * 1_000)
            request = request.model_copy(update={"deadline_ms": deadline_ms})
        return e.ApprovalRequested(seq=seq, at_ms=at_ms, request=request)

    def _at_end(self, state: RunState, node: EndNode, seq: int, at_ms: int) -> e.Event:
        if node.outcome == "finished":
            answer = flagged(state.answer, state.untraced) if state.answer else node.message
            return e.RunFinished(seq=seq, at_ms=at_ms, node=state.node, answer=answer)
        message = node.message or (
            state.notes[-1].text if state.notes else f"the flow ends at {state.node!r}"
        )
        error = FluxError(ErrorClass.INFEASIBLE, message).info(state.node)
        return e.RunFailed(seq=seq, at_ms=at_ms, node=state.node, error=error)

    def _failed_tool(self, state: RunState, seq: int, at_ms: int) -> e.RunFailed:
        if state.outcome == "failed":
            error = state.errors[-1]
        else:
            error = FluxError(ErrorClass.PERMISSION, state.notes[-1].text).info(state.node)
        return e.RunFailed(seq=seq, at_ms=at_ms, node=state.node, error=error)

    def needs_approval(self, tool: str) -> bool:
        """Whether a human must agree before the tool runs; an unknown tool always asks."""
        return tool not in self.tools or self.tools[tool].needs_approval

    def digest(self, state: RunState, call: CallTool) -> str:
        """What an approval of this call is bound to."""
        return call_digest(call.tool, call.args, state.model)

    def _request(
        self, state: RunState, kind: Any, question: str, *, call: CallTool | None = None
    ) -> e.HumanRequest:
        shown = self.digest(state, call) if call else hashlib.sha256(question.encode()).hexdigest()
        return e.HumanRequest(
            id=f"{state.run_id}.{state.seq}",
            kind=kind,
            node=state.node,
            question=question,
            call=call,
            digest=shown,
        )

    def _names(self, state: RunState) -> dict[str, JsonValue]:
        return {
            **dict.fromkeys(self.flow.inputs),
            **dict.fromkeys(_facts_of(self.flow)),
            **state.inputs,
            **state.facts,
        }

    def _computed(self, value: JsonValue, state: RunState) -> JsonValue:
        if isinstance(value, str) and value.startswith("="):
            found: JsonValue = evaluate(value[1:], self._names(state))
            return found
        return value


def flagged(answer: str, untraced: Sequence[str]) -> str:
    """An answer that says itself which of its numbers cannot be relied on."""
    if not untraced:
        return answer
    numbers = ", ".join(untraced)
    return f"{answer}\n\nNot traced to any result, input or human of this run, so do not rely on: {numbers}."


def _facts_of(flow: Flow) -> list[str]:
    return [fact for node in flow.nodes.values() if isinstance(node, ToolNode) for fact in node.facts]


def _at_path(document: Mapping[str, JsonValue], path: str) -> JsonValue:
    """The value at a dotted path, or None where the path leads nowhere."""
    found: JsonValue = dict(document)
    for part in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found
