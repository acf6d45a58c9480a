"""`wait`: waits for a time or a named event."""

from __future__ import annotations

from datetime import datetime

from fluxagents.flows import events as e
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.timeouts import time_out
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.facts import extract_facts
from fluxagents.flows.language.nodes import WaitNode


def on_wait(context: NodeContext, node: WaitNode) -> e.Event:
    """The beginning of the wait, its end by an event that came before, or the way on."""
    state = context.state
    if state.outcome == "waited":
        return context.enter(node.next)
    if state.outcome == "expired":
        return time_out(context, node)
    if node.event is not None and node.event in state.signals:
        return end_by_event(context, node)
    until_ms = context.deadline_ms(node.timeout_s) if node.event else _until_ms(context, node)
    return e.WaitStarted(
        seq=context.seq, at_ms=context.at_ms, node=state.node, until_ms=until_ms, event=node.event or ""
    )


def end_by_event(context: NodeContext, node: WaitNode) -> e.WaitEnded:
    """The end of a wait whose event has come."""
    assert node.event is not None
    data = context.state.signals[node.event]
    facts = extract_facts(context.flow, context.state.node, node.facts, data, what=f"event {node.event!r}")
    return e.WaitEnded(seq=context.seq, at_ms=context.at_ms, node=context.state.node, by="event", facts=facts)


def _until_ms(context: NodeContext, node: WaitNode) -> int:
    if node.for_s is not None:
        seconds = context.fill_value(node.for_s)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise FluxError(
                ErrorClass.BAD_FLOW,
                f"node {context.state.node!r} waits for {seconds!r} seconds",
                suggestions=("for_s is a number of seconds, or an expression that gives one",),
            )
        return context.at_ms + round(seconds * 1_000)
    until = context.fill_value(node.until)
    try:
        time = datetime.fromisoformat(str(until))
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"node {context.state.node!r} waits until {until!r}, which is no time with its offset",
            suggestions=("for example 2026-12-01T06:00:00+01:00",),
        )
    return round(time.timestamp() * 1_000)
