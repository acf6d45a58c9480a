"""Changes of the medium that a question orders: "add acetate", "set glucose to 5", "double the oxygen"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fluxagents.workers.chat_models.planner.conditions.asked_conditions import conditions_in
from fluxagents.workers.chat_models.planner.conditions.medium import Medium
from fluxagents.workers.chat_models.planner.conditions.uptakes import Uptake
from fluxagents.workers.chat_models.planner.rules.orders import VERBS
from fluxagents.workers.chat_models.planner.rules.patterns import FACTORS
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase
from fluxagents.workers.chat_models.planner.words.word_tokens import Token

_OBJECT = frozenset({"permanent", "medium", "default_medium", "model"})
_NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True, slots=True)
class Order:
    """A clause that orders a change.

    Attributes:
        said: The clause, which begins with what to do.
        told: What humans have answered.
    """

    said: Phrase
    told: Sequence[str] = ()

    @property
    def phrase(self) -> Phrase:
        """The order without the words for what it changes, which may stand anywhere in it."""
        tokens = self.said.tokens
        return self.said.without([at for at, token in enumerate(tokens) if token.sign in _OBJECT])

    @property
    def verb(self) -> str:
        said = [token.sign for token in self.phrase.tokens]
        return min((name for name in VERBS if name in said), key=said.index, default="set")

    def changes(self, medium: Medium) -> dict[str, float]:
        """The uptakes that it orders, mmol/gDW/h; empty if a human must say more first (see `medium.ask`)."""
        conditions, places = conditions_in(self.phrase)
        uptakes = conditions[0]
        if any(uptake.role in {"sole", "nitrogen"} for uptake in uptakes):
            return medium.changes(uptakes)
        said = {uptake.start: uptake for uptake in uptakes}
        found: dict[str, float] = {}
        for at, token in enumerate(self.phrase.tokens):
            if token.sign not in COMPOUNDS:
                continue
            exchange = medium.exchange(token)
            if exchange is None:
                medium.troubles.append(f"The model has no exchange reaction for '{token.said}'.")
                continue
            limit = self._limit(at, exchange, uptakes, medium)
            if limit is None:
                medium.ask = f"Which uptake should '{exchange}' get, in mmol/gDW/h?"
                return {}
            found[exchange] = limit
        if not found:
            return medium.changes(uptakes)
        oxygen = [
            u
            for u in uptakes
            if u.start in said and self.phrase.tokens[u.start].sign in {"anaerobic", "aerobic"}
        ]
        return {**found, **medium.changes(oxygen)} if places else found

    def _limit(self, at: int, exchange: str, uptakes: Sequence[Uptake], medium: Medium) -> float | None:
        token = self.phrase.tokens[at]
        own = next((uptake for uptake in uptakes if uptake.start <= at < uptake.end), None)
        if own is not None and own.limit == 0:
            return 0.0
        relative = self._relative(medium.open.get(exchange))
        if relative is not None:
            return relative
        if own is not None and own.limit is not None:
            return own.limit
        if self.verb in {"remove", "absent"}:
            return 0.0
        stated = list(self.phrase.numbers(r"(N)\b"))
        if stated:
            return stated[0]
        return self._unstated(token, exchange, medium)

    def _unstated(self, _: Token, exchange: str, medium: Medium) -> float | None:
        if self.verb == "add":
            return medium.usual(exchange)
        numbers = [match[0] for answer in self.told if (match := re.search(_NUMBER, answer))]
        return float(numbers[-1]) if numbers else None

    def _relative(self, present: float | None) -> float | None:
        """The new uptake as it follows from the present one, if the order says it so."""
        if present is None:
            return None
        if self.verb in FACTORS:
            return present * FACTORS[self.verb]
        rises = {"increase": 1, "decrease": -1}.get(self.verb)
        shares = list(self.phrase.numbers(r"(?:by )?(P)\b"))
        amounts = list(self.phrase.numbers(r"by (?:on )?(N)\b"))
        if rises is None:
            return present * shares[0] if shares and self.verb == "set" else None
        if shares:
            return max(present * (1 + rises * shares[0]), 0.0)
        return max(present + rises * amounts[0], 0.0) if amounts else None
