"""What a model holds, as rows for people: its parts, medium and biomass reaction, and a search in them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.fba.fluxes.subsystems import find_main_subsystem
from fluxagents.tasks.fba.solving.biomass import find_biomass
from fluxagents.tasks.fba.solving.conditions import exchanges, medium_of
from fluxagents.tasks.fba.solving.objective import read_objective

if TYPE_CHECKING:
    from cobra import Gene, Metabolite, Model, Reaction

Part = Literal["reactions", "metabolites", "genes", "exchanges"]

Row = dict[str, JsonValue]


class Compartment(BaseModel):
    """A compartment with what lies in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    metabolites: int = Field(description="Count.")
    reactions: int = Field(
        description="Count of those that touch it; one between two compartments is in both."
    )


class Inventory(BaseModel):
    """What a model holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: str
    name: str
    reactions: int = Field(description="Count, as for all parts.")
    metabolites: int
    genes: int
    exchanges: int
    compartments: tuple[Compartment, ...]
    subsystem_reactions: dict[str, int] = Field(
        description="Count of reactions per subsystem, largest first."
    )
    objective: str
    biomass: str | None = Field(description="The reaction whose flux is growth; None if it cannot be told.")
    biomass_name: str
    biomass_problem: str | None = Field(description="Why growth is not known, with the way out.")
    medium: tuple[Row, ...] = Field(description="The open uptakes, mmol/gDW/h, with the compounds' names.")


def take_inventory(model: Model) -> Inventory:
    """Count what a model holds, and name its medium and its biomass reaction; nothing is solved."""
    objective = read_objective(model)
    biomass = find_biomass(model, objective=objective)
    subsystems = Counter(find_main_subsystem(reaction) for reaction in model.reactions)
    del subsystems[""]
    uptakes = sorted(medium_of(model).items())
    return Inventory(
        id=model.id or "",
        name=model.name or "",
        reactions=len(model.reactions),
        metabolites=len(model.metabolites),
        genes=len(model.genes),
        exchanges=len(exchanges(model)),
        compartments=tuple(_count_compartments(model)),
        subsystem_reactions=dict(sorted(subsystems.items(), key=lambda item: (-item[1], item[0]))),
        objective=f"{objective.direction}imum of {objective.text}" if objective.text else "none",
        biomass=biomass.reaction.id if biomass.reaction else None,
        biomass_name=(biomass.reaction.name or "") if biomass.reaction else "",
        biomass_problem=biomass.problem,
        medium=tuple(
            {"exchange": identifier, "compound": _compound_name(model.reactions.get_by_id(identifier)),
             "uptake_mmol_per_gdw_h": limit}
            for identifier, limit in uptakes
        ),
    )  # fmt: skip


def list_part(model: Model, part: Part) -> list[Row]:
    """All entries of one kind, a row each, in the order of the model.

    Bounds are in mmol/gDW/h; None is no limit.
    """
    return [describe(entry) for entry, describe in _entries(model, part)]


def find_entries(model: Model, text: str) -> dict[Part, list[Row]]:
    """Reactions, metabolites and genes with a text in their id, name, EC number or another database's id.

    Args:
        model: Which model.
        text: Capital letters and small ones are the same. Entries that it names in full come first.

    Returns:
        Kind -> rows as of `list_part`; kinds without a match are left out.
    """
    wanted = text.strip().casefold()
    matches: dict[Part, list[Row]] = {}
    parts: tuple[Part, ...] = ("reactions", "metabolites", "genes")
    for part in parts:
        found = [
            (min(ranks), describe(entry))
            for entry, describe in _entries(model, part)
            if (ranks := [_rank(wanted, term) for term in _terms(entry) if wanted in term])
        ]
        if found:
            matches[part] = [row for _, row in sorted(found, key=lambda match: match[0])]
    return matches


def _rank(wanted: str, term: str) -> int:
    return 0 if wanted == term else 1


def _terms(entry: Any) -> Iterator[str]:
    """What an entry is called, in small letters."""
    yield str(entry.id).casefold()
    yield str(entry.name or "").casefold()
    for ids in entry.annotation.values():
        for identifier in [ids] if isinstance(ids, str) else ids:
            yield str(identifier).casefold()


def _entries(model: Model, part: Part) -> Iterator[tuple[Any, Callable[[Any], Row]]]:
    entries: Mapping[Part, tuple[Sequence[Any], Callable[[Any], Row]]] = {
        "reactions": (model.reactions, _describe_reaction),
        "metabolites": (model.metabolites, _describe_metabolite),
        "genes": (model.genes, _describe_gene),
        "exchanges": (list(exchanges(model).values()), _describe_exchange),
    }
    listed, describe = entries[part]
    return ((entry, describe) for entry in listed)


def _describe_reaction(reaction: Reaction) -> Row:
    return {
        "id": reaction.id,
        "name": reaction.name or "",
        "equation": reaction.reaction,
        "lower": _finite(reaction.lower_bound),
        "upper": _finite(reaction.upper_bound),
        "genes": reaction.gene_reaction_rule,
        "subsystem": reaction.subsystem or "",
    }


def _describe_metabolite(metabolite: Metabolite) -> Row:
    return {
        "id": metabolite.id,
        "name": metabolite.name or "",
        "formula": metabolite.formula or "",
        "charge": metabolite.charge,
        "compartment": metabolite.compartment or "",
        "reactions": len(metabolite.reactions),
    }


def _describe_gene(gene: Gene) -> Row:
    return {
        "id": gene.id,
        "name": gene.name or "",
        "reactions": ", ".join(sorted(reaction.id for reaction in gene.reactions)),
    }


def _describe_exchange(exchange: Reaction) -> Row:
    uptake, secretion = -exchange.lower_bound, exchange.upper_bound
    if not exchange.reactants:
        uptake, secretion = secretion, uptake
    return {
        "id": exchange.id,
        "compound": _compound_name(exchange),
        "uptake": _finite(max(0.0, uptake)),
        "secretion": _finite(max(0.0, secretion)),
    }


def _compound_name(exchange: Reaction) -> str:
    return next((metabolite.name or metabolite.id for metabolite in exchange.metabolites), "")


def _count_compartments(model: Model) -> Iterator[Compartment]:
    metabolites = Counter(metabolite.compartment for metabolite in model.metabolites)
    reactions = Counter(name for reaction in model.reactions for name in reaction.compartments)
    for identifier, name in sorted(model.compartments.items()):
        yield Compartment(
            id=identifier,
            name=name or identifier,
            metabolites=metabolites[identifier],
            reactions=reactions[identifier],
        )


def _finite(bound: float) -> float | None:
    return None if math.isinf(bound) else float(bound)
