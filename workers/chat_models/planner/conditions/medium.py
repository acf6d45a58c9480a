"""From the conditions of a question to uptakes of exchange reactions, as far as they are known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxagents.tasks.fba.media.library.compounds import Compound, compounds_by_id
from fluxagents.workers.chat_models.planner.conditions.compound_ids import (
    AMMONIUM,
    DEFAULT_CARBON,
    compound_of,
    exchange_of,
)
from fluxagents.workers.chat_models.planner.conditions.uptakes import UNLIMITED, Uptake
from fluxagents.workers.chat_models.planner.situation import Situation
from fluxagents.workers.chat_models.planner.words.lexicon import COMPOUND
from fluxagents.workers.chat_models.planner.words.word_tokens import Token

DEFAULT_UPTAKE = 10.0
"""Most uptake in mmol/gDW/h of a nutrient that a question opens without a number."""

_NOT_THERE = re.compile(r"exchange '([^']+)' is (?:not in|no exchange reaction of)")
_NEAREST = re.compile(r"nearest: (.+)")


@dataclass(slots=True)
class Medium:
    """The medium as far as the findings show it, and what is wrong with the question's view of it.

    Attributes:
        open: Uptakes that are open, mmol/gDW/h.
        seen: Ids of exchange reactions that were seen.
        absent: Exchange reactions that errors say the model has not, each with the nearest ids.
        given: The medium of the run, which every analysis is given.
        troubles: What could not be resolved, a sentence each.
        ask: What a human must say first.
    """

    open: Mapping[str, float]
    seen: Sequence[str]
    absent: Mapping[str, Sequence[str]]
    given: Mapping[str, float] | None = None
    troubles: list[str] = field(default_factory=list)
    ask: str | None = None

    @classmethod
    def of(cls, now: Situation) -> Medium:
        changed = any(finding["tool"] == "apply_medium" for finding in now.findings)
        given = now.inputs.get("medium")
        absent = {}
        for error in now.errors:
            for identifier in _NOT_THERE.findall(str(error.get("message", ""))):
                absent[identifier] = _nearest(error)
        return cls(
            now.medium,
            now.exchanges,
            absent,
            given if isinstance(given, Mapping) and not changed else None,
        )

    def base(self) -> dict[str, Any]:
        """The arguments that every analysis gets."""
        return {"medium": dict(self.given)} if self.given else {}

    def changes(self, uptakes: Sequence[Uptake]) -> dict[str, float]:
        """The `medium_changes` of a condition; a compound that the model does not exchange is a trouble."""
        changes: dict[str, float] = {}
        for uptake in sorted(uptakes, key=lambda uptake: uptake.role != "sole"):
            exchange = self.exchange(uptake.compound)
            if exchange is None:
                self.troubles.append(f"The model has no exchange reaction for '{uptake.compound.said}'.")
            elif uptake.role == "sole":
                changes |= self._sole(exchange, uptake)
            elif uptake.factor is not None:
                changes |= self._multiplied(exchange, uptake.factor)
            elif uptake.limit is not None:
                changes[exchange] = uptake.limit
            elif exchange not in self.open or changes.get(exchange) == 0:
                changes[exchange] = self.open.get(exchange) or self.usual(exchange)
            if exchange is not None and uptake.role == "nitrogen":
                changes |= self._without_ammonium(exchange)
        fed = {self.exchange(uptake.compound) for uptake in uptakes if uptake.role == "sole"}
        if len(fed) > 1:
            changes |= {exchange: self.open[exchange] for exchange in fed & self.open.keys() if exchange}
        return {name: limit for name, limit in changes.items() if not self._is_so(name, limit)}

    def only(self, uptakes: Sequence[Uptake]) -> dict[str, float]:
        """A medium of these uptakes and nothing else."""
        named = ((self.exchange(uptake.compound), uptake.limit) for uptake in uptakes)
        return {
            exchange: self.usual(exchange) if limit is None else limit
            for exchange, limit in named
            if exchange
        }

    def _is_so(self, exchange: str, limit: float) -> bool:
        """Whether a change changes nothing."""
        return limit > 0 and self.open.get(exchange) == limit

    def exchange(self, token: Token) -> str | None:
        """The exchange reaction that a token means; None if an error has shown that there is none."""
        identifier = str(token.value)
        if token.sign == COMPOUND:
            identifier = exchange_of(compounds_by_id()[identifier], self.seen)
        if identifier not in self.absent:
            return identifier
        return next((other for other in self.absent[identifier] if _alike(other, identifier)), None)

    def _multiplied(self, exchange: str, factor: float) -> dict[str, float]:
        present = self.open.get(exchange)
        if present is None:
            self.troubles.append(f"I do not know the present uptake of '{exchange}'.")
            return {}
        return {exchange: present * factor}

    def _without_ammonium(self, exchange: str) -> dict[str, float]:
        usual = exchange_of(AMMONIUM, self.seen)
        return {usual: 0.0} if usual != exchange else {}

    def carbon_sources(self) -> dict[str, float]:
        """The open uptakes of compounds that may feed a cell; glucose if the findings show none."""
        found = {
            exchange: limit
            for exchange, limit in self.open.items()
            if (compound := compound_of(exchange)) and compound.carbon and limit > 0
        }
        if found:
            return found
        return {exchange_of(DEFAULT_CARBON, self.seen): DEFAULT_UPTAKE}

    def _sole(self, exchange: str, uptake: Uptake) -> dict[str, float]:
        """One source of carbon, with the same limit as the one that it replaces unless a number is given."""
        present = self.carbon_sources()
        if uptake.limit is None and list(present) == [exchange]:
            return {}
        limit = max(present.values(), default=DEFAULT_UPTAKE) if uptake.limit is None else uptake.limit
        return {**dict.fromkeys((other for other in present if other != exchange), 0.0), exchange: limit}

    def usual(self, exchange: str) -> float:
        """The most uptake of a nutrient that is opened without a number, mmol/gDW/h."""
        compound: Compound | None = compound_of(exchange)
        return DEFAULT_UPTAKE if compound is None or compound.carbon else UNLIMITED


def _nearest(error: Mapping[str, Any]) -> list[str]:
    hints = [match[1] for hint in error.get("try", ()) if (match := _NEAREST.match(str(hint)))]
    return [name.strip() for hint in hints for name in hint.split(",")]


def _alike(one: str, other: str) -> bool:
    """Whether two ids differ in style only, such as `EX_ac_e` and `EX_ac(e)`."""
    return _bare(one) == _bare(other)


def _bare(identifier: str) -> str:
    return re.sub(r"^ex|e0?$", "", re.sub(r"[^a-z0-9]", "", identifier.lower()))
