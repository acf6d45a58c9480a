"""The ends of runs of which only that is known: as a scenario tells them."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.errors import ErrorInfo, nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import MapNode, SubflowNode
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.flows.testing.scenario import ChildRun, ScenarioError


def refused_at_once(started: e.RunStarted, error: ErrorInfo) -> RunState:
    """A run that has failed when it begins."""
    failed = e.RunFailed(seq=0, at_ms=started.at_ms, node=started.start_node, error=error)
    return reduce(reduce(None, started), failed)


def told(
    node: MapNode | SubflowNode, flow: Flow, started: e.RunStarted, stated: ChildRun, ends: int
) -> RunState:
    """The end of a run of which only that is known."""
    state = reduce(None, started)
    if stated.never:
        return state
    if stated.error is not None:
        error = stated.error.error().info(flow.start)
        return reduce(state, e.RunFailed(seq=1, at_ms=ends, node=flow.start, error=error))
    known = list(node.fact_sources) if isinstance(node, MapNode) and node.tool else list(flow.fact_names)
    for fact in stated.facts or {}:
        if fact not in known:
            raise ScenarioError(
                f"a run of flow {flow.flow!r} finds no fact {fact!r}",
                suggestions=(*nearest(fact, known), f"its facts: {', '.join(known) or 'none'}"),
            )
    facts: dict[str, Any] = {"facts": stated.facts or {}, "model": stated.new_model or state.model}
    found = state.model_copy(update=facts)
    return reduce(found, e.RunFinished(seq=1, at_ms=ends, node=flow.start, answer=stated.answer or ""))


def computed(context: NodeContext, case: ChildRun, more: dict[str, JsonValue]) -> ChildRun:
    """The case for one item, with its expressions computed."""
    values = {
        field: context.fill_value(getattr(case, field), **more)
        for field in ("summary", "facts", "answer")
        if getattr(case, field) is not None
    }
    return case.model_copy(update=values)
