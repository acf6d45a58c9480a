"""Auxotrophies by biosynthesis: metabolites that the cell cannot make from the medium although it needs them.

Each amino acid, vitamin and nucleobase of the model is drained from the cell as fast as possible while no
tested nutrient is taken up. It counts as made only from the rest of the medium: leucine is not made where
valine is not, although the cell makes the one from the other. One that cannot be made is an auxotrophy if
the biomass consumes it, or if growth stops when it alone is missing from a medium with all others; that test
needs an exchange reaction, the biosynthesis does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import fit_display, list_names
from fluxagents.tasks.fba.media.identify_auxotrophies import AuxotrophyArgs, NutrientTests, nutrient_tests
from fluxagents.tasks.fba.media.library.compound_index import index_exchanges, index_metabolites
from fluxagents.tasks.fba.media.library.compounds import Compound
from fluxagents.tasks.fba.solving.conditions import exchanges, set_uptake
from fluxagents.tasks.fba.solving.growth import ConditionResult, Conditions, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

_DRAIN = "drain_of_"


class Args(AuxotrophyArgs):
    """Which metabolites are tested, and in which medium."""


class Biosynthesis(BaseModel):
    """Whether the cell makes one metabolite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    compound: str
    compound_class: str
    metabolite: str
    exchange: str | None
    status: Outcome = Field(description="Of the greatest production; unbounded if it is made without limit.")
    most_production_mmol_per_gdw_h: float | None = Field(
        description="With no tested nutrient taken up; None unless optimal."
    )
    is_made: bool | None = Field(description="None if the cell cannot live in the medium at all.")
    is_in_biomass: bool
    is_required: bool | None = Field(
        description="Whether growth stops without its uptake, all others offered; None if not tested."
    )
    is_auxotrophy: bool


class Result(ConditionResult):
    """The metabolites that the cell needs and cannot make."""

    auxotrophies: tuple[str, ...]
    not_made: tuple[str, ...] = Field(
        description="Cannot be made either, but growth in this medium does not need them."
    )
    metabolites: tuple[Biosynthesis, ...]
    not_in_model: tuple[str, ...] = Field(description="Compounds of the classes that the model has not.")

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, min(limit, 12)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(limit, limit), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = pd.DataFrame(
            [row.model_dump(mode="json") for row in self.metabolites], columns=list(Biosynthesis.model_fields)
        )
        return {"metabolites": rows.astype({"most_production_mmol_per_gdw_h": "float64"})}

    def _display(self, limit: int, absent_limit: int) -> dict[str, JsonValue]:
        made = [row.compound for row in self.metabolites if row.is_made]
        return {
            **self.conditions(min(limit, 8)),
            "metabolites_tested": len(self.metabolites),
            "auxotrophies": list_names(self.auxotrophies, limit),
            "not_made_and_not_needed": list_names(self.not_made, limit),
            "made": list_names(made, absent_limit),
            "not_in_model": list_names(self.not_in_model, absent_limit),
        }


def run(model: Model, args: Args) -> Result:
    """Drain each metabolite (mmol/gDW/h) with no tested nutrient in the medium, and test growth without each.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model; `SOLVER` or `TIMEOUT`.
    """
    with hold_conditions(model, args) as conditions:
        report = conditions.report(optimise(conditions.program))
        biomass = _consumed_metabolites(conditions)
        tests = nutrient_tests(model, args)
        rows = _biosynthesis(model, args, tests, biomass)
    inside = {row.compound for row in rows}
    return Result.model_validate(
        report
        | {
            "auxotrophies": tuple(row.compound for row in rows if row.is_auxotrophy),
            "not_made": tuple(row.compound for row in rows if row.is_made is False and not row.is_auxotrophy),
            "metabolites": rows,
            "not_in_model": tuple(c.names[0] for c in args.compounds if c.names[0] not in inside),
        }
    )


def _consumed_metabolites(conditions: Conditions) -> frozenset[str]:
    """The metabolites that become biomass, or that a named objective consumes."""
    if conditions.biomass.reaction is not None and conditions.aims_at_growth:
        return conditions.biomass.precursors()
    reactions = (reaction for reaction, _ in conditions.objective.terms)
    return frozenset(metabolite.id for reaction in reactions for metabolite in reaction.reactants)


def _biosynthesis(
    model: Model, args: Args, tests: NutrientTests, biomass: frozenset[str]
) -> tuple[Biosynthesis, ...]:
    inner, outer = index_metabolites(model), index_exchanges(model)
    matches = {compound: inner.find(compound) for compound in args.compounds}
    metabolites = {compound: match.id for compound, match in matches.items() if match is not None}
    required = {row.exchange: row.is_required for row in tests.rows}
    exchanged = {compound: outer.find(compound) for compound in metabolites}
    productions = _find_greatest_production(
        model, metabolites, [match.id for match in exchanged.values() if match is not None]
    )
    rows = []
    for compound, metabolite in metabolites.items():
        status, value = productions[compound]
        is_made = None if status is Outcome.INFEASIBLE else value is None or value > ZERO_FLUX_MMOL_PER_GDW_H
        match = exchanged[compound]
        is_required = None if match is None else required.get(match.id)
        rows.append(
            Biosynthesis(
                compound=compound.names[0],
                compound_class=compound.group,
                metabolite=metabolite,
                exchange=match and match.id,
                status=status,
                most_production_mmol_per_gdw_h=value,
                is_made=is_made,
                is_in_biomass=metabolite in biomass,
                is_required=is_required,
                is_auxotrophy=is_made is False and (metabolite in biomass or bool(is_required)),
            )
        )
    return tuple(rows)


def _find_greatest_production(
    model: Model, metabolites: Mapping[Compound, str], closed: list[str]
) -> dict[Compound, tuple[Outcome, float | None]]:
    """The greatest drain of each metabolite, mmol/gDW/h, with these uptakes closed."""
    with model:
        known = exchanges(model)
        for identifier in closed:
            set_uptake(known[identifier], 0.0)
        drains = {
            compound: model.add_boundary(
                model.metabolites.get_by_id(metabolite),
                type=_DRAIN,
                reaction_id=f"{_DRAIN}{metabolite}",
                lb=0,
                ub=0,
            )
            for compound, metabolite in metabolites.items()
        }
        with LinearProgram(model) as program:
            return {
                compound: _drain_flux(program, model.reactions.index(drain))
                for compound, drain in drains.items()
            }


def _drain_flux(program: LinearProgram, index: int) -> tuple[Outcome, float | None]:
    program.set_objective({index: 1.0}, "max")
    with program.hold_bounds({index: (0.0, float("inf"))}):
        outcome = program.solve()
        value = program.value if outcome is Outcome.OPTIMAL else None
    return outcome, value


TOOL = Tool(
    name="predict_auxotrophies",
    purpose="Amino acids, vitamins and nucleobases that the cell needs and cannot make from the medium.",
    answers=("auxotrophies", "needed nutrients", "growth"),
    args=Args,
    result=Result,
    run=run,
    reference="Seif et al. 2020, doi:10.1073/pnas.1910499117",
    example={"compound_classes": ["amino acids"]},
)
