"""Essential genes and reactions: single knock-outs that leave too little of the wild type's growth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.display import fitted, shown
from fluxagents.tasks.fba.glpk import LinearProgram
from fluxagents.tasks.fba.growth import ConditionResult, conditioned, optimise, solved
from fluxagents.tasks.fba.medium import ConditionArgs, known_reaction
from fluxagents.tasks.fba.outcome import Outcome
from fluxagents.tasks.fba.tool import KEY_FINDINGS_BYTES, SUMMARY_BYTES, Tool

if TYPE_CHECKING:
    import pandas as pd
    from cobra import Gene, Model


class Args(ConditionArgs):
    """What is knocked out, one at a time; without ids all genes and all reactions."""

    genes: tuple[str, ...] | None = Field(
        default=None,
        description="Gene ids to test; all if neither genes nor reactions are named; [] for none.",
    )
    reactions: tuple[str, ...] | None = Field(
        default=None,
        description="Reaction ids to test; all if neither genes nor reactions are named; [] for none.",
    )
    threshold_fraction_of_wild_type: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="Essential is what leaves less growth than this fraction of the wild type's.",
    )


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

    def key_findings(self) -> dict[str, JsonValue]:
        return fitted(lambda most: self._display(most, min(most, 12)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fitted(lambda most: self._display(most, most), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        import pandas as pd

        numbers = dict.fromkeys(("growth_per_h", "growth_fraction_of_wild_type"), "float64")
        tables = {"genes": self.genes, "reactions": self.reactions}
        return {
            name: pd.DataFrame(table.model_dump(mode="json")).astype(numbers)
            for name, table in tables.items()
        }

    def _display(self, most: int, most_reactions: int) -> dict[str, JsonValue]:
        return {
            **self.conditions(min(most, 10)),
            "threshold_fraction_of_wild_type": self.threshold_fraction_of_wild_type,
            "genes_tested": self.genes_tested,
            "essential_genes": shown(self.essential_genes, most),
            "reactions_tested": self.reactions_tested,
            "essential_reactions": shown(self.essential_reactions, most_reactions),
        }


def run(model: Model, args: Args) -> Result:
    """Knock out each gene and each reaction alone; growth in 1/h.

    A knock-out that is infeasible or does not grow is lethal. A knock-out of reactions without flux at the
    wild type's optimum leaves that optimum feasible, and so has the wild type's growth without a solve.

    Raises:
        FluxError: `UNKNOWN_ID` with the nearest ids, `MEDIUM` for conditions that do not fit the model,
            `BAD_ARGUMENT` if the objective is minimised; `SOLVER` or `TIMEOUT`.
    """
    everything = args.genes is None and args.reactions is None
    genes = _genes(model, None if everything else args.genes or ())
    reactions = _reactions(model, None if everything else args.reactions or ())
    with conditioned(model, args) as conditions:
        program = conditions.program
        optimum = optimise(program)
        report = conditions.report(optimum)
        if optimum.status is not Outcome.OPTIMAL or optimum.value is None:
            genes, reactions = [], []
        elif not program.maximises or optimum.value < 0:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT, f"the objective of model '{model.id}' is no growth to maximise"
            )
        wild_type = _WildType.solved(program, optimum.value or 0.0, args.threshold_fraction_of_wild_type)
        gene_table = _table(wild_type, genes)
        reaction_table = _table(wild_type, reactions)
    tested = optimum.status is Outcome.OPTIMAL
    return Result.model_validate(
        report
        | {
            "threshold_fraction_of_wild_type": args.threshold_fraction_of_wild_type,
            "genes_tested": len(genes) if tested else None,
            "reactions_tested": len(reactions) if tested else None,
            "essential_genes": _essential(gene_table),
            "essential_reactions": _essential(reaction_table),
            "genes": gene_table,
            "reactions": reaction_table,
        }
    )


@dataclass(frozen=True, slots=True)
class _KnockOut:
    id: str
    name: str
    places: frozenset[int]
    """Of the reactions, in `model.reactions`, that lose their flux."""


@dataclass(frozen=True, slots=True)
class _WildType:
    program: LinearProgram
    growth_per_h: float
    active: frozenset[int]
    threshold: float
    known: dict[frozenset[int], tuple[Outcome, float | None]]
    """Knock-outs solved so far: many genes disable the same reactions."""

    @classmethod
    def solved(cls, program: LinearProgram, growth: float, threshold: float) -> _WildType:
        active = (
            frozenset(place for place, flux in enumerate(program.fluxes()) if flux) if growth else frozenset()
        )
        program.remember_basis()
        return cls(program, growth, active, threshold, {frozenset(): (Outcome.OPTIMAL, growth)})

    def without(self, places: frozenset[int]) -> tuple[Outcome, float | None]:
        """The outcome and growth (1/h) after a knock-out."""
        if not places & self.active:
            return Outcome.OPTIMAL, self.growth_per_h
        if places not in self.known:
            with self.program.bounded(dict.fromkeys(sorted(places), (0.0, 0.0))):
                self.program.restore_basis()
                optimum = solved(self.program, dual=True)
            self.known[places] = (optimum.status, optimum.value)
        return self.known[places]


def _table(wild_type: _WildType, knock_outs: Iterable[_KnockOut]) -> KnockOutTable:
    rows = []
    for knock_out in knock_outs:
        status, growth = wild_type.without(knock_out.places)
        fraction = None if growth is None else growth / wild_type.growth_per_h
        lethal = fraction is None or fraction < wild_type.threshold
        rows.append((knock_out.id, knock_out.name, status, growth, fraction, lethal))
    columns = zip(*rows, strict=True) if rows else ((),) * len(KnockOutTable.model_fields)
    return KnockOutTable.model_validate(dict(zip(KnockOutTable.model_fields, columns, strict=True)))


def _essential(table: KnockOutTable) -> tuple[str, ...]:
    pairs = zip(table.id, table.is_essential, strict=True)
    return tuple(sorted(identifier for identifier, essential in pairs if essential))


def _genes(model: Model, ids: Sequence[str] | None) -> list[_KnockOut]:
    if ids is None:
        genes: list[Gene] = list(model.genes)
    else:
        unknown = [identifier for identifier in ids if identifier not in model.genes]
        if unknown:
            message = f"gene '{unknown[0]}' is not in model '{model.id}'"
            known = [gene.id for gene in model.genes]
            raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=nearest(unknown[0], known))
        genes = [model.genes.get_by_id(identifier) for identifier in dict.fromkeys(ids)]
    broken = {gene.id for gene in model.genes if not gene.functional}
    places = {reaction.id: place for place, reaction in enumerate(model.reactions)}
    return [
        _KnockOut(
            gene.id,
            gene.name or "",
            frozenset(places[r.id] for r in gene.reactions if not r.gpr.eval(broken | {gene.id})),
        )
        for gene in genes
    ]


def _reactions(model: Model, ids: Sequence[str] | None) -> list[_KnockOut]:
    wanted = None if ids is None else {known_reaction(model, identifier) for identifier in ids}
    return [
        _KnockOut(reaction.id, reaction.name or "", frozenset({place}))
        for place, reaction in enumerate(model.reactions)
        if wanted is None or reaction.id in wanted
    ]


TOOL = Tool(
    name="analyze_essentiality",
    purpose="Which single genes and reactions the cell cannot grow without, in any medium.",
    args=Args,
    result=Result,
    run=run,
    reference="Edwards, Palsson 2000, doi:10.1073/pnas.97.10.5528",
    example={"medium_changes": {"EX_glc__D_e": 0, "EX_ac_e": 20}},
)
