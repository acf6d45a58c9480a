"""Turns the conditions of a question into uptakes of exchange reactions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxagents.tasks.fba.media.library.compounds import Compound, compounds_by_id, find_compound
from fluxagents.workers.chat_models.planner.conditions.compound_ids import (
    AMMONIUM,
    DEFAULT_CARBON,
    build_exchange_id,
)
from fluxagents.workers.chat_models.planner.conditions.uptakes import UNLIMITED, Uptake
from fluxagents.workers.chat_models.planner.situation import Situation
from fluxagents.workers.chat_models.planner.words.phrase import COMPOUND, Token

DEFAULT_UPTAKE = 10.0
"""Uptake bound in mmol/gDW/h of a nutrient that a question feeds without a number."""

_ABSENT = re.compile(r"exchange '([^']+)' is (?:not in|no exchange reaction of)")
_NEAREST = re.compile(r"nearest: (.+)")


@dataclass(slots=True)
class KnownMedium:
    """The medium as far as the findings show it, and what a question states wrongly about it.

    Attributes:
        open: The open uptakes, mmol/gDW/h.
        exchanges: Ids of exchange reactions that findings and inputs show.
        absent: Exchange reactions that the model lacks according to errors, each with the nearest ids.
        of_run: The medium of the run, which is an argument of every analysis.
        problems: What could not be resolved, a sentence each.
        question_for_human: What a human must answer first.
        names: Of the model.
    """

    open: Mapping[str, float]
    exchanges: Sequence[str]
    absent: Mapping[str, Sequence[str]]
    of_run: Mapping[str, float] | None = None
    problems: list[str] = field(default_factory=list)
    question_for_human: str | None = None
    names: tuple[str, ...] = ()

    @classmethod
    def from_situation(cls, situation: Situation) -> KnownMedium:
        """The medium that the findings, inputs and errors of a prompt show."""
        is_changed = any(finding["tool"] == "apply_medium" for finding in situation.findings)
        medium = situation.inputs.get("medium")
        absent = {
            identifier: _read_nearest_ids(error)
            for error in situation.errors
            for identifier in _ABSENT.findall(str(error.get("message", "")))
        }
        return cls(
            situation.medium,
            situation.exchanges,
            absent,
            medium if isinstance(medium, Mapping) and not is_changed else None,
            names=tuple({str(f["found"]["model"]) for f in situation.findings if f["found"].get("model")}),
        )

    @property
    def fixed_names(self) -> tuple[str, ...]:
        """What a question may name and no call changes: the model, and its only source of carbon."""
        sources = [exchange for exchange in self.find_carbon_sources() if exchange in self.open]
        return (*self.names, *(sources if len(sources) == 1 else ()))

    def base_arguments(self) -> dict[str, Any]:
        """The arguments of every analysis."""
        return {"medium": dict(self.of_run)} if self.of_run else {}

    def compute_changes(self, uptakes: Sequence[Uptake]) -> dict[str, float]:
        """The `medium_changes` of a condition; a compound that the model does not exchange is a problem."""
        changes: dict[str, float] = {}
        for uptake in sorted(uptakes, key=lambda uptake: uptake.role != "sole"):
            exchange = self.require_exchange(uptake.compound)
            if exchange is None:
                continue
            if uptake.role == "sole":
                changes |= self._replace_carbon_sources(exchange, uptake)
            elif uptake.factor is not None:
                changes |= self._multiply(exchange, uptake.factor)
            elif uptake.limit is not None:
                changes[exchange] = uptake.limit
            elif exchange not in self.open or changes.get(exchange) == 0:
                changes[exchange] = self.open.get(exchange) or self.default_uptake(exchange)
            if uptake.role == "nitrogen":
                changes |= self._close_ammonium(exchange)
        fed = {self.find_exchange(uptake.compound) for uptake in uptakes if uptake.role == "sole"}
        if len(fed) > 1:
            changes |= {exchange: self.open[exchange] for exchange in fed & self.open.keys() if exchange}
        return {
            exchange: limit
            for exchange, limit in changes.items()
            if limit <= 0 or self.open.get(exchange) != limit
        }

    def restrict_to(self, uptakes: Sequence[Uptake]) -> dict[str, float]:
        """A medium of these uptakes only."""
        return {
            exchange: self.default_uptake(exchange) if uptake.limit is None else uptake.limit
            for uptake in uptakes
            if (exchange := self.find_exchange(uptake.compound))
        }

    def name_exchange(self, token: Token) -> str:
        """The id of the exchange reaction of a token in the style of the model, whether it has one or not."""
        identifier = str(token.value)
        if token.tag == COMPOUND:
            return build_exchange_id(compounds_by_id()[identifier], self.exchanges)
        return identifier

    def find_exchange(self, token: Token) -> str | None:
        """The exchange reaction that a token means; None if an error has shown that there is none."""
        identifier = self.name_exchange(token)
        if identifier not in self.absent:
            return identifier
        return next(
            (other for other in self.absent[identifier] if _is_same_exchange(other, identifier)), None
        )

    def require_exchange(self, token: Token) -> str | None:
        """The exchange reaction that a token means; if there is none, that is a problem."""
        exchange = self.find_exchange(token)
        if exchange is None:
            self.problems.append(f"The model has no exchange reaction for '{token.text}'.")
        return exchange

    def _multiply(self, exchange: str, factor: float) -> dict[str, float]:
        present = self.open.get(exchange)
        if present is None:
            self.problems.append(f"I do not know the present uptake of '{exchange}'.")
            return {}
        return {exchange: present * factor}

    def _close_ammonium(self, exchange: str) -> dict[str, float]:
        ammonium = build_exchange_id(AMMONIUM, self.exchanges)
        return {ammonium: 0.0} if ammonium != exchange else {}

    def find_carbon_sources(self) -> dict[str, float]:
        """The open uptakes of sources of carbon; glucose if the findings show none."""
        sources = {
            exchange: limit
            for exchange, limit in self.open.items()
            if (compound := find_compound(exchange)) and compound.carbon and limit > 0
        }
        return sources or {build_exchange_id(DEFAULT_CARBON, self.exchanges): DEFAULT_UPTAKE}

    def _replace_carbon_sources(self, exchange: str, uptake: Uptake) -> dict[str, float]:
        """One source of carbon, with the limit of the replaced one unless the question states another."""
        present = self.find_carbon_sources()
        if uptake.limit is None and list(present) == [exchange]:
            return {}
        limit = self.find_sole_uptake(uptake)
        return {**dict.fromkeys((other for other in present if other != exchange), 0.0), exchange: limit}

    def find_sole_uptake(self, uptake: Uptake) -> float:
        """The bound of a sole source of carbon, mmol/gDW/h; that of the present one if none is stated."""
        present = self.find_carbon_sources().values()
        return max(present, default=DEFAULT_UPTAKE) if uptake.limit is None else uptake.limit

    def default_uptake(self, exchange: str) -> float:
        """The uptake bound of a nutrient that is fed without a number, mmol/gDW/h."""
        compound: Compound | None = find_compound(exchange)
        return DEFAULT_UPTAKE if compound is None or compound.carbon else UNLIMITED


def _read_nearest_ids(error: Mapping[str, Any]) -> list[str]:
    hints = [match[1] for hint in error.get("try", ()) if (match := _NEAREST.match(str(hint)))]
    return [name.strip() for hint in hints for name in hint.split(",")]


def _is_same_exchange(identifier: str, other: str) -> bool:
    """Whether two ids differ in style only, such as `EX_ac_e` and `EX_ac(e)`."""
    return _strip_style(identifier) == _strip_style(other)


def _strip_style(identifier: str) -> str:
    return re.sub(r"^ex|e0?$", "", re.sub(r"[^a-z0-9]", "", identifier.lower()))
