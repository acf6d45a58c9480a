"""Changes of the medium that a question orders: "add acetate", "set glucose to 5", "double the oxygen"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fluxagents.workers.planner.compounds import MENTION
from fluxagents.workers.planner.conditions import Alternatives, Uptake
from fluxagents.workers.planner.intents import IMPERATIVE
from fluxagents.workers.planner.medium import Medium

_CLOSING = frozenset({"remove", "delete", "omit", "drop", "close", "take"})
_OPENING = frozenset({"add", "supplement", "open"})
_RAISING = frozenset({"increase", "raise"})
_SWAPPING = frozenset({"replace", "switch", "change"})
_FACTORS: Mapping[str, float] = {"double": 2.0, "triple": 3.0, "halve": 0.5}

_NUMBER = r"\d+(?:\.\d+)?"
_TARGET = re.compile(
    rf"(?:\b(?:to|at|of|with)|=)\s*({_NUMBER})(?!\s*(?:%|percent))|({_NUMBER})\s*mmol", re.IGNORECASE
)
_BY = re.compile(rf"\bby\s+(?:(?P<percent>{_NUMBER})\s*(?:%|percent)|(?P<amount>{_NUMBER}))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Order:
    """A clause that orders a change.

    Attributes:
        text: The clause, which begins with what to do.
        conditions: What it says of uptakes, read as conditions.
        told: What humans have answered.
    """

    text: str
    conditions: Alternatives
    told: Sequence[str] = ()

    @property
    def verb(self) -> str:
        match = IMPERATIVE.match(self.text)
        return match["verb"].lower() if match else ""

    @property
    def uptakes(self) -> tuple[Uptake, ...]:
        return self.conditions[0]

    def changes(self, medium: Medium) -> dict[str, float]:
        """The uptakes that it orders, mmol/gDW/h; empty if a human must say more first (see `medium.ask`)."""
        words = list(dict.fromkeys(mention[0] for mention in MENTION.finditer(self.text)))
        if any(uptake.role == "sole" for uptake in self.uptakes) or not words:
            return medium.changes(self.uptakes)
        if self.verb in _SWAPPING and len(words) > 1:
            return _swapped(words, medium)
        found: dict[str, float] = {}
        for word in words:
            exchange = medium.exchange(word)
            if exchange is None:
                medium.troubles.append(f"The model has no exchange reaction for '{word}'.")
                continue
            limit = self._limit(word, exchange, medium)
            if limit is None:
                medium.ask = f"Which uptake should '{exchange}' get, in mmol/gDW/h?"
                return {}
            found[exchange] = limit
        return found

    def _limit(self, word: str, exchange: str, medium: Medium) -> float | None:
        if self.verb in _CLOSING:
            return 0.0
        relative = self._relative(medium.open.get(exchange))
        if relative is not None:
            return relative
        said = {uptake.word: uptake.limit for uptake in self.uptakes}.get(word)
        target = None if _BY.search(self.text) else _TARGET.search(self.text)
        if said is not None or target:
            return said if target is None else float(next(filter(None, target.groups())))
        return medium.usual(exchange) if self.verb in _OPENING else _number_in(self.told)

    def _relative(self, present: float | None) -> float | None:
        """The new uptake as it follows from the present one, if the text says it so."""
        if present is None:
            return None
        if self.verb in _FACTORS:
            return present * _FACTORS[self.verb]
        step = _BY.search(self.text)
        if step is None:
            return None
        share = present * float(step["percent"]) / 100 if step["percent"] else float(step["amount"])
        return max(present + (share if self.verb in _RAISING else -share), 0.0)


def _swapped(words: Sequence[str], medium: Medium) -> dict[str, float]:
    """The first compound is closed, the second gets its limit."""
    old = medium.exchange(words[0])
    changes = medium.changes((Uptake(words[1], "sole", None, 0, 0),))
    return {**({old: 0.0} if old else {}), **changes}


def _number_in(told: Sequence[str]) -> float | None:
    """The number in what a human said last."""
    numbers = [match[0] for answer in told if (match := re.search(_NUMBER, answer))]
    return float(numbers[-1]) if numbers else None
