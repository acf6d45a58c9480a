"""What a run will take, told by what runs like it took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from fluxagents.flows.events import Event
from fluxagents.flows.history.run_record import record_of
from fluxagents.flows.history.time_spans import Spent
from fluxagents.prompts.statistics.costs import Prices, cost, total, usage

IDLE: frozenset[Spent] = frozenset({"human", "pause", "dead", "timer"})
"""What a run waited for and did not work on."""


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """What runs took, without the time that they waited for humans."""

    runs: int
    """How many it rests on."""
    typical_ms: float
    """Half of them took no more."""
    longest_ms: int
    price: float | None
    """Of the chat models, a run, on average; None if one of them has no known price."""
    currency: str


def estimate_run(histories: Iterable[Sequence[Event]], prices: Prices | None) -> RunEstimate | None:
    """What a run will take; None where there is nothing to tell it by.

    Args:
        histories: Of finished runs like it.
        prices: What chat models cost, where it is known.

    Raises:
        FluxError: As `fluxagents.flows.reducer.fold`.
    """
    took_ms, usages = [], []
    for events in histories:
        spent_ms = record_of(events).spent_ms
        took_ms.append(sum(ms for spent, ms in spent_ms.items() if spent not in IDLE))
        usages.append(usage(events))
    if not took_ms:
        return None
    price = cost(total(usages), prices)
    return RunEstimate(
        runs=len(took_ms),
        typical_ms=median(took_ms),
        longest_ms=max(took_ms),
        price=None if price.amount is None else price.amount / len(took_ms),
        currency=price.currency or "",
    )
