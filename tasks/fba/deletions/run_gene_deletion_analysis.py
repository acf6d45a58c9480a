"""Growth after gene deletions: one gene, two genes, or a set of genes at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.events import Shard
from fluxagents.tasks.display import MAX_NAMED, cut_text, list_names, list_values
from fluxagents.tasks.fba.deletions.gene_pairs import GenePairs, Pair
from fluxagents.tasks.fba.deletions.moma import Adjustment, adjustment
from fluxagents.tasks.fba.sensitivity.tabulate import fill_columns
from fluxagents.tasks.fba.solving.conditions import ConditionArgs
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.wild_type import Survivor, WildType, is_lethal
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.tool import PREDICTIONS, Split, Tool

if TYPE_CHECKING:
    from cobra import Model

PARTS = 8
"""Of pairs of many genes; each solves the single deletions of its own, which takes a second on iJO1366."""

MAX_PAIRS_WHOLE = 250_000
"""With more pairs the work is split: it takes more than some ten seconds."""

SLOWER = 1e-6
"""Fraction of the wild type's growth that a deletion costs at least to be counted as slower."""

MAX_PAIRS_LISTED = 20_000
"""With more pairs only those are listed that differ from the worse of their two genes."""


class Args(ConditionArgs):
    """Which genes are deleted together."""

    kind: Literal["single", "double", "sets"] = Field(
        default="single",
        description="single: each gene alone; double: all pairs of genes; sets: each set of 'sets' together.",
    )
    method: Literal["fba", "moma"] = Field(
        default="fba",
        description="fba: the best growth left; moma: growth at the fluxes nearest to the wild type's pFBA, "
        "as right after the deletion (extra 'highs'; not for double).",
    )
    genes: tuple[str, ...] | None = Field(default=None, description="Gene ids to delete; all if not given.")
    partners: tuple[str, ...] | None = Field(
        default=None, description="Double only: pair 'genes' with these gene ids, not with each other."
    )
    sets: tuple[tuple[str, ...], ...] | None = Field(
        default=None, description='Sets only: gene ids deleted together, such as [["b0720", "b1136"]].'
    )
    threshold_fraction_of_wild_type: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="Lethal is what leaves less growth than this fraction of the wild type's.",
    )

    @model_validator(mode="after")
    def _fits_the_kind(self) -> Self:
        if (self.kind == "sets") != bool(self.sets) or any(not genes for genes in self.sets or ()):
            raise ValueError("give 'sets', each with a gene, with kind 'sets' and only then")
        if self.kind == "sets" and self.genes is not None:
            raise ValueError("kind 'sets' takes 'sets', not 'genes'")
        if self.partners is not None and self.kind != "double":
            raise ValueError("'partners' go with kind 'double'")
        if self.kind == "double" and self.method == "moma":
            raise ValueError("method 'moma' goes with kind 'single' or 'sets'")
        return self

    @property
    def further_solvers(self) -> tuple[str, ...]:
        return ("osqp",) if self.method == "moma" else ()


class DeletionTable(BaseModel):
    """One row per deletion, column by column."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    genes: tuple[tuple[str, ...], ...] = ()
    status: tuple[Outcome, ...] = ()
    growth_per_h: tuple[float | None, ...] = Field(
        default=(), description="None if the deletion is infeasible."
    )
    growth_fraction_of_wild_type: tuple[float | None, ...] = Field(default=(), description="As growth.")
    is_lethal: tuple[bool, ...] = ()


class Result(ConditionResult):
    """The outcome of each deletion; empty and without counts unless the wild type grows."""

    kind: Literal["single", "double", "sets"]
    method: Literal["fba", "moma"]
    threshold_fraction_of_wild_type: float
    deletions_tested: int | None = Field(default=None, description="Count; of pairs with each gene alone.")
    lethal_deletions: int | None = Field(default=None, description="Count, as tested.")
    lethal_pairs: int | None = Field(
        default=None, description="Count of lethal pairs of two genes, none with itself."
    )
    slower_deletions: int | None = Field(
        default=None, description="Count of deletions that are not lethal, but grow less than the wild type."
    )
    lethal_genes: tuple[str, ...] = Field(default=(), description="Genes whose deletion alone is lethal.")
    synthetic_lethal_pairs: tuple[tuple[str, str], ...] = Field(
        default=(), description="Pairs that are lethal although each of the two genes alone is not."
    )
    pairs_listed: Literal["all", "interacting"] | None = Field(
        default=None,
        description="Interacting: the table lists the pairs that differ from the worse of their two genes, "
        "every other pair grows as that does.",
    )
    pairs_to_solve: int | None = Field(
        default=None,
        description="Count of pairs that no single deletion settles: at most so many linear programs.",
    )
    deletions: DeletionTable = DeletionTable()

    def tables(self) -> Mapping[str, pd.DataFrame]:
        columns = self.deletions.model_dump(mode="json")
        columns["genes"] = [" + ".join(genes) for genes in self.deletions.genes]
        numbers = dict.fromkeys(("growth_per_h", "growth_fraction_of_wild_type"), "float64")
        return {"deletions": pd.DataFrame(columns).astype(numbers)}

    def display(self, limit: int) -> dict[str, JsonValue]:
        display: dict[str, JsonValue] = {
            **self.conditions(min(limit, 10)),
            "kind": self.kind,
            "method": self.method,
            "threshold_fraction_of_wild_type": self.threshold_fraction_of_wild_type,
            "deletions_tested": self.deletions_tested,
            "lethal_deletions": self.lethal_deletions,
            "slower_deletions": self.slower_deletions,
        }
        if self.kind != "sets":
            display["lethal_genes"] = list_names(self.lethal_genes, limit)
        if self.kind == "double":
            pairs = [" + ".join(pair) for pair in self.synthetic_lethal_pairs]
            display["lethal_pairs"] = self.lethal_pairs
            display["synthetic_lethal_pairs"] = list_names(pairs, limit)
        else:
            display["growth_fraction_of_wild_type"] = self._fractions(limit)
        if 0 < len(self.deletions.genes) <= MAX_NAMED:
            rows = zip(self.deletions.genes, self.deletions.growth_per_h, strict=True)
            left = {cut_text(" + ".join(genes)): growth for genes, growth in rows}
            display["growth_without_per_h"] = list_values(left, limit)
        return display

    def _fractions(self, limit: int) -> dict[str, JsonValue]:
        """Growth as a fraction of the wild type's, the slowest first; None is infeasible."""
        rows = zip(self.deletions.genes, self.deletions.growth_fraction_of_wild_type, strict=True)
        ordered = sorted(rows, key=lambda row: -1.0 if row[1] is None else row[1])
        return list_values({cut_text(" + ".join(genes)): fraction for genes, fraction in ordered}, limit)


def run(model: Model, args: Args) -> Result:
    """Delete genes and report what growth (1/h) is left.

    A deletion that is infeasible or does not grow is lethal. Pairs hold each gene with itself, which is the
    deletion of one gene.

    Raises:
        FluxError: `UNKNOWN_ID` with the nearest ids, `MEDIUM` for conditions that do not fit the model,
            `BAD_ARGUMENT` if the objective is minimised or more than `gene_pairs.MAX_SOLVES` pairs need a
            solve; `SOLVER` or `TIMEOUT`.
    """
    return run_shard(model, args, Shard(index=0, of=1))


def count_shards(model: Model, args: Args) -> int:
    """The count of shards: one if the shards would wait longer than they work."""
    genes = len(model.genes if args.genes is None else args.genes)
    partners = genes if args.partners is None else len(args.partners)
    return PARTS if args.kind == "double" and genes * partners > MAX_PAIRS_WHOLE else 1


def run_shard(model: Model, args: Args, shard: Shard) -> Result:
    """As `run`, for one shard of the pairs; each shard knows every gene that is lethal alone."""
    rules = GeneRules(model)
    genes = _ids(model, rules, args.genes)
    partners = None if args.partners is None else _ids(model, rules, args.partners)
    sets = [_ids(model, rules, ids) for ids in args.sets or ()]
    with hold_conditions(model, args) as conditions:
        wild_type = WildType(conditions)
        report = wild_type.report | args.model_dump(
            include={"kind", "method", "threshold_fraction_of_wild_type"}
        )
        if wild_type.growth_per_h is None:
            return Result.model_validate(report)
        tally = _Tally(wild_type, args.threshold_fraction_of_wild_type)
        if args.kind == "double":
            fields = _pairs(tally, GenePairs(wild_type, rules, genes, partners, shard))
        else:
            chosen = sets or [(gene,) for gene in genes]
            with _strains(model, args, wild_type) as strains:
                fields = _alone(
                    tally, ((ids, strains.without(rules.disabled_reactions(ids))) for ids in chosen)
                )
        return Result.model_validate(report | fields)


def merge(args: Args, results: Sequence[Result]) -> Result:
    """All shards as one result; every shard has the same single deletions and the same conditions."""
    del args
    first = results[0]
    if first.deletions_tested is None:
        return first
    columns = {
        name: tuple(value for result in results for value in getattr(result.deletions, name))
        for name in DeletionTable.model_fields
    }
    counts = ("deletions_tested", "lethal_deletions", "lethal_pairs", "slower_deletions", "pairs_to_solve")
    return first.model_copy(
        update={
            **{name: sum(getattr(result, name) for result in results) for name in counts},
            "synthetic_lethal_pairs": tuple(p for result in results for p in result.synthetic_lethal_pairs),
            "deletions": DeletionTable.model_validate(columns),
        }
    )


@contextmanager
def _strains(model: Model, args: Args, wild_type: WildType) -> Iterator[WildType | Adjustment]:
    """A method that computes the growth of a strain."""
    if args.method == "fba":
        yield wild_type
        return
    with adjustment(model, wild_type) as adjusted:
        yield adjusted


class _Tally:
    """Counts of all deletions, and rows of those that are listed."""

    def __init__(self, wild_type: WildType, threshold: float) -> None:
        self._wild_type = wild_type
        self._threshold = threshold
        self._rows: list[tuple[object, ...]] = []
        self._tested = self._lethal = self._slower = 0

    def is_lethal(self, survivor: Survivor) -> bool:
        return is_lethal(self._wild_type.fraction(survivor.growth_per_h), self._threshold)

    def add(self, genes: Sequence[str], survivor: Survivor, *, listed: bool = True) -> bool:
        """Count a deletion; returns whether it is lethal."""
        fraction = self._wild_type.fraction(survivor.growth_per_h)
        lethal = is_lethal(fraction, self._threshold)
        self._tested += 1
        self._lethal += lethal
        self._slower += not lethal and fraction is not None and fraction < 1 - SLOWER
        if listed:
            self._rows.append((tuple(genes), survivor.status, survivor.growth_per_h, fraction, lethal))
        return lethal

    def as_fields(self) -> dict[str, object]:
        return {
            "deletions_tested": self._tested,
            "lethal_deletions": self._lethal,
            "slower_deletions": self._slower,
            "deletions": fill_columns(DeletionTable, self._rows),
        }


def _alone(tally: _Tally, survivors: Iterable[tuple[Sequence[str], Survivor]]) -> dict[str, object]:
    lethal = [genes for genes, survivor in survivors if tally.add(genes, survivor)]
    return tally.as_fields() | {
        "lethal_genes": tuple(sorted({genes[0] for genes in lethal if len(genes) == 1}))
    }


def _pairs(tally: _Tally, pairs: GenePairs) -> dict[str, object]:
    everything = pairs.of_all_parts <= MAX_PAIRS_LISTED
    lethal_alone = {gene for gene, survivor in pairs.alone.items() if tally.is_lethal(survivor)}
    synthetic: list[Pair] = []
    lethal = 0
    for pair in pairs:
        survivor = pairs.without(pair)
        is_lethal_pair = tally.add(
            tuple(dict.fromkeys(pair)), survivor, listed=everything or pairs.interact(pair, survivor)
        )
        if is_lethal_pair and pair[0] != pair[1]:
            lethal += 1
            synthetic += [pair] if lethal_alone.isdisjoint(pair) else []
    return tally.as_fields() | {
        "lethal_genes": tuple(sorted(lethal_alone)),
        "lethal_pairs": lethal,
        "synthetic_lethal_pairs": tuple(synthetic),
        "pairs_listed": "all" if everything else "interacting",
        "pairs_to_solve": pairs.unsettled,
    }


def _ids(model: Model, rules: GeneRules, ids: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(gene.id for gene in (model.genes if ids is None else rules.require_genes(ids)))


TOOL = Tool(
    name="run_gene_deletion_analysis",
    purpose="Growth without genes, one, two or a set at a time; lethal genes and synthetic lethal pairs.",
    answers=("essentiality", "synthetic lethality", "growth"),
    args=Args,
    result=Result,
    run=run,
    rests_on=PREDICTIONS | {Concern.GENES},
    split=Split(count=count_shards, run=run_shard, merge=merge),
    reference="Suthers et al. 2009, doi:10.1038/msb.2009.56; Segre et al. 2002, doi:10.1073/pnas.232349399",
    example={"kind": "double", "genes": ["b1723", "b3916", "b2926", "b0720"]},
    queue="tools.long",
)
