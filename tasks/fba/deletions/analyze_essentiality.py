"""Essential genes and reactions: single knock-outs that leave too little of the wild type's growth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.tasks.display import MAX_NAMED, list_names, list_values
from fluxagents.tasks.fba.deletions.essentiality_agreement import (
    Agreement,
    ObservedArgs,
    agreement,
    read_observations,
)
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, require_reaction
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.wild_type import Disabled, WildType, is_lethal
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(ObservedArgs, ConditionArgs):
    """What is knocked out, one at a time; without ids all genes and all reactions."""

    what: Literal["genes_and_reactions", "genes", "reactions"] = Field(
        default="genes_and_reactions", description="All of what is tested, unless ids are named."
    )
    genes: tuple[str, ...] | None = Field(default=None, description="Test these gene ids only.")
    reactions: tuple[str, ...] | None = Field(default=None, description="Test these reaction ids only.")
    threshold_fraction_of_wild_type: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="Essential is what leaves less growth than this fraction of the wild type's.",
    )

    @property
    def further_concerns(self) -> frozenset[Concern]:
        return frozenset({Concern.GENES} if self.what != "reactions" else ())

    @model_validator(mode="after")
    def _tests_what_was_observed(self) -> Self:
        is_observed = self.observed is not None or self.observed_table is not None
        if is_observed and not self.tests("genes") and self.genes is None:
            raise ValueError("genes were observed: test genes too")
        return self

    def tests(self, kind: Literal["genes", "reactions"]) -> bool:
        """Whether all genes, or all reactions, are to be tested."""
        return self.genes is None and self.reactions is None and kind in self.what


class KnockOutTable(BaseModel):
    """One row per knock-out, column by column, in the order of the model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    status: tuple[Outcome, ...] = ()
    growth_per_h: tuple[float | None, ...] = Field(
        default=(), description="None if the knock-out is infeasible."
    )
    growth_fraction_of_wild_type: tuple[float | None, ...] = Field(default=(), description="As growth.")
    is_essential: tuple[bool, ...] = ()


class Result(ConditionResult):
    """The essential genes and reactions; empty and without counts unless the wild type grows."""

    threshold_fraction_of_wild_type: float
    genes_tested: int | None = Field(description="Count.")
    reactions_tested: int | None = Field(description="Count.")
    essential_genes: tuple[str, ...]
    essential_reactions: tuple[str, ...]
    genes: KnockOutTable
    reactions: KnockOutTable
    agreement: Agreement | None = Field(
        default=None, description="With what was observed; None if nothing was, or without growth."
    )

    def tables(self) -> Mapping[str, pd.DataFrame]:
        numbers = dict.fromkeys(("growth_per_h", "growth_fraction_of_wild_type"), "float64")
        tables = {"genes": self.genes, "reactions": self.reactions}
        return {
            name: pd.DataFrame(table.model_dump(mode="json")).astype(numbers)
            for name, table in tables.items()
        }

    def display(self, limit: int) -> dict[str, JsonValue]:
        display: dict[str, JsonValue] = {
            **self.conditions(min(limit, 10)),
            "threshold_fraction_of_wild_type": self.threshold_fraction_of_wild_type,
            "genes_tested": self.genes_tested,
            "essential_genes": list_names(self.essential_genes, limit),
            "reactions_tested": self.reactions_tested,
            "essential_reactions": list_names(self.essential_reactions, limit),
        }
        left = {
            identifier: growth
            for table in (self.genes, self.reactions)
            for identifier, growth in zip(table.id, table.growth_per_h, strict=True)
        }
        if 0 < len(left) <= MAX_NAMED:
            display["growth_without_per_h"] = list_values(left, limit)
        return display if self.agreement is None else display | {"agreement": self.agreement.display(limit)}


def gather(sources: Sources, args: Args) -> Mapping[str, bool] | None:
    """What was observed, if it is in a stored table; raises as `read_observations`."""
    return read_observations(sources, args)


def run(model: Model, args: Args, stored: Mapping[str, bool] | None = None) -> Result:
    """Knock out each gene and each reaction alone; growth in 1/h.

    A knock-out that is infeasible or does not grow is lethal. Facts for a flow: `essential_genes.count`,
    `essential_reactions.count`, and with observations `agreement.mcc`, `agreement.accuracy_fraction`,
    `agreement.false_positives`, `agreement.false_negatives`, `agreement.unmapped.count`.

    Raises:
        FluxError: `UNKNOWN_ID` with the nearest ids, `MEDIUM` for conditions that do not fit the model,
            `BAD_ARGUMENT` if the objective is minimised; `SOLVER` or `TIMEOUT`.
    """
    with hold_conditions(model, args) as conditions:
        wild_type = WildType(conditions)
        grows = wild_type.growth_per_h is not None
        genes, reactions = _genes(model, args), _reactions(model, args)
        if not grows:
            genes, reactions = [], []
        threshold = args.threshold_fraction_of_wild_type
        gene_table = _table(wild_type, genes, threshold)
        reaction_table = _table(wild_type, reactions, threshold)
    observed = args.observed if stored is None else stored
    agreed = None
    if observed is not None and grows:
        ids = [gene.id for gene in model.genes]
        essential = _essential(gene_table)
        agreed = agreement(observed, gene_table.id, essential, ids, unlisted=args.unlisted_genes)
    return Result.model_validate(
        wild_type.report
        | {
            "threshold_fraction_of_wild_type": threshold,
            "genes_tested": len(genes) if grows else None,
            "reactions_tested": len(reactions) if grows else None,
            "essential_genes": _essential(gene_table),
            "essential_reactions": _essential(reaction_table),
            "genes": gene_table,
            "reactions": reaction_table,
            "agreement": agreed,
        }
    )


@dataclass(frozen=True, slots=True)
class _KnockOut:
    id: str
    name: str
    disabled: Disabled


def _table(wild_type: WildType, knock_outs: Iterable[_KnockOut], threshold: float) -> KnockOutTable:
    rows = []
    for knock_out in knock_outs:
        survivor = wild_type.without(knock_out.disabled)
        fraction = wild_type.fraction(survivor.growth_per_h)
        lethal = is_lethal(fraction, threshold)
        rows.append((knock_out.id, knock_out.name, survivor.status, survivor.growth_per_h, fraction, lethal))
    columns = zip(*rows, strict=True) if rows else ((),) * len(KnockOutTable.model_fields)
    return KnockOutTable.model_validate(dict(zip(KnockOutTable.model_fields, columns, strict=True)))


def _essential(table: KnockOutTable) -> tuple[str, ...]:
    pairs = zip(table.id, table.is_essential, strict=True)
    return tuple(sorted(identifier for identifier, essential in pairs if essential))


def _genes(model: Model, args: Args) -> list[_KnockOut]:
    rules = GeneRules(model)
    genes = model.genes if args.tests("genes") else rules.require_genes(args.genes or ())
    return [_KnockOut(gene.id, gene.name or "", rules.disabled_reactions((gene.id,))) for gene in genes]


def _reactions(model: Model, args: Args) -> list[_KnockOut]:
    named = {require_reaction(model, identifier) for identifier in args.reactions or ()}
    return [
        _KnockOut(reaction.id, reaction.name or "", frozenset({index}))
        for index, reaction in enumerate(model.reactions)
        if args.tests("reactions") or reaction.id in named
    ]


TOOL = Tool(
    name="analyze_essentiality",
    purpose="Which single genes and reactions the cell cannot grow without, in any medium.",
    answers=("essentiality", "growth"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    reference="Edwards, Palsson 2000, doi:10.1073/pnas.97.10.5528",
    example={"medium_changes": {"EX_glc__D_e": 0, "EX_ac_e": 20}},
)
