"""The production envelope: the least and greatest secretion of a product at each growth rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text, fit_display, list_names, round_for_display
from fluxagents.tasks.fba.solving.conditions import exchanges
from fluxagents.tasks.fba.solving.growth import Conditions, StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, Sense
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome
from fluxagents.tasks.fba.solving.production.carbon import carbon_atoms, carbon_uptake
from fluxagents.tasks.fba.solving.production.product_checks import check_carbon_yield, check_is_secreted
from fluxagents.tasks.fba.solving.production.production_target import BIOMASS, product_reaction
from fluxagents.tasks.fba.solving.production.yields import compute_yields, organic_substrates, product_of
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction


class Args(StrainArgs):
    """Which product, at how many growth rates."""

    product_exchange: str = Field(
        description="Exchange reaction of the product, such as EX_succ_e, a metabolite without one, "
        "'biomass', or 'ATP' for all that can be spent, maintenance included."
    )
    points: int = Field(default=20, ge=2, le=1000, description="Count of growth rates, from 0 to the best.")


class EnvelopeTable(BaseModel):
    """One row per growth rate, column by column, from no growth to the best."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    fraction_of_best_growth: tuple[float, ...] = Field(default=(), description="Fraction, 0 to 1.")
    growth_per_h: tuple[float, ...] = Field(
        default=(), description="Or the flux of a named objective, mmol/gDW/h."
    )
    least_secretion_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="None for no limit."
    )
    greatest_secretion_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="None for no limit."
    )
    carbon_uptake_mmol_c_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="mmol carbon taken up where the secretion is greatest; None without formulas."
    )
    carbon_yield_mol_c_per_mol_c: tuple[float | None, ...] = Field(
        default=(), description="Carbon in the product per carbon taken up, where the secretion is greatest."
    )
    substrate_uptake_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="Least uptake of organic carbon sources where the secretion is greatest."
    )
    molar_yield_mol_per_mol: tuple[float | None, ...] = Field(
        default=(), description="Product per organic carbon source; of biomass gDW per mmol."
    )
    mass_yield_g_per_g: tuple[float | None, ...] = Field(
        default=(), description="Product per organic carbon source; None without formulas, or for ATP."
    )
    carbon_recovery_fraction: tuple[float | None, ...] = Field(
        default=(), description="Carbon that leaves or becomes biomass per carbon taken up; 1 if balanced."
    )


class Result(StrainResult):
    """The curve; empty unless the status is optimal or zero growth."""

    product_exchange: str
    product: str
    product_carbon_atoms: int | None = Field(description="Count per molecule; None without a formula.")
    greatest_secretion_without_growth_mmol_per_gdw_h: float | None
    greatest_secretion_at_best_growth_mmol_per_gdw_h: float | None
    least_secretion_at_best_growth_mmol_per_gdw_h: float | None
    best_carbon_yield_mol_c_per_mol_c: float | None = Field(description="mol carbon per mol carbon.")
    substrates: tuple[str, ...] = Field(description="Organic carbon sources that the yields are per.")
    best_molar_yield_mol_per_mol: float | None = Field(
        description="mol per mol of the substrates; of biomass gDW per mmol."
    )
    best_mass_yield_g_per_g: float | None = Field(description="g per g of the substrates; of biomass gDW.")
    carbon_recovery_fraction: float | None = Field(description="The one that is farthest from 1.")
    is_growth_coupled: bool | None = Field(
        description="Whether the best growth forces the product out; None for biomass and ATP."
    )
    envelope: EnvelopeTable

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 6)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 25)), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"envelope": pd.DataFrame(self.envelope.model_dump()).astype("float64")}

    def _display(self, limit: int) -> dict[str, JsonValue]:
        scalars = tuple(name for name in Result.model_fields if name not in StrainResult.model_fields)
        return {
            **self.conditions(limit),
            **{name: getattr(self, name) for name in scalars if name not in _NOT_SCALAR},
            "substrates": list_names(self.substrates, limit),
            "product": cut_text(self.product),
            "curve": self._curve(limit),
        }

    def _curve(self, limit: int) -> dict[str, JsonValue]:
        """Evenly chosen points, with both ends."""
        count = len(self.envelope.growth_per_h)
        chosen = sorted({round(i * (count - 1) / max(limit - 1, 1)) for i in range(limit)}) if count else []
        columns = self.envelope.model_dump()
        values: dict[str, JsonValue] = {
            name: [round_for_display(column[i]) for i in chosen] for name, column in columns.items()
        }
        return {"count": count, "shown": len(chosen), **values}


def run(model: Model, args: Args) -> Result:
    """Trace the envelope: growth in 1/h, secretion in mmol/gDW/h, and the yields at each growth rate.

    Facts for a flow: `best_molar_yield_mol_per_mol`, `best_mass_yield_g_per_g`,
    `best_carbon_yield_mol_c_per_mol_c`, `carbon_recovery_fraction`.

    Raises:
        FluxError: `MEDIUM` if the product is no exchange and no metabolite, with the nearest ids;
            `BAD_ARGUMENT` if the cell has to take it up, or the model makes carbon from nothing; `SOLVER` or
            `TIMEOUT`.
    """
    with model:
        is_biomass = args.product_exchange == BIOMASS
        product = product_reaction(model, args.product_exchange, args.biomass)
        with hold_conditions(model, args) as conditions:
            optimum = optimise(conditions.program)
            report = conditions.report(optimum)
            has_curve = optimum.value is not None
            envelope, substrates = EnvelopeTable(), organic_substrates(model)
            if has_curve:
                envelope = _envelope(conditions, product, substrates, args.points, is_biomass=is_biomass)
        metabolite = next(iter(product.metabolites))
        name = metabolite.name or metabolite.id if product.boundary else args.product_exchange
    greatest, least = envelope.greatest_secretion_mmol_per_gdw_h, envelope.least_secretion_mmol_per_gdw_h
    if product.boundary:
        check_is_secreted(product.id, greatest)
        check_carbon_yield(product.id, envelope.carbon_yield_mol_c_per_mol_c)
    recoveries = [value for value in envelope.carbon_recovery_fraction if value is not None]
    return Result.model_validate(
        report
        | {
            "product_exchange": product.id,
            "product": name,
            "product_carbon_atoms": carbon_atoms(product) if product.boundary else None,
            "substrates": tuple(exchange.id for exchange in substrates.values()),
            "best_molar_yield_mol_per_mol": _greatest(envelope.molar_yield_mol_per_mol),
            "best_mass_yield_g_per_g": _greatest(envelope.mass_yield_g_per_g),
            "carbon_recovery_fraction": max(recoveries, key=lambda value: abs(value - 1), default=None),
            "greatest_secretion_without_growth_mmol_per_gdw_h": greatest[0] if greatest else None,
            "greatest_secretion_at_best_growth_mmol_per_gdw_h": greatest[-1] if greatest else None,
            "least_secretion_at_best_growth_mmol_per_gdw_h": least[-1] if least else None,
            "best_carbon_yield_mol_c_per_mol_c": _greatest(envelope.carbon_yield_mol_c_per_mol_c),
            "is_growth_coupled": (
                (least[-1] or 0.0) > ZERO_FLUX_MMOL_PER_GDW_H if least and product.boundary else None
            ),
            "envelope": envelope,
        }
    )


def _envelope(
    conditions: Conditions,
    product: Reaction,
    substrates: Mapping[int, Reaction],
    points: int,
    *,
    is_biomass: bool,
) -> EnvelopeTable:
    program, model = conditions.program, conditions.model
    best, index, biomass = program.value, model.reactions.index(product), program.objective()
    exchanged = {model.reactions.index(reaction): reaction for reaction in exchanges(model).values()}
    made = product_of(product, is_biomass=is_biomass)
    carbon = {at: carbon_atoms(exchange) or 0 for at, exchange in substrates.items()}
    costs = {at: atoms * (1.0 if substrates[at].reactants else -1.0) for at, atoms in carbon.items()}
    growth = program.hold_objective(best, best)
    program.set_objective({}, "max")
    is_consumed = bool(product.reactants)
    secreting: Sense = "max" if is_consumed else "min"
    absorbing: Sense = "min" if is_consumed else "max"
    rows = []
    for step in range(points):
        fraction = step / (points - 1)
        program.set_row_bounds(growth, best * fraction, best * fraction)
        program.solve()
        least = program.extreme(index, absorbing)
        greatest = program.extreme(index, secreting)
        fluxes = None if greatest is None else _fluxes_with_least_uptake(program, costs, index, greatest)
        least, greatest = (
            value if value is None or is_consumed else 0.0 - value for value in (least, greatest)
        )
        row: dict[str, float | None] = {
            "fraction_of_best_growth": fraction,
            "growth_per_h": best * fraction,
            "least_secretion_mmol_per_gdw_h": least,
            "greatest_secretion_mmol_per_gdw_h": greatest,
        }
        if fluxes is not None and greatest is not None:
            taken_up = carbon_uptake(exchanged, fluxes)
            yields = compute_yields(
                model, made, greatest, substrates=substrates, biomass=biomass, fluxes=fluxes
            )
            row |= {
                "carbon_uptake_mmol_c_per_gdw_h": taken_up,
                "carbon_yield_mol_c_per_mol_c": (
                    made.carbon * greatest / taken_up if made.carbon is not None and taken_up else None
                ),
                "substrate_uptake_mmol_per_gdw_h": yields.substrate_uptake_mmol_per_gdw_h,
                "molar_yield_mol_per_mol": yields.mol_per_mol,
                "mass_yield_g_per_g": yields.g_per_g,
                "carbon_recovery_fraction": yields.carbon_recovery_fraction,
            }
        rows.append(row)
    columns = {name: [row.get(name) for row in rows] for name in EnvelopeTable.model_fields}
    return EnvelopeTable.model_validate(columns)


def _fluxes_with_least_uptake(
    program: LinearProgram, costs: Mapping[int, float], index: int, secreted: float
) -> list[float]:
    """The fluxes at the greatest secretion that take up the least organic carbon.

    The objective is empty before and afterwards.

    Args:
        program: At the greatest secretion.
        costs: Organic substrate -> its carbon atoms, with the sign of its secretion.
        index: Of the product.
        secreted: Its flux, mmol/gDW/h.
    """
    fluxes = program.fluxes()
    if costs:
        program.set_objective(costs, "max")
        with program.hold_bounds({index: (secreted, secreted)}):
            if program.solve() is Outcome.OPTIMAL:
                fluxes = program.fluxes()
        program.set_objective({}, "max")
    return fluxes


def _greatest(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


_NOT_SCALAR = frozenset({"envelope", "product", "substrates"})


TOOL = Tool(
    name="run_production_envelope",
    purpose="How much of a product, biomass or ATP the cell can make at each growth rate, and its yields.",
    answers=("production", "yield", "growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    rests_on=PREDICTIONS | {Concern.COMPOUNDS},
    reference="Edwards, Ramakrishna, Palsson 2002, doi:10.1002/bit.10047; yields: Varma, Boesch, Palsson "
    "1993, Biotechnol. Bioeng. 42:59",
    example={"product_exchange": "EX_succ_e", "points": 5},
)
