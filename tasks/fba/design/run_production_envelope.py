"""The production envelope: the least and greatest secretion of a product at each growth rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text, fit_display, round_for_display
from fluxagents.tasks.fba.solving.carbon import carbon_atoms, carbon_uptake, carbon_yield
from fluxagents.tasks.fba.solving.conditions import exchanges
from fluxagents.tasks.fba.solving.growth import Conditions, StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import Sense
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H
from fluxagents.tasks.fba.solving.production_target import production_target
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction


class Args(StrainArgs):
    """Which product, at how many growth rates."""

    product_exchange: str = Field(
        description="Exchange reaction of the product, such as EX_succ_e, or a metabolite without one."
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


class Result(StrainResult):
    """The curve; empty unless the status is optimal or zero growth."""

    product_exchange: str
    product: str
    product_carbon_atoms: int | None = Field(description="Count per molecule; None without a formula.")
    greatest_secretion_without_growth_mmol_per_gdw_h: float | None
    greatest_secretion_at_best_growth_mmol_per_gdw_h: float | None
    least_secretion_at_best_growth_mmol_per_gdw_h: float | None
    best_carbon_yield_mol_c_per_mol_c: float | None = Field(description="mol carbon per mol carbon.")
    is_growth_coupled: bool | None = Field(description="Whether the best growth forces the product out.")
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
            **{name: getattr(self, name) for name in scalars if name not in {"envelope", "product"}},
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
    """Trace the envelope: growth in 1/h, secretion in mmol/gDW/h, yield in mol carbon per mol carbon.

    Raises:
        FluxError: `MEDIUM` if the product is no exchange and no metabolite, with the nearest ids; `SOLVER` or
            `TIMEOUT`.
    """
    with model:
        product = production_target(model, args.product_exchange)
        with hold_conditions(model, args) as conditions:
            optimum = optimise(conditions.program)
            report = conditions.report(optimum)
            has_curve = optimum.value is not None
            envelope = _envelope(conditions, product, args.points) if has_curve else EnvelopeTable()
        metabolite, carbon = next(iter(product.metabolites)), carbon_atoms(product)
    greatest, least = envelope.greatest_secretion_mmol_per_gdw_h, envelope.least_secretion_mmol_per_gdw_h
    yields = [value for value in envelope.carbon_yield_mol_c_per_mol_c if value is not None]
    return Result.model_validate(
        report
        | {
            "product_exchange": product.id,
            "product": metabolite.name or metabolite.id,
            "product_carbon_atoms": carbon,
            "greatest_secretion_without_growth_mmol_per_gdw_h": greatest[0] if greatest else None,
            "greatest_secretion_at_best_growth_mmol_per_gdw_h": greatest[-1] if greatest else None,
            "least_secretion_at_best_growth_mmol_per_gdw_h": least[-1] if least else None,
            "best_carbon_yield_mol_c_per_mol_c": max(yields) if yields else None,
            "is_growth_coupled": (least[-1] or 0.0) > ZERO_FLUX_MMOL_PER_GDW_H if least else None,
            "envelope": envelope,
        }
    )


def _envelope(conditions: Conditions, product: Reaction, points: int) -> EnvelopeTable:
    program, model = conditions.program, conditions.model
    best, index = program.value, model.reactions.index(product)
    exchanged = {model.reactions.index(reaction): reaction for reaction in exchanges(model).values()}
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
        least, greatest = (
            value if value is None or is_consumed else 0.0 - value for value in (least, greatest)
        )
        uptake = None if greatest is None else carbon_uptake(exchanged, program.fluxes())
        rows.append(
            (fraction, best * fraction, least, greatest, uptake, carbon_yield(product, greatest, uptake))
        )
    columns: Sequence[Any] = list(zip(*rows, strict=True))
    return EnvelopeTable.model_validate(dict(zip(EnvelopeTable.model_fields, columns, strict=True)))


TOOL = Tool(
    name="run_production_envelope",
    purpose="How much of a product the cell can secrete at each growth rate, and its yield per carbon.",
    args=Args,
    result=Result,
    run=run,
    rests_on=PREDICTIONS | {Concern.COMPOUNDS},
    reference="Edwards, Ramakrishna, Palsson 2002, doi:10.1002/bit.10047",
    example={"product_exchange": "EX_succ_e", "points": 5},
)
