"""Minimal cut sets: the fewest knock-outs that make what is unwanted impossible and keep what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.display import cut_text, fit_display, round_for_display
from fluxagents.tasks.fba.cut_sets.cell_behaviour import (
    Behaviour,
    Conversion,
    Growth,
    LowYield,
    find_extreme_yield,
)
from fluxagents.tasks.fba.cut_sets.cut_set_program import CutSetProgram
from fluxagents.tasks.fba.cut_sets.cut_set_search import CutSets, CutSetSearch, StoppedBy
from fluxagents.tasks.fba.cut_sets.cut_targets import CutTargets, Kind, cut_targets
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, exchanges, uptake
from fluxagents.tasks.fba.solving.growth import ConditionResult, Conditions, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.optlang_program import IntegerArgs, optlang_program
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.production.carbon import carbon_atoms
from fluxagents.tasks.fba.solving.production.production_target import production_target
from fluxagents.tasks.fba.solving.production.substrate import INORGANIC, substrate_exchange
from fluxagents.tasks.fba.solving.wild_type import WildType
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction

DEFAULT_YIELD_FRACTION = 0.1
"""Of the greatest yield, where none is asked for."""

COST_UNIT = "in the units of `costs` (a count of knock-outs where there are none)"


class Args(IntegerArgs, ConditionArgs):
    """What shall be impossible, and what may be knocked out for it.

    Without a product: growth. With one: growth with little of the product per substrate, while growth with
    more of it stays possible.
    """

    product_exchange: str | None = Field(
        default=None,
        description="Exchange reaction of the product that growth is coupled to, such as EX_etoh_e, or a "
        "metabolite without one. If absent, growth itself shall be impossible.",
    )
    substrate_exchange: str | None = Field(
        default=None, description="Of the yield; the only organic uptake of the medium if absent."
    )
    min_yield_mol_per_mol: float | None = Field(
        default=None,
        ge=0,
        description="Product per substrate that a growing cell must make more than; a tenth of the greatest "
        "yield if absent.",
    )
    min_growth_fraction_of_wild_type: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="With a product: fraction of the wild type's growth that must stay possible, and from "
        "which on a low yield must not be.",
    )
    threshold_fraction_of_wild_type: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="Without a product: growth from this fraction of the wild type's on shall be impossible.",
    )
    kind: Kind = Field(default="reactions", description="What is knocked out.")
    most_knock_outs: int = Field(default=3, ge=1, le=4, description="Count of knock-outs of a set at most.")
    candidates: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Gene or reaction ids that may be knocked out; all genes, or all reactions but "
        "exchanges, demands, sinks and biomass, if absent.",
    )
    excluded: tuple[str, ...] = Field(default=(), description="Ids that may not be knocked out.")
    costs: dict[str, float] | None = Field(
        default=None,
        description="Gene or reaction id -> cost of its knock-out in units of your own, above 0; 1 for all "
        "others, which makes the cost of a set the count of its knock-outs.",
    )
    max_cost: float | None = Field(
        default=None,
        gt=0,
        description=f"Of a set, {COST_UNIT}; no limit if absent.",
    )
    most_sets: int = Field(
        default=50, ge=1, le=5000, description="Count of cut sets to find, the cheapest first."
    )
    time_limit_s: float = Field(
        default=300, ge=1, le=1500, description="Seconds after which the search ends with what it found."
    )

    @property
    def further_concerns(self) -> frozenset[Concern]:
        return frozenset({Concern.GENES} if self.kind == "genes" else ())

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.product_exchange is None and (self.substrate_exchange, self.min_yield_mol_per_mol) != (
            None,
            None,
        ):
            raise ValueError("a yield goes with 'product_exchange'")
        if any(cost <= 0 for cost in (self.costs or {}).values()):
            raise ValueError("costs are above 0; name what costs too much in 'excluded'")
        return self


class CutSetTable(BaseModel):
    """One row per cut set, column by column, the cheapest first."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    knock_outs: tuple[tuple[str, ...], ...] = ()
    cost: tuple[float, ...] = Field(default=(), description=f"Of the set, {COST_UNIT}.")
    closed_reactions: tuple[tuple[str, ...], ...] = ()
    growth_per_h: tuple[float | None, ...] = Field(
        default=(), description="The best that is left; None if the strain is infeasible."
    )
    least_yield_mol_per_mol: tuple[float | None, ...] = Field(
        default=(),
        description="Of all states that grow as much as must stay possible; None without a product.",
    )
    is_verified: tuple[bool, ...] = Field(
        default=(),
        description="Whether flux balance analysis of the strain, apart from the search, agrees.",
    )


class Result(ConditionResult):
    """The cut sets; empty and without counts unless the wild type grows."""

    kind: Kind
    most_knock_outs: int = Field(description="Count of knock-outs that a set may have.")
    integer_solver: str
    time_limit_s: float
    unwanted: str = Field(description="In words: what shall be impossible.")
    wanted: str | None = Field(default=None, description="In words: what stays possible.")
    product_exchange: str | None = None
    substrate_exchange: str | None = None
    min_yield_mol_per_mol: float | None = None
    greatest_yield_mol_per_mol: float | None = Field(
        default=None, description="Of the wild type where it grows as much as must stay possible."
    )
    targets: int | None = Field(default=None, description="Count of what may be knocked out.")
    is_complete: bool | None = Field(default=None, description="Whether there are no more such sets.")
    stopped_by: StoppedBy | None = Field(default=None, description="Why the search is not complete.")
    proved_cost: float | None = Field(
        default=None,
        description=f"No set that is missing is cheaper, {COST_UNIT}; None if none is missing.",
    )
    gap_fraction: float | None = Field(
        default=None,
        description="Of the greatest cost that a set may have: how far the proof is from it; 0 if complete.",
    )
    proposals: int | None = Field(default=None, description="Count of integer programs that were solved.")
    cut_sets: CutSetTable = CutSetTable()

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 6)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 25)), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        columns = self.cut_sets.model_dump(mode="json")
        columns |= {
            "knock_outs": [" + ".join(ids) for ids in self.cut_sets.knock_outs],
            "closed_reactions": [" ".join(ids) for ids in self.cut_sets.closed_reactions],
        }
        numbers = dict.fromkeys(("cost", "growth_per_h", "least_yield_mol_per_mol"), "float64")
        return {"cut_sets": pd.DataFrame(columns).astype(numbers)}

    def _display(self, limit: int) -> dict[str, JsonValue]:
        fields = ("min_yield_mol_per_mol", "greatest_yield_mol_per_mol", "targets", "is_complete",
                  "stopped_by", "proved_cost", "gap_fraction", "time_limit_s", "integer_solver")  # fmt: skip
        return {
            **self.conditions(min(limit, 10)),
            "kind": self.kind,
            "most_knock_outs": self.most_knock_outs,
            "unwanted": cut_text(self.unwanted, 200),
            "wanted": self.wanted and cut_text(self.wanted, 200),
            **{name: getattr(self, name) for name in fields},
            "cut_sets_found": len(self.cut_sets.knock_outs),
            "verified": sum(self.cut_sets.is_verified),
            "smallest": min(map(len, self.cut_sets.knock_outs), default=None),
            "cut_sets": [self._row(index) for index in range(min(limit, len(self.cut_sets.knock_outs)))],
            "cut_set_columns": "knock-outs, cost, growth 1/h, least yield mol/mol",
        }

    def _row(self, index: int) -> list[JsonValue]:
        table = self.cut_sets
        return [
            " + ".join(cut_text(name, 60) for name in table.knock_outs[index]),
            round_for_display(table.cost[index]),
            round_for_display(table.growth_per_h[index]),
            round_for_display(table.least_yield_mol_per_mol[index]),
        ]


def run(model: Model, args: Args) -> Result:
    """Find the cheapest minimal cut sets; growth in 1/h, yields in mol/mol.

    Without a product they are the lethal sets, as `find_synthetic_lethals` finds them in another way. Facts
    for a flow: `cut_sets_found`, `verified`, `smallest`, `is_complete`, `stopped_by`, `proved_cost`,
    `gap_fraction`, `min_yield_mol_per_mol`, `greatest_yield_mol_per_mol`.

    Raises:
        FluxError: `MEDIUM` for a product or substrate that is none, with the nearest ids, or for conditions
            that do not fit the model; `UNKNOWN_ID` for a candidate or a cost of what the model does not have;
            `BAD_ARGUMENT` if the objective is minimised, the yield is out of reach, or the substrate is not
            plain; `SOLVER` if the integer solver is not installed or fails; `TIMEOUT`.
    """
    with model, ExitStack() as stack:
        product = args.product_exchange and production_target(model, args.product_exchange)
        conditions = stack.enter_context(hold_conditions(model, args))
        targets = cut_targets(model, args.kind, args.candidates, args.excluded)
        costs = _costs(targets, args.costs or {})
        optimum = optimise(conditions.program)
        report = conditions.report(optimum) | {
            "kind": args.kind,
            "most_knock_outs": args.most_knock_outs,
            "integer_solver": args.integer_solver,
            "time_limit_s": args.time_limit_s,
        }
        grows = WildType(model, conditions.program, optimum).grows
        if not grows or optimum.value is None:
            return Result.model_validate(
                report | {"unwanted": "growth", "product_exchange": product and product.id}
            )
        task = _state_task(conditions, args, product, optimum.value, stack)
        program = stack.enter_context(optlang_program(args.integer_solver))
        search = CutSetSearch(
            targets,
            costs,
            task.unwanted.find_active,
            None if task.wanted is None else task.wanted.find_active,
        )
        found = search.search(
            CutSetProgram(program, costs, args.most_knock_outs, args.max_cost),
            max_sets=args.most_sets,
            limit_s=args.time_limit_s,
        )
        rows = [_verify(model, task, targets, costs, knock_outs) for knock_outs in found.sets]
    return Result.model_validate(
        report | dict(task.fields) | _state_proof(found, costs, args)
        | {"targets": len(targets.ids), "cut_sets": _table(rows)}
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What the cut sets are for."""

    unwanted: Behaviour
    wanted: Behaviour | None
    growth_per_h: float
    """That shall be impossible, or with a product must stay possible."""
    conversion: Conversion | None
    min_yield: float
    fields: Mapping[str, object]


def _state_task(
    conditions: Conditions, args: Args, product: Reaction | None, growth_per_h: float, stack: ExitStack
) -> _Task:
    model, program = conditions.model, conditions.program
    if product is None:
        floor = args.threshold_fraction_of_wild_type * growth_per_h
        return _Task(
            unwanted=Growth(program, floor), wanted=None, growth_per_h=floor, conversion=None, min_yield=0.0,
            fields={"unwanted": f"growth of {floor:.6g} 1/h or more"},
        )  # fmt: skip
    floor = args.min_growth_fraction_of_wild_type * growth_per_h
    substrate = _substrate(model, args.substrate_exchange)
    conversion = Conversion.of(model, product, substrate)
    with LinearProgram(model) as states:
        states.hold_objective(floor, None)
        greatest = find_extreme_yield(states, conversion, "max")
    if greatest is None:
        message = f"the wild type can grow {floor:.6g} 1/h without uptake through '{substrate.id}'"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("name another 'substrate_exchange'",))
    least = args.min_yield_mol_per_mol
    least = DEFAULT_YIELD_FRACTION * greatest if least is None else least
    if least >= greatest:
        message = (
            f"the yield of '{product.id}' is {greatest:.6g} mol/mol at most, and {least:.6g} was asked for"
        )
        hints = ("lower 'min_yield_mol_per_mol'", "lower 'min_growth_fraction_of_wild_type'")
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=hints)
    return _Task(
        unwanted=stack.enter_context(LowYield(model, conversion, floor, least)),
        wanted=Growth(program, floor),
        growth_per_h=floor,
        conversion=conversion,
        min_yield=least,
        fields={
            "unwanted": f"growth of {floor:.6g} 1/h or more with a yield of {product.id} on {substrate.id} "
            f"of {least:.6g} mol/mol or less",
            "wanted": f"growth of {floor:.6g} 1/h",
            "product_exchange": product.id,
            "substrate_exchange": substrate.id,
            "min_yield_mol_per_mol": least,
            "greatest_yield_mol_per_mol": greatest,
        },
    )


def _substrate(model: Model, named: str | None) -> Reaction:
    if named is not None:
        return substrate_exchange(model, named)
    organic = [
        exchange
        for exchange in exchanges(model).values()
        if uptake(exchange) > 0
        and carbon_atoms(exchange)
        and next(iter(exchange.metabolites)).elements not in INORGANIC
    ]
    if len(organic) == 1:
        return organic[0]
    message = f"the medium of model '{model.id}' has {len(organic)} organic nutrients, and a yield is of one"
    hints = tuple(f"substrate_exchange={exchange.id}" for exchange in organic[:3])
    raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=hints or ("name the 'substrate_exchange'",))


def _costs(targets: CutTargets, named: Mapping[str, float]) -> dict[str, float]:
    for identifier in named:
        if identifier not in targets.ids:
            message = f"'{identifier}' has a cost and is no target"
            raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=nearest(identifier, targets.ids))
    return {identifier: named.get(identifier, 1.0) for identifier in targets.ids}


def _state_proof(found: CutSets, costs: Mapping[str, float], args: Args) -> dict[str, object]:
    most = sum(sorted(costs.values())[-args.most_knock_outs :])
    most = most if args.max_cost is None else min(most, args.max_cost)
    proved = found.proved_cost
    return {
        "is_complete": found.stopped_by is None,
        "stopped_by": found.stopped_by,
        "proved_cost": proved,
        "gap_fraction": 0.0 if proved is None else max(0.0, 1.0 - proved / most),
        "proposals": found.proposals,
    }


def _verify(
    model: Model, task: _Task, targets: CutTargets, costs: Mapping[str, float], knock_outs: Sequence[str]
) -> tuple[object, ...]:
    """A row of the table, computed from the strain anew."""
    closed = [model.reactions[index] for index in sorted(targets.disable(knock_outs))]
    least_yield = None
    with model:
        for reaction in closed:
            reaction.bounds = (0.0, 0.0)
        with LinearProgram(model) as strain:
            growth = strain.value if strain.solve() is Outcome.OPTIMAL else None
            does_grow = growth is not None and growth >= task.growth_per_h
            if task.conversion is not None and does_grow:
                strain.hold_objective(task.growth_per_h, None)
                least_yield = find_extreme_yield(strain, task.conversion, "min")
    is_coupled = least_yield is not None and least_yield > task.min_yield
    return (
        tuple(knock_outs),
        sum(costs[name] for name in knock_outs),
        tuple(reaction.id for reaction in closed),
        growth,
        least_yield,
        not does_grow if task.conversion is None else is_coupled,
    )


def _table(rows: Sequence[tuple[object, ...]]) -> CutSetTable:
    names = CutSetTable.model_fields
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return CutSetTable.model_validate(dict(zip(names, columns, strict=True)))


TOOL = Tool(
    name="find_minimal_cut_sets",
    purpose="Minimal cut sets: up to four knock-outs after which growth without a product is impossible.",
    answers=("strain design", "production", "yield", "growth"),
    args=Args,
    result=Result,
    run=run,
    rests_on=PREDICTIONS | {Concern.COMPOUNDS},
    reference="Klamt, Gilles 2004, doi:10.1093/bioinformatics/btg395; Ballerstein et al. 2012, "
    "doi:10.1093/bioinformatics/btr674; von Kamp, Klamt 2014, doi:10.1371/journal.pcbi.1003378; "
    "Schneider et al. 2022, doi:10.1093/bioinformatics/btac632; search: Codato, Fischetti 2006, "
    "doi:10.1287/opre.1060.0286",
    example={"product_exchange": "EX_etoh_e", "most_knock_outs": 2, "medium_changes": {"EX_o2_e": 0}},
    queue="tools.long",
    soft_time_limit_s=1800,
)
