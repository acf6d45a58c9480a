"""The one place that decides what happens next. Pure: a flow and a state in, events and a command out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command, Expire, NotifyHuman
from fluxagents.flows.engine.budget import overdrawn
from fluxagents.flows.engine.children import ChildPlan, child_plans
from fluxagents.flows.engine.node_context import Moment
from fluxagents.flows.engine.retries import pause_after, tried_again
from fluxagents.flows.engine.waiting_nodes import at_approve, at_ask, at_rest, at_wait, expired
from fluxagents.flows.engine.working_nodes import at_decide, at_start, at_tool
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.expressions import evaluate
from fluxagents.flows.language.facts import facts_from
from fluxagents.flows.language.inputs import checked_facts, from_text
from fluxagents.flows.language.nodes import (
    ApproveNode,
    AskNode,
    BranchNode,
    DecideNode,
    EndNode,
    MapNode,
    Passing,
    SubflowNode,
    ToolNode,
    WaitNode,
)
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.language.validation import problems_of
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState

MAX_WALK = 1_000
"""Pure nodes that one walk may pass: more is a cycle without an effect."""


Act = Callable[[Command, RunState], Sequence[e.Event]]
"""Carries out a command and says what happened."""


class FlowController:
    """Walks one flow.

    Args:
        flow: The definition, as an object or as plain data.
        tools: The tools that exist, by name.
        prompts: The prompts that exist; None to leave them unchecked.
        flows: The flows that exist, for those that run others; None to leave them unchecked.

    Raises:
        FluxError: If the definition is no flow.
    """

    def __init__(
        self,
        flow: Flow | Mapping[str, Any],
        *,
        tools: Mapping[str, ToolFacts] | None = None,
        prompts: Collection[str] | None = None,
        flows: Mapping[str, Flow] | None = None,
    ) -> None:
        self.flow = flow if isinstance(flow, Flow) else flow_from_mapping(flow)
        self.tools = tools or {}
        self._prompts = prompts
        self._flows = flows

    def validate_flow(self) -> list[str]:
        """What is wrong with the definition, a sentence each; empty when it can run."""
        found = problems_of(self.flow, self.tools, prompts=self._prompts, flows=self._flows)
        return [str(problem) for problem in found]

    def get_next_step(self, state: RunState) -> str | None:
        """The node that the run stands at, or None when it has ended."""
        return None if state.ended else state.node

    def execute_flow(self, state: RunState, act: Act) -> tuple[RunState, tuple[e.Event, ...]]:
        """Run the flow in this process until it ends or waits for somebody.

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
        """The facts that the present node takes from a tool's summary.

        Raises:
            FluxError: `BAD_FLOW` if one is not there or of another type than declared.
        """
        node = self.flow.nodes[state.node]
        if not isinstance(node, ToolNode):
            return {}
        return facts_from(self.flow, state.node, node.facts, summary, what=f"the summary of {node.tool}")

    def facts_of_answer(self, state: RunState, answer: str) -> dict[str, JsonValue]:
        """The typed fact that a human's answer to an `ask` node is; none at any other node.

        Raises:
            FluxError: `BAD_ARGUMENT` if the answer has not the declared type, or is none of the choices.
        """
        node = self.flow.nodes[state.node]
        if not isinstance(node, AskNode):
            return {}
        spec = self.flow.facts.get(node.fact)
        return {node.fact: from_text(answer, spec.type if spec else "string", choices=node.choices)}

    def joined_facts(self, state: RunState, found: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The facts that the runs of the present node gave, if they have the types that are declared.

        Raises:
            FluxError: `BAD_FLOW` if one has not.
        """
        return checked_facts(self.flow, found, where=state.node)

    def plans(self, state: RunState) -> tuple[MapNode | SubflowNode, list[ChildPlan]]:
        """The runs that the present node begins.

        Raises:
            FluxError: `BAD_FLOW` if they cannot be computed.
        """
        now = self._at(state, state.seq, state.updated_ms)
        node = now.node
        assert isinstance(node, MapNode | SubflowNode)
        return node, child_plans(now, node)

    def time_limit_s(self, state: RunState) -> float | None:
        """The longest that the next step may take by the flow; None for the limits of its task."""
        node = self.flow.nodes[state.node]
        if not isinstance(node, ToolNode) or node.timeout_s is None or node.tool not in self.tools:
            return None
        return node.timeout_s if node.timeout_s < self.tools[node.tool].time_limit_s else None

    def expired(self, state: RunState, at_ms: int) -> e.Event:
        """What becomes of a run that waits or is paused when its time is over.

        Args:
            state: The run.
            at_ms: Now, at least the time that the command named (Unix time in ms).
        """
        return expired(self._at(state, state.seq, at_ms))

    def may_run(self, state: RunState, call: CallTool) -> bool:
        """Whether a call needs no approval or has one, of exactly this."""
        return self._at(state, state.seq, state.updated_ms).may_run(call)

    def digest(self, state: RunState, call: CallTool) -> str:
        """What an approval of this call is bound to."""
        return self._at(state, state.seq, state.updated_ms).digest(call)

    def _at(self, state: RunState, seq: int, at_ms: int) -> Moment:
        return Moment(self.flow, self.tools, state, seq, at_ms)

    def _next(self, state: RunState, seq: int, at_ms: int) -> e.Event | Command | None:
        now = self._at(state, seq, at_ms)
        try:
            found = self._at_node(now) if state.status == "running" else at_rest(now)
        except FluxError as error:
            if error.kind is not ErrorClass.BAD_FLOW or isinstance(now.node, EndNode):
                raise
            return now.fail(error)
        idle = found is None or isinstance(found, e.EventBase | NotifyHuman | Expire)
        if state.stepwise and not state.cleared and not idle:
            return e.RunPaused(seq=seq, at_ms=at_ms, by="step by step")
        return found

    def _at_node(self, now: Moment) -> e.Event | Command:
        spent = overdrawn(now.flow, now.state, now.at_ms)
        if spent is not None:
            return now.end(spent.info(now.state.node))
        node = now.node
        if isinstance(node, EndNode):
            return _ended(now, node)
        if now.state.outcome in {"failed", "broken", "expired"}:
            found = _after_failure(now, node)
            if found is not None:
                return found
        if isinstance(node, BranchNode):
            return _branched(now, node)
        return _passed_by(now, node) or _too_long(now, node) or _doing(now, node)


def _after_failure(now: Moment, node: Passing | BranchNode) -> e.Event | None:
    """A retry, the way that is meant for failures, or the end; None where the node knows what follows."""
    state = now.state
    retry = node.retry if isinstance(node, Passing) else None
    if tried_again(state, retry):
        pause = pause_after(state, retry, key=f"{state.first_id or state.run_id}.{now.seq}")
        return e.RetryScheduled(
            seq=now.seq,
            at_ms=now.at_ms,
            node=state.node,
            call=state.failed_call,
            failures=state.streak.count if state.streak and not retry else state.failures_at_node,
            not_before_ms=now.at_ms + pause,
        )
    if state.outcome == "expired" or (isinstance(node, DecideNode) and state.outcome == "failed"):
        return None
    return now.enter(node.on_error) if node.on_error else now.end(state.errors[-1])


def _passed_by(now: Moment, node: Passing) -> e.Event | None:
    """What keeps a run that has just come from doing anything here."""
    state = now.state
    if not state.has_just_arrived:
        return None
    visits = state.visits.get(state.node, 1)
    if node.max_visits is not None and visits > node.max_visits:
        message = f"node {state.node!r} was reached {visits} times; max_visits allows {node.max_visits}"
        return now.fail(FluxError(ErrorClass.BUDGET, message))
    if node.when is not None and not now.value(node.when):
        return e.NodeSkipped(
            seq=now.seq,
            at_ms=now.at_ms,
            node=state.node,
            to=node.next,
            because=node.when,
            seen=now.seen(node.when),
        )
    return None


def _too_long(now: Moment, node: Passing) -> e.Event | None:
    """The failure of a node whose present try has taken its time, unless something has just come of it."""
    # A human's time ends with the request, and that of a wait with the wait.
    waits = isinstance(node, ApproveNode | AskNode | WaitNode)
    working = not waits and now.state.outcome in {None, "told", "failed"}
    if node.timeout_s is None or not working or now.at_ms < now.deadline_ms(node.timeout_s):
        return None
    message = f"node {now.state.node!r} took longer than {node.timeout_s:g} s"
    return now.fail(FluxError(ErrorClass.TIMEOUT, message))


def _doing(now: Moment, node: Passing) -> e.Event | Command:
    if isinstance(node, ToolNode):
        return at_tool(now, node)
    if isinstance(node, DecideNode):
        return at_decide(now, node)
    if isinstance(node, ApproveNode):
        return at_approve(now, node)
    if isinstance(node, AskNode):
        return at_ask(now, node)
    if isinstance(node, WaitNode):
        return at_wait(now, node)
    assert isinstance(node, MapNode | SubflowNode)
    return at_start(now, node)


def _branched(now: Moment, node: BranchNode) -> e.BranchTaken:
    names = now.names()
    seen: dict[str, JsonValue] = {}
    to, because = node.otherwise, "otherwise"
    for case in node.cases:
        seen |= now.seen(case.when)
        if evaluate(case.when, names):
            to, because = case.to, case.when
            break
    return e.BranchTaken(seq=now.seq, at_ms=now.at_ms, node=now.state.node, to=to, because=because, seen=seen)


def flagged(answer: str, untraced: Sequence[str]) -> str:
    """An answer that says itself which of its numbers cannot be relied on."""
    if not untraced:
        return answer
    numbers = ", ".join(untraced)
    return f"{answer}\n\nNot traced to any result, input or human of this run, so do not rely on: {numbers}."


def _ended(now: Moment, node: EndNode) -> e.Event:
    state = now.state
    if node.outcome == "finished":
        answer = flagged(state.answer, state.untraced) if state.answer else now.text(node.message)
        return e.RunFinished(seq=now.seq, at_ms=now.at_ms, node=state.node, answer=answer)
    said = state.notes[-1].text if state.notes else f"the flow ends at {state.node!r}"
    error = FluxError(ErrorClass.INFEASIBLE, now.text(node.message) or said)
    return now.end(error.info(state.node))
