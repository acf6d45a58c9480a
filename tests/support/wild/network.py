"""Small metabolic networks as plain data: what a generated file is to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Rule = str | tuple[str, "Rule", "Rule"] | None
"""A gene, `("and" | "or", rule, rule)`, or None for no rule."""

USUAL_BOUND = 1_000.0


@dataclass(frozen=True)
class Species:
    """A metabolite; one that is open is not balanced, as beyond the boundary of the system."""

    id: str
    compartment: str
    formula: str = "C6H12O6"
    charge: int = 0
    is_open: bool = False


@dataclass(frozen=True)
class Reaction:
    """A reaction; fluxes and bounds in mmol/gDW/h."""

    id: str
    metabolites: Mapping[str, float]
    lower: float = 0.0
    upper: float = USUAL_BOUND
    rule: Rule = None
    subsystem: str = "Central carbon"


@dataclass(frozen=True)
class Network:
    """What a file is to say. `rows` are right-hand sides and senses of balances other than `= 0`."""

    species: tuple[Species, ...]
    reactions: tuple[Reaction, ...]
    biomass: str
    objective: Mapping[str, float]
    sense: Literal["max", "min"] = "max"
    rows: Mapping[str, tuple[Literal["E", "L", "G"], float]] = field(default_factory=dict)
    compartments: Mapping[str, str] = field(default_factory=lambda: {"c": "cytosol", "e": "extracellular"})

    def reaction(self, identifier: str) -> Reaction:
        return next(reaction for reaction in self.reactions if reaction.id == identifier)

    def change_reaction(self, identifier: str, change: Callable[[Reaction], Reaction]) -> Network:
        changed = (change(row) if row.id == identifier else row for row in self.reactions)
        return replace(self, reactions=tuple(changed))

    def change_species(self, identifier: str, change: Callable[[Species], Species]) -> Network:
        changed = (change(row) if row.id == identifier else row for row in self.species)
        return replace(self, species=tuple(changed))

    @property
    def exchanges(self) -> tuple[Reaction, ...]:
        return tuple(row for row in self.reactions if len(row.metabolites) == 1 and row.id != self.biomass)

    @property
    def internal(self) -> tuple[Reaction, ...]:
        """Neither exchanges nor biomass."""
        return tuple(row for row in self.reactions if len(row.metabolites) > 1 and row.id != self.biomass)

    @property
    def genes(self) -> tuple[str, ...]:
        return tuple(sorted({gene for row in self.reactions for gene in list_genes(row.rule)}))


def list_genes(rule: Rule) -> list[str]:
    """Genes as they are met, each once."""
    if rule is None:
        return []
    if isinstance(rule, str):
        return [rule]
    return list(dict.fromkeys([*list_genes(rule[1]), *list_genes(rule[2])]))
