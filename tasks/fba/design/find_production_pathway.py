"""Whether a network can make a product from a substrate: the greatest yield, and the steps it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import nearest
from fluxagents.tasks.display import cut_text, fit_display, list_names, list_values, round_for_display
from fluxagents.tasks.fba.fluxes.run_metabolic_fba import minimise_total_flux
from fluxagents.tasks.fba.solving.conditions import (
    MAX_UPTAKES_SHOWN,
    exchanges,
    set_uptake,
    uptake,
    uptake_flux,
)
from fluxagents.tasks.fba.solving.growth import Aim, Conditions, StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome
from fluxagents.tasks.fba.solving.production.carbon import carbon_atoms, carbon_uptake
from fluxagents.tasks.fba.solving.production.product_checks import check_is_secreted, makes_carbon
from fluxagents.tasks.fba.solving.production.production_target import production_target
from fluxagents.tasks.fba.solving.production.substrate import SubstrateArgs, substrate_exchange
from fluxagents.tasks.fba.solving.production.yields import compute_yields, organic_substrates, product_of
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction

Verdict = Literal["made", "not_made", "not_in_model", "unlimited", "infeasible"]


class Args(SubstrateArgs):
    """From which substrate to which product."""

    product: str = Field(
        min_length=1, description="Exchange reaction or metabolite; without an exchange a demand is added."
    )
    min_growth_fraction_of_optimum: float = Field(
        default=0.0, ge=0, le=1, description="Fraction of the best growth that is kept while producing."
    )
    essential_below_fraction: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="A step is essential if less than this fraction of the production is left without it.",
    )


class StepTable(BaseModel):
    """One row per reaction that carries a flux, column by column, the largest flux first."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    equation: tuple[str, ...] = ()
    genes: tuple[str, ...] = ()
    flux_mmol_per_gdw_h: tuple[float, ...] = ()
    production_without_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="The greatest production without the step; None if nothing is feasible then."
    )
    is_essential: tuple[bool, ...] = ()


class Result(StrainResult):
    """The production and its steps; empty unless the product is made. Growth is the best without it."""

    product: str
    product_name: str
    production_reaction: str | None = Field(description="Exchange or demand; None without the metabolite.")
    is_demand_added: bool
    substrate_exchange: str | None
    verdict: Verdict
    nearest: tuple[str, ...] = Field(default=(), description="If the model does not have the product.")
    production_mmol_per_gdw_h: float | None = Field(default=None, description="The greatest possible.")
    substrate_uptake_mmol_per_gdw_h: float | None = Field(default=None, description="At that production.")
    yield_mol_per_mol: float | None = Field(
        default=None, description="Fraction: mol of product per mol of substrate."
    )
    carbon_yield_mol_c_per_mol_c: float | None = Field(
        default=None, description="Carbon in the product per carbon taken up; None without formulas."
    )
    mass_yield_g_per_g: float | None = Field(
        default=None, description="g of product per g of organic substrates; None without formulas."
    )
    carbon_recovery_fraction: float | None = Field(
        default=None, description="Carbon that leaves or becomes biomass per carbon taken up; 1 if balanced."
    )
    growth_at_production_per_h: float | None = Field(
        default=None, description="What growth is kept, or comes for free."
    )
    production_with_all_uptakes_mmol_per_gdw_h: float | None = Field(
        default=None,
        description="If it is not made: the greatest with every exchange open. More than 0: a nutrient "
        "lacks; 0: a reaction lacks.",
    )
    active_steps: int | None = Field(default=None, description="Count of reactions with a flux, no exchange.")
    essential_steps: tuple[str, ...] = ()
    steps: StepTable = StepTable()

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 15)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        more: dict[str, JsonValue] = {"medium_used": self._medium(), "nearest": list(self.nearest)}
        return fit_display(lambda limit: self._display(limit) | more, SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        numbers = dict.fromkeys(("flux_mmol_per_gdw_h", "production_without_mmol_per_gdw_h"), "float64")
        return {"steps": pd.DataFrame(self.steps.model_dump()).astype(numbers)}

    def _display(self, limit: int) -> dict[str, JsonValue]:
        numbers = ("production_mmol_per_gdw_h", "substrate_uptake_mmol_per_gdw_h", "yield_mol_per_mol",
                   "carbon_yield_mol_c_per_mol_c", "mass_yield_g_per_g", "carbon_recovery_fraction",
                   "growth_at_production_per_h",
                   "production_with_all_uptakes_mmol_per_gdw_h")  # fmt: skip
        fluxes = dict(zip(self.steps.reaction, self.steps.flux_mmol_per_gdw_h, strict=True))
        return {
            **self.conditions(min(limit, 10)),
            "product": cut_text(self.product),
            "product_name": cut_text(self.product_name),
            "production_reaction": self.production_reaction,
            "is_demand_added": self.is_demand_added,
            "substrate_exchange": self.substrate_exchange,
            "verdict": self.verdict,
            **({"nearest": list(self.nearest)} if self.nearest else {}),
            **{name: round_for_display(getattr(self, name)) for name in numbers},
            "active_steps": self.active_steps,
            "essential_steps": list_names(self.essential_steps, limit),
            "fluxes_mmol_per_gdw_h": list_values(dict(fluxes), limit),
        }

    def _medium(self) -> JsonValue:
        """The medium as tools take it; None if it is too large to hand on."""
        medium = self.medium_mmol_per_gdw_h
        return dict(medium) if len(medium) <= MAX_UPTAKES_SHOWN else None


def run(model: Model, args: Args) -> Result:
    """Find the greatest production (mmol/gDW/h) and its yield, by pFBA the steps, and the essential ones.

    Facts for a flow: `verdict` (made, not_made, not_in_model, unlimited, infeasible), `yield_mol_per_mol`,
    `carbon_yield_mol_c_per_mol_c`, `mass_yield_g_per_g`, `production_mmol_per_gdw_h`,
    `essential_steps.count`, `carbon_recovery_fraction`,
    `production_with_all_uptakes_mmol_per_gdw_h` (tells a lacking nutrient from a lacking reaction),
    `production_reaction`, `nearest` (ids, if the model does not have the product), and `medium_used`, which
    other tools take as their `medium`.

    Raises:
        FluxError: `MEDIUM` for a substrate that is no exchange, with the nearest ids, or conditions that do
            not fit the model; `UNKNOWN_ID` for a knock-out; `BAD_ARGUMENT` if the cell has to take up the
            product; `SOLVER` or `TIMEOUT`.
    """
    with model:
        known = args.product in model.metabolites or args.product in model.reactions
        size = len(model.reactions)
        target = production_target(model, args.product) if known else None
        substrate = None if args.substrate is None else substrate_exchange(model, args.substrate)
        aim: Aim = "growth" if args.min_growth_fraction_of_optimum else "growth_if_known"
        with hold_conditions(model, args, split=True, aim=aim) as conditions:
            report = conditions.report(optimise(conditions.program)) | {
                "product": args.product,
                "product_name": _name(target),
                "production_reaction": target and target.id,
                "is_demand_added": len(model.reactions) > size,
                "substrate_exchange": substrate and substrate.id,
            }
            fields = (
                {"verdict": "not_in_model", "nearest": _like(model, args.product)}
                if target is None
                else _Production(conditions, args, target, substrate).solve()
            )
            return Result.model_validate(report | fields)


def _name(target: Reaction | None) -> str:
    return "" if target is None else next(iter(target.metabolites)).name or target.id


def _like(model: Model, product: str) -> tuple[str, ...]:
    hints = nearest(
        product, [item.id for group in (exchanges(model).values(), model.metabolites) for item in group]
    )
    return tuple(name for hint in hints for name in hint.removeprefix("nearest: ").split(", "))


@dataclass(frozen=True, slots=True)
class _Production:
    """The production under conditions whose program is at the best growth."""

    conditions: Conditions
    args: Args
    target: Reaction
    substrate: Reaction | None

    def solve(self) -> dict[str, object]:
        program = self.conditions.program
        growth = program.objective()
        self._keep_growth(program)
        self._aim(program)
        outcome = program.solve()
        if outcome is Outcome.UNBOUNDED:
            return {"verdict": "unlimited"}
        if outcome is Outcome.INFEASIBLE:
            return {"verdict": "infeasible"}
        best = program.value
        if best <= ZERO_FLUX_MMOL_PER_GDW_H:
            return {
                "verdict": "not_made",
                "production_mmol_per_gdw_h": 0.0,
                "production_with_all_uptakes_mmol_per_gdw_h": self._with_all_uptakes(),
            }
        check_is_secreted(self.target.id, (best,))
        minimise_total_flux(program)
        fluxes = program.fluxes()
        yields = self._yields(best, fluxes, growth)
        if makes_carbon(yields["carbon_yield_mol_c_per_mol_c"]):
            return {"verdict": "unlimited"}
        steps = self._steps(best, fluxes)
        return {
            "verdict": "made",
            "production_mmol_per_gdw_h": best,
            **yields,
            "growth_at_production_per_h": sum(value * fluxes[index] for index, value in growth.items())
            if self.conditions.aims_at_growth or self.args.objective is not None
            else None,
            "active_steps": len(steps.reaction),
            "essential_steps": tuple(
                name for name, essential in zip(steps.reaction, steps.is_essential, strict=True) if essential
            ),
            "steps": steps,
        }

    def _keep_growth(self, program: LinearProgram) -> None:
        fraction = self.args.min_growth_fraction_of_optimum
        if fraction and optimise(program).value is not None:
            floor = program.value * fraction
            program.hold_objective(*((floor, None) if program.maximises else (None, floor)))

    def _aim(self, program: LinearProgram) -> None:
        sign = 1.0 if self.target.reactants else -1.0
        program.set_objective({self.conditions.model.reactions.index(self.target): sign}, "max")

    def _yields(
        self, best: float, fluxes: Sequence[float], growth: Mapping[int, float]
    ) -> dict[str, float | None]:
        model = self.conditions.model
        exchanged = {model.reactions.index(reaction): reaction for reaction in exchanges(model).values()}
        carbon, taken_up = carbon_atoms(self.target), carbon_uptake(exchanged, fluxes)
        yields = compute_yields(
            model,
            product_of(self.target, is_biomass=False),
            best,
            substrates=organic_substrates(model),
            biomass=growth,
            fluxes=fluxes,
        )
        carbon_yield = carbon * best / taken_up if carbon and taken_up else None
        fields: dict[str, float | None] = {
            "mass_yield_g_per_g": yields.g_per_g,
            "carbon_recovery_fraction": yields.carbon_recovery_fraction,
            "carbon_yield_mol_c_per_mol_c": carbon_yield,
        }
        if self.substrate is not None:
            used = uptake_flux(self.substrate, fluxes[model.reactions.index(self.substrate)])
            fields["substrate_uptake_mmol_per_gdw_h"] = used
            fields["yield_mol_per_mol"] = best / used if used > ZERO_FLUX_MMOL_PER_GDW_H else None
        return fields

    def _steps(self, best: float, fluxes: Sequence[float]) -> StepTable:
        model = self.conditions.model
        indices = [index for index, flux in enumerate(fluxes) if flux and not model.reactions[index].boundary]
        indices.sort(key=lambda index: (-abs(fluxes[index]), index))
        production = self._without(indices)
        least = best * self.args.essential_below_fraction
        reactions = [model.reactions[index] for index in indices]
        return StepTable(
            reaction=tuple(reaction.id for reaction in reactions),
            name=tuple(reaction.name or "" for reaction in reactions),
            equation=tuple(reaction.reaction for reaction in reactions),
            genes=tuple(reaction.gene_reaction_rule for reaction in reactions),
            flux_mmol_per_gdw_h=tuple(fluxes[index] for index in indices),
            production_without_mmol_per_gdw_h=tuple(production),
            is_essential=tuple(value is None or value < least for value in production),
        )

    def _without(self, indices: Sequence[int]) -> list[float | None]:
        """The greatest production without each of these reactions; None if nothing is feasible."""
        production: list[float | None] = []
        with LinearProgram(self.conditions.model) as program:
            self._keep_growth(program)
            self._aim(program)
            program.solve()
            program.remember_basis()
            for index in indices:
                with program.hold_bounds({index: (0.0, 0.0)}):
                    program.restore_basis()
                    outcome = program.solve(dual=True)
                    production.append(program.value if outcome is Outcome.OPTIMAL else None)
        return production

    def _with_all_uptakes(self) -> float | None:
        model = self.conditions.model
        with model:
            for exchange in exchanges(model).values():
                set_uptake(exchange, max(uptake(exchange), self.args.substrate_uptake_mmol_per_gdw_h))
            with LinearProgram(model) as program:
                self._aim(program)
                outcome = program.solve()
                return max(program.value, 0.0) if outcome is Outcome.OPTIMAL else None


TOOL = Tool(
    name="find_production_pathway",
    purpose="Can the network make a product from a substrate: greatest yield, steps, essential steps.",
    answers=("production route", "production", "yield", "flux", "growth"),
    args=Args,
    result=Result,
    run=run,
    rests_on=PREDICTIONS | {Concern.COMPOUNDS},
    reference="Varma, Boesch, Palsson 1993, Biotechnol. Bioeng. 42:59; steps: Lewis et al. 2010, "
    "doi:10.1038/msb.2010.47 (pFBA)",
    example={"substrate": "EX_glc__D_e", "product": "EX_succ_e", "medium_changes": {"EX_o2_e": 0}},
)
