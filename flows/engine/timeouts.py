"""What follows when a node has taken too long."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.node_base import ActivityNode, WaitingNode


def time_out(context: NodeContext, node: WaitingNode) -> e.Event:
    """Where a node leads that waited and nothing came."""
    target = node.late_target or node.on_error
    if target:
        return context.enter(target)
    time = f"{node.timeout_s:g} s" if node.timeout_s is not None else "for an answer"
    message = f"node {context.state.node!r} waited {time} and nothing came"
    return context.end(FluxError(ErrorClass.TIMEOUT, message))


def find_overrun(context: NodeContext, node: ActivityNode) -> e.Event | None:
    """The failure of a node whose present try has taken its time, unless something has just come of it."""
    # The time of a node that waits ends with its request or its wait.
    works = not isinstance(node, WaitingNode) and context.state.outcome in {None, "told", "failed"}
    if node.timeout_s is None or not works or context.at_ms < context.deadline_ms(node.timeout_s):
        return None
    message = f"node {context.state.node!r} took longer than {node.timeout_s:g} s"
    return context.fail(FluxError(ErrorClass.TIMEOUT, message))
