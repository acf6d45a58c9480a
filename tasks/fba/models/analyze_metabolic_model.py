"""What a model is made of: counts, compartments, subsystems, objective, medium, orphans and dead ends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import fit_display, list_names, list_values
from fluxagents.tasks.fba.fluxes.subsystems import find_main_subsystem
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, exchanges
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions, optimise
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Metabolite, Model, Reaction

_SAFE_ID = re.compile(r"[A-Za-z0-9_.\-\[\]()/:+,*']{1,255}")
"""Ids that GLPK, SBML and spreadsheets all keep as they are."""


class Args(ConditionArgs):
    """Under which conditions growth is reported; the structure depends on the reactions' bounds only."""


class StructureTable(BaseModel):
    """One row per reaction, column by column, in the order of the model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: tuple[str, ...]
    name: tuple[str, ...]
    subsystem: tuple[str, ...]
    equation: tuple[str, ...]
    genes: tuple[str, ...]
    lower_bound_mmol_per_gdw_h: tuple[float | None, ...] = Field(description="None for no limit.")
    upper_bound_mmol_per_gdw_h: tuple[float | None, ...] = Field(description="None for no limit.")


class Result(ConditionResult):
    """The structure of a model."""

    model_name: str
    reactions: int = Field(description="Count of all reactions.")
    metabolites: int = Field(description="Count of all metabolites.")
    genes: int = Field(description="Count of all genes.")
    exchange_reactions: int = Field(description="Count.")
    other_boundary_reactions: int = Field(description="Count of demands, sinks and other boundary reactions.")
    reversible_reactions: int = Field(description="Count.")
    reactions_with_genes: int = Field(description="Count of reactions with a gene rule.")
    gene_rule_coverage: float | None = Field(
        description="Fraction of the reactions that are not boundary reactions with a gene rule."
    )
    compartments: dict[str, str]
    subsystem_reactions: dict[str, int] = Field(
        description="Count of reactions per subsystem, largest first."
    )
    orphan_reactions: tuple[str, ...] = Field(description="Internal reactions without a gene rule.")
    dead_end_metabolites: tuple[str, ...] = Field(
        description="Only produced or only consumed within the bounds."
    )
    unused_metabolites: tuple[str, ...]
    closed_reactions: tuple[str, ...] = Field(description="Reactions whose both bounds are 0.")
    unsafe_ids: tuple[str, ...] = Field(description="Ids with characters that some solver or format changes.")
    table: StructureTable

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 10)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit) | self._details(limit), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"reactions": pd.DataFrame(self.table.model_dump())}

    def _display(self, limit: int) -> dict[str, JsonValue]:
        counts = ("reactions", "metabolites", "genes", "exchange_reactions", "other_boundary_reactions",
                  "reversible_reactions", "reactions_with_genes", "gene_rule_coverage")  # fmt: skip
        return {
            **self.conditions(limit),
            **{name: getattr(self, name) for name in counts},
            "compartments": dict(list(self.compartments.items())[:limit]),
            "medium_mmol_per_gdw_h": list_values(self.medium_mmol_per_gdw_h, limit),
            "orphan_reactions": len(self.orphan_reactions),
            "dead_end_metabolites": len(self.dead_end_metabolites),
            "unsafe_ids": len(self.unsafe_ids),
        }

    def _details(self, limit: int) -> dict[str, JsonValue]:
        return {
            "subsystem_reactions": dict(list(self.subsystem_reactions.items())[:limit]),
            "subsystems": len(self.subsystem_reactions),
            "orphan_reactions": list_names(self.orphan_reactions, limit),
            "dead_end_metabolites": list_names(self.dead_end_metabolites, limit),
            "unused_metabolites": list_names(self.unused_metabolites, limit),
            "closed_reactions": list_names(self.closed_reactions, limit),
            "unsafe_ids": list_names(self.unsafe_ids, limit),
        }


def run(model: Model, args: Args) -> Result:
    """Describe the model and its growth (1/h).

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model; `SOLVER` or `TIMEOUT`.
    """
    with hold_conditions(model, args, aim="objective") as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum, conditions.growth_at(optimum))
        return Result.model_validate(report | _counts(model) | _lists(model) | {"table": _table(model)})


def _counts(model: Model) -> dict[str, object]:
    boundary = {reaction.id for reaction in model.boundary}
    exchange_reactions = exchanges(model)
    internal = [reaction for reaction in model.reactions if reaction.id not in boundary]
    with_genes = sum(1 for reaction in internal if reaction.genes)
    subsystems = Counter(find_main_subsystem(reaction) or "(none)" for reaction in model.reactions)
    return {
        "model_name": model.name or "",
        "reactions": len(model.reactions),
        "metabolites": len(model.metabolites),
        "genes": len(model.genes),
        "exchange_reactions": len(exchange_reactions),
        "other_boundary_reactions": len(boundary - exchange_reactions.keys()),
        "reversible_reactions": sum(1 for reaction in model.reactions if reaction.reversibility),
        "reactions_with_genes": sum(1 for reaction in model.reactions if reaction.genes),
        "gene_rule_coverage": with_genes / len(internal) if internal else None,
        "compartments": {key: name or key for key, name in sorted(model.compartments.items())},
        "subsystem_reactions": dict(sorted(subsystems.items(), key=lambda pair: (-pair[1], pair[0]))),
    }


def _lists(model: Model) -> dict[str, object]:
    ids = (item.id for group in (model.reactions, model.metabolites, model.genes) for item in group)
    boundary = set(model.boundary)
    orphans = (r.id for r in model.reactions if not r.genes and r not in boundary)
    return {
        "orphan_reactions": tuple(sorted(orphans)),
        "dead_end_metabolites": tuple(
            sorted(m.id for m in model.metabolites if m.reactions and _is_dead_end(m))
        ),
        "unused_metabolites": tuple(sorted(m.id for m in model.metabolites if not m.reactions)),
        "closed_reactions": tuple(sorted(r.id for r in model.reactions if r.bounds == (0, 0))),
        "unsafe_ids": tuple(sorted(identifier for identifier in ids if not _SAFE_ID.fullmatch(identifier))),
    }


def _is_dead_end(metabolite: Metabolite) -> bool:
    produced = consumed = False
    for reaction in metabolite.reactions:
        coefficient = reaction.metabolites[metabolite]
        forward, backward = reaction.upper_bound > 0, reaction.lower_bound < 0
        produced = produced or (forward if coefficient > 0 else backward)
        consumed = consumed or (backward if coefficient > 0 else forward)
    return not (produced and consumed)


def _table(model: Model) -> StructureTable:
    reactions: list[Reaction] = list(model.reactions)
    return StructureTable(
        reaction=tuple(reaction.id for reaction in reactions),
        name=tuple(reaction.name or "" for reaction in reactions),
        subsystem=tuple(reaction.subsystem or "" for reaction in reactions),
        equation=tuple(reaction.reaction for reaction in reactions),
        genes=tuple(reaction.gene_reaction_rule for reaction in reactions),
        lower_bound_mmol_per_gdw_h=tuple(_finite(reaction.lower_bound) for reaction in reactions),
        upper_bound_mmol_per_gdw_h=tuple(_finite(reaction.upper_bound) for reaction in reactions),
    )


def _finite(bound: float) -> float | None:
    return None if abs(bound) == float("inf") else float(bound)


TOOL = Tool(
    name="analyze_metabolic_model",
    purpose="What a model contains: counts, subsystems, objective, medium, growth, orphans, dead ends.",
    answers=("model contents", "growth"),
    args=Args,
    result=Result,
    run=run,
    rests_on=EVERYTHING,
    reference="Thiele, Palsson 2010, doi:10.1038/nprot.2009.203",
    example={},
)
