"""A correction of a model: reactions added or removed, bounds, gene rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.changes.gapfill_model import Universal, copy_reactions
from fluxagents.tasks.fba.changes.set_bounds import Bounds, apply_bounds
from fluxagents.tasks.fba.solving.conditions import require_reaction
from fluxagents.tasks.fba.solving.gene_rules import read_rule
from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Model


class Correction(BaseModel):
    """What is to be changed; at least one thing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    add: tuple[str, ...] = Field(default=(), description="Ids of reactions of the universal model.")
    remove: tuple[str, ...] = Field(default=(), description="Reaction ids.")
    bounds: dict[str, Bounds] = Field(
        default={}, description="Reaction id -> lower_mmol_per_gdw_h and/or upper_mmol_per_gdw_h."
    )
    gene_rules: dict[str, str] = Field(
        default={}, description="Reaction id -> its new gene rule; empty for a reaction without a known gene."
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not (self.add or self.remove or self.bounds or self.gene_rules):
            raise ValueError("give add, remove, bounds or gene_rules")
        return self

    def __str__(self) -> str:
        """Names it: equal corrections have equal names."""
        limits = [
            f"{name} {sign} {value:g}"
            for name, pair in self.bounds.items()
            for sign, value in ((">=", pair.lower_mmol_per_gdw_h), ("<=", pair.upper_mmol_per_gdw_h))
            if value is not None
        ]
        rules = [f"{name} by {rule or 'an unknown gene'}" for name, rule in self.gene_rules.items()]
        words = {"add": self.add, "remove": self.remove, "limit": limits, "catalyse": rules}
        return "; ".join(f"{verb} {', '.join(names)}" for verb, names in words.items() if names)


def apply_correction(model: Model, correction: Correction, universal: Universal | None) -> None:
    """Change the model.

    Where the change is taken back again (inside `with model:`), reactions to remove are closed, which is the
    same for every flux: cobra would give them back in another order.

    Raises:
        FluxError: `UNKNOWN_ID` for a reaction that is not there, `BAD_ARGUMENT` for one to add that is there
            already, for bounds or rules that make no sense, or without the universal model.
    """
    if correction.add:
        _add(model, correction.add, universal)
    for name in (*correction.remove, *correction.bounds, *correction.gene_rules):
        require_reaction(model, name)
    for name, rule in correction.gene_rules.items():
        model.reactions.get_by_id(name).gpr = read_rule(rule, name)
    for name, new in correction.bounds.items():
        apply_bounds(model.reactions.get_by_id(name), new)
    if cobra.util.context.get_context(model) is None:
        model.remove_reactions(list(correction.remove))
    else:
        for name in correction.remove:
            model.reactions.get_by_id(name).bounds = (0.0, 0.0)


def _add(model: Model, names: tuple[str, ...], universal: Universal | None) -> None:
    if universal is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"reaction '{names[0]}' cannot be added from nowhere",
            suggestions=("name a stored model that has it as 'universal'",),
        )
    known = [name for name in names if name in model.reactions]
    if known:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"reaction '{known[0]}' is in model '{model.id}' already")
    for name in names:
        require_reaction(universal.model, name)
    copy_reactions(model, [universal.model.reactions.get_by_id(name) for name in names])
