"""The effect of a call that nobody computed."""

from __future__ import annotations

from fluxagents.flows.commands import CallTool
from fluxagents.flows.events import EffectComputed
from fluxagents.flows.humans.effect import Effect
from fluxagents.flows.state import RunState


def build_unknown_effect(state: RunState, call: CallTool, reason: str, at_ms: int) -> EffectComputed:
    """The event that lets a request follow without an effect, and says why there is none."""
    effect = Effect(unknown=(f"the effect: {reason}",))
    return EffectComputed(
        seq=state.seq, at_ms=at_ms, node=state.node, call=call, effect=effect, model=state.model
    )
