"""Changes of the medium that a question orders: "add acetate", "set glucose to 5", "double the oxygen"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fluxagents.workers.chat_models.planner.conditions.alternatives import find_conditions
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.conditions.uptakes import Uptake
from fluxagents.workers.chat_models.planner.rules.orders import VERBS
from fluxagents.workers.chat_models.planner.rules.patterns import FACTORS
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUNDS, Phrase

_OBJECT = frozenset({"permanent", "medium", "default_medium", "model"})
_NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True, slots=True)
class MediumOrder:
    """A clause that orders a change of the medium.

    Attributes:
        clause: It begins with what to do.
        answers: Of humans to questions about uptakes.
    """

    clause: Phrase
    answers: Sequence[str] = ()

    @property
    def phrase(self) -> Phrase:
        """The clause without the words for the medium or the model, which may stand anywhere in it."""
        tokens = self.clause.tokens
        return self.clause.drop([at for at, token in enumerate(tokens) if token.tag in _OBJECT])

    @property
    def verb(self) -> str:
        tags = [token.tag for token in self.phrase.tokens]
        return min((name for name in VERBS if name in tags), key=tags.index, default="set")

    def compute_changes(self, medium: KnownMedium) -> dict[str, float]:
        """The ordered uptakes, mmol/gDW/h; empty, with `medium.question_for_human`, if one is unknown."""
        conditions, places = find_conditions(self.phrase)
        uptakes = conditions[0]
        if any(uptake.role in {"sole", "nitrogen"} for uptake in uptakes):
            return medium.compute_changes(uptakes)
        ordered: dict[str, float] = {}
        for at, token in enumerate(self.phrase.tokens):
            if token.tag not in COMPOUNDS:
                continue
            exchange = medium.require_exchange(token)
            if exchange is None:
                continue
            limit = self._find_limit(at, exchange, uptakes, medium)
            if limit is None:
                medium.question_for_human = f"Which uptake should '{exchange}' get, in mmol/gDW/h?"
                return {}
            ordered[exchange] = limit
        if not ordered:
            return medium.compute_changes(uptakes)
        tokens = self.phrase.tokens
        oxygen = [uptake for uptake in uptakes if tokens[uptake.start].tag in {"anaerobic", "aerobic"}]
        return {**ordered, **medium.compute_changes(oxygen)} if places else ordered

    def _find_limit(
        self, at: int, exchange: str, uptakes: Sequence[Uptake], medium: KnownMedium
    ) -> float | None:
        own = next((uptake for uptake in uptakes if uptake.start <= at < uptake.end), None)
        if own is not None and own.limit == 0:
            return 0.0
        relative = self._compute_relative_limit(medium.open.get(exchange))
        if relative is not None:
            return relative
        if own is not None and own.limit is not None:
            return own.limit
        if self.verb in {"remove", "absent"}:
            return 0.0
        numbers = list(self.phrase.find_numbers(r"(N)\b"))
        return numbers[0] if numbers else self._default_limit(exchange, medium)

    def _default_limit(self, exchange: str, medium: KnownMedium) -> float | None:
        if self.verb == "add":
            return medium.default_uptake(exchange)
        numbers = [match[0] for answer in self.answers if (match := re.search(_NUMBER, answer))]
        return float(numbers[-1]) if numbers else None

    def _compute_relative_limit(self, present: float | None) -> float | None:
        """The new uptake, if the order states it as a change of the present one."""
        if present is None:
            return None
        if self.verb in FACTORS:
            return present * FACTORS[self.verb]
        direction = {"increase": 1, "decrease": -1}.get(self.verb)
        shares = list(self.phrase.find_numbers(r"(?:by )?(P)\b"))
        amounts = list(self.phrase.find_numbers(r"by (?:on )?(N)\b"))
        if direction is None:
            return present * shares[0] if shares and self.verb == "set" else None
        if shares:
            return max(present * (1 + direction * shares[0]), 0.0)
        return max(present + direction * amounts[0], 0.0) if amounts else None
