"""The calls of `tool` and `decide` nodes: split into shards, held for an approval, or run."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command, ComputeEffect, JoinShards
from fluxagents.flows.engine.node_context import NodeContext


def continue_call(context: NodeContext, timeout_s: float | None) -> e.Event | Command | None:
    """What follows from the call that the run is at; None without one."""
    if context.state.joining:
        joining = context.state.joining
        return JoinShards(call=joining.call, runs=joining.runs, until_ms=context.last_ms(timeout_s))
    pending = context.state.pending
    return request_call(context, pending) if isinstance(pending, CallTool) else None


def request_call(context: NodeContext, call: CallTool) -> e.Event | CallTool | ComputeEffect:
    """The call itself, or the request that must be answered first, with its effect."""
    if context.may_run(call):
        return call
    effect = context.effect_of(call)
    if effect is None and context.shows_effect(call):
        return ComputeEffect(call=call)
    rules = context.rules_of(call)
    return context.ask_approval(
        context.request("approval", ask_for_call(call), call=call, effect=effect, rules=rules)
    )


def ask_for_call(call: CallTool) -> str:
    """The question whether a call may be made."""
    changes = ", ".join(f"{name}={value!r}" for name, value in call.args.items())
    return f"Run {call.tool}({changes})?"
