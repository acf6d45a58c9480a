"""Biomass and transport reactions, recognised as in memote 0.17 (doi:10.1038/s41587-020-0446-y)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cobra import Metabolite, Model, Reaction

TRANSPORT_TERMS = (
    "SBO:0000185", "SBO:0000588", "SBO:0000587", "SBO:0000655", "SBO:0000654", "SBO:0000660", "SBO:0000659",
    "SBO:0000657", "SBO:0000658",
)  # fmt: skip
"""Transport and translocation reactions, and what is more special."""

_BIOMASS_NAMES = (re.compile(r"\bbiomass"), re.compile(r"\bgrowth"), re.compile(r"bof"))


def biomass_reactions(model: Model) -> list[Reaction]:
    """By term, else by name or id, else by a metabolite that is biomass; never a boundary reaction."""
    reactions = [reaction for reaction in model.reactions if not reaction.boundary]
    biomass = [m for m in model.metabolites if _is_called(m, _BIOMASS_NAMES[:1])]
    marked = {m for m in biomass if m.annotation.get("sbo") == "SBO:0000649"}
    for candidates in (
        [reaction for reaction in reactions if reaction.annotation.get("sbo") == "SBO:0000629"],
        [reaction for reaction in reactions if _is_called(reaction, _BIOMASS_NAMES)],
        [reaction for reaction in reactions if not marked.isdisjoint(reaction.metabolites)],
        [reaction for reaction in reactions if not set(biomass).isdisjoint(reaction.metabolites)],
    ):
        if candidates:
            return sorted(candidates, key=lambda reaction: str(reaction.id))
    return []


def transport_reactions(model: Model, biomass: Collection[Reaction]) -> list[Reaction]:
    """Reactions between compartments that carry atoms, or a compound by its annotation, across."""
    return [
        reaction
        for reaction in model.reactions
        if not reaction.boundary
        and reaction not in biomass
        and len(reaction.compartments) > 1
        and (reaction.annotation.get("sbo") in TRANSPORT_TERMS or _transports(reaction))
    ]


def _is_called(item: Reaction | Metabolite, names: Iterable[re.Pattern[str]]) -> bool:
    name = (item.name or "").lower()
    return "biomass" in item.id.lower() or any(pattern.match(name) for pattern in names)


def _transports(reaction: Reaction) -> bool:
    if any(metabolite.formula is None for metabolite in reaction.metabolites):
        return not _references(reaction.reactants).isdisjoint(_references(reaction.products))
    carried = _carried_elements(reaction)
    formulas = {m.formula for m in reaction.reactants} & {m.formula for m in reaction.products}
    # Hydrogen alone is an exchange of electrons or of protonation, unless nothing but H stays as it is.
    return bool(carried) and (formulas == {"H"} or list(carried) != ["H"])


def _carried_elements(reaction: Reaction) -> dict[str, float]:
    """Atoms that a compartment gains or loses; where several differ, the last one says."""
    gained: dict[str, dict[str, float]] = {}
    for metabolite, coefficient in reaction.metabolites.items():
        atoms = gained.setdefault(metabolite.compartment, {})
        for element, number in (metabolite.elements or {}).items():
            atoms[element] = atoms.get(element, 0.0) + coefficient * number
    last = {element: number for atoms in gained.values() for element, number in atoms.items()}
    return {element: abs(number) for element, number in last.items() if number}


def _references(metabolites: Iterable[Metabolite]) -> set[tuple[str, tuple[str, ...]]]:
    return {
        (database, tuple(ids))
        for metabolite in metabolites
        for database, ids in metabolite.annotation.items()
        if metabolite.id != "H" and database != "sbo" and ids is not None
    }
