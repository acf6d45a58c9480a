"""The runs that `map` and `subflow` nodes begin: how each begins, and how the node waits for them."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.commands import BeginRuns, Command, JoinRuns
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, RunsBegun, RunStarted
from fluxagents.flows.language.node_base import ChildRunNode
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.trace_context import pass_on


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """One run to begin."""

    inputs: dict[str, JsonValue]
    model: str | None
    """What the flow calls the model; None for the parent's."""


def on_child_runs(context: NodeContext, node: ChildRunNode) -> Event | Command:
    """The runs of the node, the wait for them, or the way on."""
    state = context.state
    if state.outcome == "joined":
        return context.enter(node.next)
    if state.begun is None:
        return BeginRuns(node=state.node)
    return JoinRuns(node=state.node, runs=state.begun.runs, until_ms=context.last_ms(node.timeout_s))


def evaluate_model(context: NodeContext, expression: str | None, **more: JsonValue) -> str | None:
    """What the flow calls the model of a run; None where it leaves the parent's.

    Raises:
        FluxError: `BAD_FLOW` if it is no text.
    """
    if expression is None:
        return None
    model = context.evaluate(expression, **more)
    if not isinstance(model, str):
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"node {context.state.node!r}: model {expression!r} is {model!r:.80}, "
            "expected a name or a digest",
        )
    return model


def start_children(state: RunState, begun: RunsBegun) -> list[RunStarted]:
    """How the runs begin.

    Args:
        state: The run before it began them.
        begun: What was decided.
    """
    return [
        RunStarted(
            seq=0,
            at_ms=begun.at_ms,
            run_id=run.run_id,
            session=state.run_id,
            flow=begun.flow,
            start_node=begun.start_node,
            inputs=run.inputs,
            model=run.model,
            model_name=run.model_name,
            lane=state.lane,
            parent=state.run_id,
            unverified=state.unverified,
            requester=state.requester,
            trace=pass_on(state.trace, state.run_id, begun.seq),
        )
        for run in begun.runs
    ]
