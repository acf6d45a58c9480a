"""Minimal cut sets: the fewest knock-outs that make what is unwanted impossible and keep what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import pandas as pd
from pydantic import Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.display import cut_text, fit_display
from fluxagents.tasks.fba.cut_sets.cut_set_program import CutSetProgram
from fluxagents.tasks.fba.cut_sets.cut_set_search import CutSets, CutSetSearch, StoppedBy
from fluxagents.tasks.fba.cut_sets.cut_set_table import COST_UNIT, CutSetTable
from fluxagents.tasks.fba.cut_sets.cut_set_task import CutSetTask, CutSetTaskArgs, state_task
from fluxagents.tasks.fba.cut_sets.cut_targets import CutTargets, Kind, cut_targets
from fluxagents.tasks.fba.sensitivity.tabulate import fill_columns
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions
from fluxagents.tasks.fba.solving.optlang_program import IntegerArgs, optlang_program
from fluxagents.tasks.fba.solving.production.production_target import production_target
from fluxagents.tasks.fba.solving.wild_type import WildType
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(IntegerArgs, CutSetTaskArgs):
    """What shall be impossible, at which cost, and how long the search may take."""

    most_knock_outs: int = Field(default=3, ge=1, le=4, description="Count of knock-outs of a set at most.")
    costs: dict[str, float] | None = Field(
        default=None,
        description="Gene or reaction id -> cost of its knock-out in units of your own, above 0; 1 for all "
        "others, so that a count is the default.",
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

    @model_validator(mode="after")
    def _costs_are_positive(self) -> Self:
        if any(cost <= 0 for cost in (self.costs or {}).values()):
            raise ValueError("costs are above 0; name what costs too much in 'excluded'")
        return self


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
        return {"cut_sets": self.cut_sets.as_frame()}

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
            "cheapest": self.cut_sets.display_cheapest(),
            "cut_sets": self.cut_sets.display(limit),
            "cut_set_columns": "knock-outs, cost, growth 1/h, least yield mol/mol",
        }


def run(model: Model, args: Args) -> Result:
    """Find the cheapest minimal cut sets; growth in 1/h, yields in mol/mol.

    Without a product they are the lethal sets, as `find_synthetic_lethals` finds them in another way. Facts
    for a flow: `cut_sets_found`, `verified`, `smallest`, `is_complete`, `stopped_by`, `proved_cost`,
    `gap_fraction`, `cheapest.knock_outs`, `cheapest.growth_per_h`, `cheapest.least_yield_mol_per_mol`,
    `min_yield_mol_per_mol`, `greatest_yield_mol_per_mol`.

    Raises:
        FluxError: `MEDIUM` for a product or substrate that is none, with the nearest ids, or for conditions
            that do not fit the model; `UNKNOWN_ID` for a candidate or a cost of what the model does not have;
            `BAD_ARGUMENT` if the objective is minimised, the yield is out of reach, or the substrate is not
            plain; `SOLVER` if the integer solver is not installed or fails; `TIMEOUT`.
    """
    with model, ExitStack() as stack:
        product = args.product_exchange and production_target(model, args.product_exchange)
        conditions = stack.enter_context(hold_conditions(model, args))
        targets = cut_targets(model, args)
        costs = _costs(targets, args.costs or {})
        wild_type = WildType(conditions)
        report = wild_type.report | args.model_dump(
            include={"kind", "most_knock_outs", "integer_solver", "time_limit_s"}
        )
        if wild_type.growth_per_h is None:
            return Result.model_validate(
                report | {"unwanted": "growth", "product_exchange": product and product.id}
            )
        task = state_task(conditions, args, product, wild_type.growth_per_h, stack)
        program = stack.enter_context(optlang_program(args.integer_solver))
        search = CutSetSearch(
            targets,
            costs,
            task.unwanted.find_active,
            None if task.wanted is None else task.wanted.find_active,
        )
        found = search.search(
            CutSetProgram(
                program,
                costs,
                args.most_knock_outs,
                args.max_cost,
                has_floor=args.integer_solver == "highs",
            ),
            max_sets=args.most_sets,
            limit_s=args.time_limit_s,
        )
        rows = [_compute_row(model, task, targets, costs, knock_outs) for knock_outs in found.sets]
    return Result.model_validate(
        report | dict(task.fields) | _state_proof(found, costs, args)
        | {"targets": len(targets.ids), "cut_sets": fill_columns(CutSetTable, rows)}
    )  # fmt: skip


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


def _compute_row(
    model: Model,
    task: CutSetTask,
    targets: CutTargets,
    costs: Mapping[str, float],
    knock_outs: Sequence[str],
) -> tuple[object, ...]:
    closed = [model.reactions[index] for index in sorted(targets.disable(knock_outs))]
    strain = task.check(model, closed)
    return (
        tuple(knock_outs),
        sum(costs[name] for name in knock_outs),
        tuple(reaction.id for reaction in closed),
        strain.growth_per_h,
        strain.least_yield_mol_per_mol,
        strain.is_as_asked,
    )


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
