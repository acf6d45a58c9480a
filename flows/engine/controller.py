"""The one place that decides what happens next. Pure: a flow and a state in, events and a command out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command, ComputeEffect, Expire, Explain, NotifyHuman
from fluxagents.flows.engine.budget import check_budget
from fluxagents.flows.engine.children import ChildPlan
from fluxagents.flows.engine.kinds.ask import parse_answer
from fluxagents.flows.engine.kinds.table import NODE_KINDS, NodeKind
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.retries import compute_pause_ms, should_retry
from fluxagents.flows.engine.timeouts import find_overrun
from fluxagents.flows.engine.waiting_runs import on_expiry, on_waiting
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.facts import extract_facts
from fluxagents.flows.language.node_base import ActivityNode, ChildRunNode
from fluxagents.flows.language.nodes import AnswerNode, BranchNode, EndNode, MapNode, SubflowNode, ToolNode
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.language.validation import find_problems
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
        self._value_names = self.flow.value_names

    def validate_flow(self) -> list[str]:
        """What is wrong with the definition, a sentence each; empty when it can run."""
        problems = find_problems(self.flow, self.tools, prompts=self._prompts, flows=self._flows)
        return [str(problem) for problem in problems]

    def get_next_step(self, state: RunState) -> str | None:
        """The node that the run stands at, or None when it has ended."""
        return None if state.has_ended else state.node

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
        """The command that a committed state calls for; None when the run has ended."""
        following = self._next(state, state.seq, state.updated_ms)
        return None if isinstance(following, e.EventBase) else following

    def next_command(self, state: RunState) -> Command | None:
        """What a run does next; of a paused one what it does once it goes on."""
        going_on = {"status": state.paused_from or state.status, "cleared": True}
        return self.command(state.model_copy(update=going_on))

    def extract_facts(self, state: RunState, summary: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The facts that the present node takes from a tool's summary.

        Raises:
            FluxError: `BAD_FLOW` if one is not there or of another type than declared.
        """
        node = self.flow.nodes[state.node]
        if not isinstance(node, ToolNode):
            return {}
        return extract_facts(self.flow, state.node, node.facts, summary, what=f"the summary of {node.tool}")

    def parse_answer(self, state: RunState, answer: str) -> dict[str, JsonValue]:
        """The typed fact that a human's answer to an `ask` or `consult` node is; none at any other node.

        Raises:
            FluxError: `BAD_ARGUMENT` if the answer has not the declared type, or is none of the choices.
        """
        node = self.flow.nodes[state.node]
        if not isinstance(node, AnswerNode):
            return {}
        return parse_answer(self.flow, node, answer)

    def plan_runs(self, state: RunState) -> tuple[MapNode | SubflowNode, list[ChildPlan]]:
        """The runs that the present node begins.

        Raises:
            FluxError: `BAD_FLOW` if they cannot be computed.
        """
        context = self._context(state, state.seq, state.updated_ms)
        node = context.node
        plan = NODE_KINDS[node.kind].plan_runs
        assert plan is not None
        assert isinstance(node, ChildRunNode)
        return node, plan(context, node)

    def time_limit_s(self, state: RunState) -> float | None:
        """The longest that the next step may take by the flow; None for the limits of its task."""
        node = self.flow.nodes[state.node]
        if not isinstance(node, ToolNode) or node.timeout_s is None or node.tool not in self.tools:
            return None
        return node.timeout_s if node.timeout_s < self.tools[node.tool].time_limit_s else None

    def on_expiry(self, state: RunState, at_ms: int) -> e.Event:
        """What becomes of a run that waits or is paused when its time is over.

        Args:
            state: The run.
            at_ms: Now, at least the time that the command named (Unix time in ms).
        """
        return on_expiry(self._context(state, state.seq, at_ms))

    def may_run(self, state: RunState, call: CallTool) -> bool:
        """Whether a call needs no approval or has one, of exactly this."""
        return self._context(state, state.seq, state.updated_ms).may_run(call)

    def _context(self, state: RunState, seq: int, at_ms: int) -> NodeContext:
        return NodeContext(self.flow, self.tools, state, seq, at_ms, self._value_names)

    def _next(self, state: RunState, seq: int, at_ms: int) -> e.Event | Command | None:
        context = self._context(state, seq, at_ms)
        try:
            following = _leave_node(context) if state.status == "running" else on_waiting(context)
        except FluxError as error:
            if error.kind is not ErrorClass.BAD_FLOW or isinstance(context.node, EndNode):
                raise
            return context.fail(error)
        if state.stepwise and not state.cleared and following is not None and _is_halting(following):
            return e.RunPaused(seq=seq, at_ms=at_ms, by="step by step")
        return following


def _is_halting(following: e.Event | Command) -> bool:
    """Whether a run that goes step by step pauses before this: a worker computes a part of the answer."""
    return not isinstance(following, e.EventBase | ComputeEffect | Explain | NotifyHuman | Expire)


def _leave_node(context: NodeContext) -> e.Event | Command:
    """What follows at the node of a run that goes on."""
    error = check_budget(context.flow, context.state, context.at_ms)
    if error is not None:
        return context.end(error)
    node = context.node
    kind = NODE_KINDS[node.kind]
    event: e.Event | None = None
    if not isinstance(node, EndNode) and context.state.outcome in {"failed", "broken", "expired"}:
        event = _follow_failure(context, node, kind)
    if event is None and isinstance(node, ActivityNode):
        event = _check_arrival(context, node) or find_overrun(context, node)
    return event or kind.transition(context, node)


def _follow_failure(context: NodeContext, node: ActivityNode | BranchNode, kind: NodeKind) -> e.Event | None:
    """A retry, the way that is meant for failures, or the end; None where the node knows what follows."""
    state = context.state
    retry = node.retry if isinstance(node, ActivityNode) else None
    if should_retry(state, retry):
        pause_ms = compute_pause_ms(state, retry, key=f"{state.first_id or state.run_id}.{context.seq}")
        return e.RetryScheduled(
            seq=context.seq,
            at_ms=context.at_ms,
            node=state.node,
            call=state.failed_call,
            failures=state.streak.count if state.streak and not retry else state.failures_at_node,
            not_before_ms=context.at_ms + pause_ms,
        )
    if state.outcome == "expired" or (kind.handles_failures and state.outcome == "failed"):
        return None
    return context.enter(node.on_error) if node.on_error else context.end(state.errors[-1])


def _check_arrival(context: NodeContext, node: ActivityNode) -> e.Event | None:
    """What keeps a run that has just arrived from doing anything here."""
    state = context.state
    if not state.has_just_arrived:
        return None
    visits = state.visits.get(state.node, 1)
    if node.max_visits is not None and visits > node.max_visits:
        message = f"node {state.node!r} was reached {visits} times; max_visits allows {node.max_visits}"
        return context.fail(FluxError(ErrorClass.BUDGET, message))
    if node.when is not None and not context.evaluate(node.when):
        return e.NodeSkipped(
            seq=context.seq,
            at_ms=context.at_ms,
            node=state.node,
            to=node.next,
            because=node.when,
            seen=context.values_in(node.when),
        )
    return None
