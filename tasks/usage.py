"""What one step used, from its events: tokens, money and time at work. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.events import ChatEvent, Event
from fluxagents.flows.history.recorded_steps import duration_ms
from fluxagents.flows.ports.session import MICROS, StepUsage
from fluxagents.prompts.statistics.costs import Prices, cost, usage


def measure_usage(events: Sequence[Event], prices: Prices | None) -> StepUsage:
    """What the events of a step took; an answer from the response cache took nothing.

    Args:
        events: What the step did.
        prices: Of chat models; None if nobody knows them.
    """
    sent = [event for event in events if isinstance(event, ChatEvent) and not event.prompt.cached]
    tokens = cost_micros = unpriced_tokens = 0
    for chat_model, used in usage(sent).items():
        used_tokens = used.tokens_in + used.tokens_out
        amount = cost({chat_model: used}, prices).amount
        tokens += used_tokens
        unpriced_tokens += used_tokens if amount is None else 0
        cost_micros += round((amount or 0.0) * MICROS)
    work_ms = sum(duration_ms(event) or 0 for event in events)
    return StepUsage(tokens, cost_micros, unpriced_tokens, work_ms)
