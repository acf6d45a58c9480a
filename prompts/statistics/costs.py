"""What requests to chat models cost: counted from events and priced afterwards, any number of times."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pydantic import Field, NonNegativeFloat

from fluxagents.flows import events as e

MILLION = 1_000_000

PLANNER = "offline-planner"
"""What events call the built-in planner, which costs nothing."""


class Price(e.Frozen):
    """Of a million tokens."""

    input: NonNegativeFloat
    output: NonNegativeFloat
    cached_input: NonNegativeFloat | None = None
    """Of input that the provider read from its cache; the same as other input when absent."""


class Prices(e.Frozen):
    """What the user pays."""

    currency: str = Field(min_length=1)
    worker_hour: NonNegativeFloat | None = None
    """Of an hour of one worker; what calls will cost is estimated by it."""
    models: dict[str, Price]
    """By name as events record it; `*` and `?` stand for any text, and a name without them comes first."""

    def of(self, chat_model: str) -> Price | None:
        """The price of a chat model, or None if it is not known."""
        if chat_model in self.models:
            return self.models[chat_model]
        return next((price for name, price in self.models.items() if fnmatchcase(chat_model, name)), None)


@dataclass(frozen=True, slots=True)
class Usage:
    """The requests to one chat model; requests without an answer are not billed and not counted."""

    calls: int = 0
    """Answers, including those from the response cache."""
    tokens_in: int = 0
    tokens_cached: int = 0
    """Those of `tokens_in` that the provider read from its cache."""
    tokens_out: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_cached + other.tokens_cached,
            self.tokens_out + other.tokens_out,
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount of money, or the chat models whose price is unknown."""

    amount: float | None
    currency: str | None
    """None when there are no prices."""
    unpriced: tuple[str, ...] = ()
    """Chat models that answered and have no price."""


def count_usage(event: e.ChatEvent) -> Usage:
    """What one request to a chat model took."""
    use = event.prompt
    if isinstance(event, e.DecisionRefused | e.SummaryRefused) and not use.tokens_out and not use.cached:
        return Usage()
    return Usage(1, use.tokens_in, use.tokens_cached, use.tokens_out)


def usage(events: Iterable[e.Event]) -> dict[str, Usage]:
    """What a history took, by chat model."""
    usages: dict[str, Usage] = {}
    for event in events:
        if isinstance(event, e.ChatEvent):
            name = event.prompt.chat_model
            usages[name] = usages.get(name, Usage()) + count_usage(event)
    return {name: usage for name, usage in usages.items() if usage.calls}


def total(usages: Iterable[Mapping[str, Usage]]) -> dict[str, Usage]:
    """The sum of several usages, by chat model."""
    sums: dict[str, Usage] = {}
    for by_model in usages:
        for name, usage in by_model.items():
            sums[name] = sums.get(name, Usage()) + usage
    return sums


def cost(taken: Mapping[str, Usage], prices: Prices | None) -> Cost:
    """The cost of a usage; it is known only if every chat model that took tokens has a price."""
    amounts: list[float] = []
    unpriced: list[str] = []
    for name, usage in taken.items():
        if name == PLANNER or not usage.tokens_in + usage.tokens_out:
            continue
        price = prices.of(name) if prices else None
        if price is None:
            unpriced.append(name)
        else:
            amounts.append(_compute_amount(usage, price))
    currency = prices.currency if prices else None
    return Cost(None if unpriced else math.fsum(amounts), currency, tuple(sorted(unpriced)))


def _compute_amount(usage: Usage, price: Price) -> float:
    cached = price.input if price.cached_input is None else price.cached_input
    fresh = usage.tokens_in - usage.tokens_cached
    return (fresh * price.input + usage.tokens_cached * cached + usage.tokens_out * price.output) / MILLION
