"""`tool`: calls one tool."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.tool_calls import continue_call, request_call
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.nodes import ToolNode


def on_tool(context: NodeContext, node: ToolNode) -> e.Event | Command:
    """The call of the node, an approval that it needs, or the way on."""
    state = context.state
    if state.outcome == "tool":
        return context.enter(node.next)
    if state.outcome == "expired" and node.late_target:
        return context.enter(node.late_target)
    if state.outcome == "rejected":
        if node.on_error:
            return context.enter(node.on_error)
        return context.end(FluxError(ErrorClass.PERMISSION, state.notes[-1].text))
    pending = continue_call(context, node.timeout_s)
    if pending is not None:
        return pending
    return request_call(context, CallTool(tool=node.tool, args=context.fill_arguments(node.args)))
