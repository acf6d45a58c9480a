"""Edits of a medium: add, remove, set, scale or replace nutrients, with a report of every change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.media.library.compound_index import CompoundIndex, index_exchanges
from fluxagents.tasks.fba.media.library.compounds import (
    Compound,
    classes_by_name,
    compounds_by_id,
    compounds_by_name,
    compounds_in,
)
from fluxagents.tasks.fba.solving.conditions import medium_of
from fluxagents.tasks.ports.media import Uptake

if TYPE_CHECKING:
    from cobra import Model

DEFAULT_UPTAKE_MMOL_PER_GDW_H = 10.0
"""Of a nutrient that is added without a number."""

UNLIMITED_MMOL_PER_GDW_H = 1_000.0
"""Of salts, gases and water that are added without a number: no limit, as models write it."""

_NOT_LIMITING = frozenset({"salts", "gases"})
_WATER = frozenset({"h2o", "h"})
_SHORTEST_NAME = 3

Action = Literal["add", "remove", "set", "raise", "lower", "scale", "shift", "replace"]


class Edit(BaseModel):
    """One edit of a medium."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    action: Action = Field(
        description="add opens what is closed, or raises it to the uptake given; remove closes; set gives "
        "an uptake; raise and lower do so in one direction only; scale multiplies by factor; shift adds "
        "uptake_mmol_per_gdw_h; replace closes the nutrients and opens those of 'by'."
    )
    nutrients: tuple[str, ...] = Field(
        min_length=1,
        description="Names, BiGG or ModelSEED ids, exchange reactions, or classes such as 'amino acids'.",
    )
    uptake_mmol_per_gdw_h: float | None = Field(
        default=None,
        ge=-1_000_000,
        le=1_000_000,
        description="The most uptake, mmol/gDW/h; for shift what is added to it, negative to take away.",
    )
    factor: float | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="For scale: fraction or multiple of the uptake.",
    )
    by: tuple[str, ...] = Field(default=(), description="For replace: what is opened instead.")
    phrase: str = Field(default="", description="The words that said so.")

    @model_validator(mode="after")
    def _fits_its_action(self) -> Self:
        needs_uptake = self.action in {"set", "raise", "lower", "shift"}
        takes_uptake = needs_uptake or self.action in {"add", "replace"}
        if needs_uptake and self.uptake_mmol_per_gdw_h is None:
            raise ValueError(f"'{self.action}' needs uptake_mmol_per_gdw_h")
        if not takes_uptake and self.uptake_mmol_per_gdw_h is not None:
            raise ValueError(f"'{self.action}' takes no uptake_mmol_per_gdw_h")
        if self.action != "shift" and (self.uptake_mmol_per_gdw_h or 0.0) < 0:
            raise ValueError("an uptake is at least 0")
        if (self.action == "scale") != (self.factor is not None):
            raise ValueError("'scale', and no other action, takes a factor")
        if (self.action == "replace") != bool(self.by):
            raise ValueError("'replace', and no other action, takes 'by'")
        return self


class EditedUptake(BaseModel):
    """One uptake that an edit changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    exchange: str
    compound: str
    edit: str
    """The words or the action that changed it."""
    uptake_before_mmol_per_gdw_h: Uptake
    uptake_after_mmol_per_gdw_h: Uptake


class Untouched(BaseModel):
    """One compound that an edit spoke of and did not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    compound: str
    edit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Nutrient:
    """A compound that an edit speaks of, and its exchange reaction if the model has one."""

    name: str
    exchange: str | None
    compound: Compound | None

    @property
    def usual_uptake(self) -> float:
        """The most uptake when it is added without a number, mmol/gDW/h."""
        compound = self.compound
        free = compound is not None and (compound.group in _NOT_LIMITING or compound.bigg in _WATER)
        return UNLIMITED_MMOL_PER_GDW_H if free else DEFAULT_UPTAKE_MMOL_PER_GDW_H


class Nutrients:
    """What words mean in a model: compounds by any name or id, and classes of compounds."""

    def __init__(self, model: Model) -> None:
        self._index: CompoundIndex = index_exchanges(model)
        self._model = model
        self._own: dict[str, str] = {}
        for exchange, name in self._index.names.items():
            self._own.setdefault(name.lower(), exchange)
        matches = ((self._index.find(compound), compound) for compound in compounds_by_name().values())
        self._compounds = {match.id: compound for match, compound in matches if match is not None}

    @property
    def model_id(self) -> str:
        """The model in which words are looked for."""
        return self._model.id or ""

    @property
    def exchanges(self) -> CompoundIndex:
        """The exchange reactions of the model."""
        return self._index

    def words(self) -> tuple[str, ...]:
        """All names and ids that may stand in a text, without ids that are plain words, such as `for`."""
        ids = (word for word in compounds_by_id() if re.search(r"[\d_]", word))
        names = (word for word in self._own if len(word) >= _SHORTEST_NAME)
        return tuple(
            dict.fromkeys((*classes_by_name(), *compounds_by_name(), *ids, *names, *self._index.names))
        )

    def find(self, word: str) -> tuple[Nutrient, ...]:
        """The compounds that a word means; raises `MEDIUM` with the nearest words for an unknown one."""
        lower = word.lower().strip()
        if lower in classes_by_name():
            return tuple(self._of(compound) for compound in compounds_in(classes_by_name()[lower]))
        compound = compounds_by_name().get(lower) or compounds_by_id().get(word)
        if compound is not None:
            return (self._of(compound),)
        exchange = word if word in self._index else self._own.get(lower)
        if exchange is not None:
            return (Nutrient(self._index.names[exchange], exchange, self._compounds.get(exchange)),)
        message = f"'{word}' is no compound, class of compounds or exchange of model '{self._model.id}'"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=nearest(lower, self.words()))

    def _of(self, compound: Compound) -> Nutrient:
        match = self._index.find(compound)
        return Nutrient(compound.names[0], None if match is None else match.id, compound)


@dataclass(slots=True)
class EditedMedium:
    """A medium while it is edited.

    Attributes:
        uptakes: Exchange -> most uptake, mmol/gDW/h.
        changes: In the order in which they were made.
        untouched: What was spoken of and stayed.
    """

    nutrients: Nutrients
    uptakes: dict[str, float]
    changes: list[EditedUptake] = field(default_factory=list)
    untouched: list[Untouched] = field(default_factory=list)

    @classmethod
    def of(cls, model: Model) -> EditedMedium:
        """The medium of a model as it is, unedited."""
        return cls(Nutrients(model), medium_of(model))

    def apply(self, edits: Sequence[Edit]) -> None:
        """Carry out edits, one after the other.

        Raises:
            FluxError: `MEDIUM` for an unknown word, for a raise that lowers or a lower that raises, and if
                nothing changed at all.
        """
        for edit in edits:
            self._apply(edit)
        if not self.changes:
            phrases = "; ".join(_describe(edit) for edit in edits)
            reasons = tuple(
                dict.fromkeys(f"{untouched.compound}: {untouched.reason}" for untouched in self.untouched)
            )
            message = f"the edit '{phrases}' changes nothing in the medium"
            raise FluxError(ErrorClass.MEDIUM, message, suggestions=reasons[:5])

    @property
    def open(self) -> dict[str, float]:
        """The medium: exchange -> most uptake, mmol/gDW/h, without those that are closed."""
        return {exchange: limit for exchange, limit in self.uptakes.items() if limit > 0}

    def _apply(self, edit: Edit) -> None:
        nutrients = [nutrient for word in edit.nutrients for nutrient in self.nutrients.find(word)]
        if edit.action == "replace":
            self._replace(edit, nutrients)
            return
        for nutrient in nutrients:
            if nutrient.exchange is None:
                self._leave(nutrient, edit, _NO_EXCHANGE)
            else:
                self._edit(nutrient, nutrient.exchange, edit)

    def _edit(self, nutrient: Nutrient, exchange: str, edit: Edit) -> None:
        present = self.uptakes.get(exchange, 0.0)
        if edit.action in {"remove", "scale"} and present == 0:
            self._leave(nutrient, edit, "is not in the medium")
        elif edit.action == "add" and present > 0 and present >= (edit.uptake_mmol_per_gdw_h or 0.0):
            self._leave(nutrient, edit, f"is in the medium already, at {present:g} mmol/gDW/h")
        else:
            self._set(nutrient, exchange, _limit(edit, nutrient, present), edit)

    def _replace(self, edit: Edit, nutrients: Sequence[Nutrient]) -> None:
        """Close some uptakes and open others; without a number, at the largest uptake that is closed."""
        old = {n.exchange: self.uptakes.get(n.exchange, 0.0) for n in nutrients if n.exchange is not None}
        freed = max(old.values(), default=0.0)
        if freed == 0:
            old_names = ", ".join(edit.nutrients)
            raise FluxError(
                ErrorClass.MEDIUM,
                f"'{_describe(edit)}': '{old_names}' is not in the medium, so nothing can replace it",
                suggestions=(f"open uptakes: {', '.join(self.open)[:200]}",),
            )
        new = [nutrient for word in edit.by for nutrient in self.nutrients.find(word)]
        if not any(nutrient.exchange for nutrient in new):
            names = ", ".join(nutrient.name for nutrient in new)
            message = f"'{_describe(edit)}': the model has no exchange reaction for '{names}'"
            raise FluxError(ErrorClass.MEDIUM, message)
        kept = {nutrient.exchange for nutrient in new}
        for nutrient in nutrients:
            if nutrient.exchange is not None and nutrient.exchange not in kept and old[nutrient.exchange] > 0:
                self._set(nutrient, nutrient.exchange, 0.0, edit)
        limit = freed if edit.uptake_mmol_per_gdw_h is None else edit.uptake_mmol_per_gdw_h
        self._apply(
            Edit(action="set", nutrients=edit.by, uptake_mmol_per_gdw_h=limit, phrase=_describe(edit))
        )

    def _set(self, nutrient: Nutrient, exchange: str, limit: float, edit: Edit) -> None:
        present = self.uptakes.get(exchange, 0.0)
        if limit == present:
            self._leave(nutrient, edit, f"has this uptake already: {present:g} mmol/gDW/h")
            return
        self.uptakes[exchange] = limit
        self.changes.append(
            EditedUptake(
                exchange=exchange,
                compound=nutrient.name,
                edit=_describe(edit),
                uptake_before_mmol_per_gdw_h=present,
                uptake_after_mmol_per_gdw_h=limit,
            )
        )

    def _leave(self, nutrient: Nutrient, edit: Edit, reason: str) -> None:
        self.untouched.append(Untouched(compound=nutrient.name, edit=_describe(edit), reason=reason))


_NO_EXCHANGE = "the model has no exchange reaction for it"


def _limit(edit: Edit, nutrient: Nutrient, present: float) -> float:
    if edit.action == "remove":
        return 0.0
    if edit.factor is not None:
        return min(present * edit.factor, 1_000_000.0)
    amount = edit.uptake_mmol_per_gdw_h
    if amount is None:
        return nutrient.usual_uptake
    if edit.action == "shift":
        return min(max(present + amount, 0.0), 1_000_000.0)
    if (edit.action == "raise" and amount < present) or (edit.action == "lower" and amount > present):
        message = f"'{_describe(edit)}': the uptake of {nutrient.name} is {present:g} mmol/gDW/h"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=(f"say 'set {nutrient.name} to {amount:g}'",))
    return amount


def _describe(edit: Edit) -> str:
    if edit.phrase:
        return edit.phrase
    number = edit.uptake_mmol_per_gdw_h if edit.factor is None else edit.factor
    by = f" by {', '.join(edit.by)}" if edit.by else ""
    return f"{edit.action} {', '.join(edit.nutrients)}{by}" + ("" if number is None else f" {number:g}")
