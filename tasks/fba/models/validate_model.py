"""Whether a model can be trusted: balance, blocked reactions, energy out of nothing, biomass, annotation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import list_names
from fluxagents.tasks.fba.fluxes.run_flux_variability_analysis import extremes
from fluxagents.tasks.fba.models.energy_cycles import energy_cycles
from fluxagents.tasks.fba.solving.conditions import ConditionArgs
from fluxagents.tasks.fba.solving.growth import ConditionResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Metabolite, Model, Reaction

BALANCED = 1e-6
"""Atoms or charges per reaction that count as rounding of the coefficients."""

BIOMASS_G_PER_MMOL = (0.999, 1.001)
"""A biomass reaction makes 1 g of dry weight per mmol; the tolerance is memote's."""

OPEN_MMOL_PER_GDW_H = 1000.0


class Args(ConditionArgs):
    """Under which conditions growth, blocked reactions and biomass precursors are tested."""


class EnergyCycleFound(BaseModel):
    """A carrier of energy that is charged with all exchanges closed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    carrier: str
    reactions: tuple[str, ...]


class FindingTable(BaseModel):
    """One row per finding, column by column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    check: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()


class Result(ConditionResult):
    """What was found; the fluxes in question are those under the conditions."""

    reactions_checked_for_mass: int = Field(description="Count of internal reactions, without biomass.")
    mass_imbalanced_reactions: tuple[str, ...]
    reactions_without_formulas: tuple[str, ...] = Field(description="Mass balance cannot be checked.")
    charge_imbalanced_reactions: tuple[str, ...]
    reactions_without_charges: tuple[str, ...] = Field(description="Charge balance cannot be checked.")
    blocked_reactions: tuple[str, ...] | None = Field(
        description="No flux under the conditions, with any growth; None if nothing is feasible."
    )
    blocked_with_open_exchanges: tuple[str, ...] | None = Field(
        description="No flux even with every boundary reaction open both ways; None if nothing is feasible."
    )
    energy_carriers_tested: tuple[str, ...]
    energy_generating_cycles: tuple[EnergyCycleFound, ...]
    biomass_reactions: tuple[str, ...]
    biomass_mass_g_per_mmol: dict[str, float | None] = Field(
        description="1 g/mmol is right (a fraction of 0.001 is tolerated); None without all formulas."
    )
    biomass_mass_is_consistent: bool | None = Field(description="None if no mass is known.")
    precursors_not_made: tuple[str, ...] | None = Field(
        description="Biomass precursors that cannot be made, even with all by-products of biomass given back."
    )
    precursors_made_by_recycling_only: tuple[str, ...] | None = Field(
        description="Biomass precursors that can be made only from by-products of biomass, such as CoA."
    )
    annotated_metabolites_fraction: float | None
    annotated_reactions_fraction: float | None
    annotated_genes_fraction: float | None
    metabolites_with_formula_fraction: float | None
    metabolites_with_charge_fraction: float | None
    findings: FindingTable

    max_findings: ClassVar[int | None] = 8

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"findings": pd.DataFrame(self.findings.model_dump())}

    def display(self, limit: int) -> dict[str, JsonValue]:
        lists = ("mass_imbalanced_reactions", "charge_imbalanced_reactions", "precursors_not_made",
                 "precursors_made_by_recycling_only", "blocked_with_open_exchanges",
                 "blocked_reactions")  # fmt: skip
        fractions = [name for name in Result.model_fields if name.endswith("_fraction")]
        masses = list(self.biomass_mass_g_per_mmol.items())[:limit]
        return {
            **self.conditions(limit),
            "reactions_checked_for_mass": self.reactions_checked_for_mass,
            **{name: _display_findings(getattr(self, name), limit) for name in lists},
            "reactions_without_formulas": len(self.reactions_without_formulas),
            "reactions_without_charges": len(self.reactions_without_charges),
            "energy_carriers_tested": len(self.energy_carriers_tested),
            "energy_carriers_charged": len(self.energy_generating_cycles),
            "energy_generating_cycles": {
                cycle.carrier: list_names(cycle.reactions, limit) for cycle in self.energy_generating_cycles
            },
            "biomass_mass_g_per_mmol": dict(masses),
            "biomass_mass_is_consistent": self.biomass_mass_is_consistent,
            **{name: getattr(self, name) for name in fractions},
        }


def _display_findings(ids: tuple[str, ...] | None, limit: int) -> JsonValue:
    return None if ids is None else list_names(ids, limit)


def run(model: Model, args: Args) -> Result:
    """Test the model.

    Facts for a flow: `status`, `growth_per_h`, `mass_imbalanced_reactions.count`,
    `charge_imbalanced_reactions.count`, `energy_carriers_charged`, `precursors_not_made.count`,
    `blocked_reactions.count`, `biomass_mass_is_consistent`.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model; `SOLVER` or `TIMEOUT`.
    """
    with hold_conditions(model, args, aim="objective") as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum, conditions.growth_at(optimum))
        biomass = _biomass_reactions(model, conditions.biomass.reaction)
        fields: dict[str, object] = {
            "blocked_reactions": _find_blocked(model),
            "blocked_with_open_exchanges": _find_blocked_when_open(model),
        }
        fields |= _precursors(model, biomass)
    carriers, cycles = energy_cycles(model)
    fields |= report_balance(model, biomass) | _biomass_mass(biomass) | _coverage(model)
    fields |= {
        "energy_carriers_tested": carriers,
        "energy_generating_cycles": tuple(
            EnergyCycleFound(carrier=cycle.carrier, reactions=cycle.reactions) for cycle in cycles
        ),
        "biomass_reactions": tuple(reaction.id for reaction in biomass),
    }
    return Result.model_validate(report | fields | {"findings": _findings(model, fields)})


def _biomass_reactions(model: Model, growth: Reaction | None) -> list[Reaction]:
    """Reactions marked or named as biomass, and the one whose flux is growth if it consumes many."""
    many = 10

    def is_biomass(reaction: Reaction) -> bool:
        if reaction.annotation.get("sbo") == "SBO:0000629":
            return True
        named = "biomass" in f"{reaction.id} {reaction.name}".casefold() or reaction is growth
        return named and not reaction.boundary and len(reaction.reactants) >= many

    return [reaction for reaction in model.reactions if is_biomass(reaction)]


def report_balance(model: Model, biomass: Sequence[Reaction]) -> dict[str, object]:
    """The fields of a `Result` on mass and charge; biomass reactions are left out."""
    left_out = {reaction.id for reaction in biomass}
    internal = [r for r in model.reactions if not r.boundary and r.id not in left_out and r.metabolites]
    without_formula = {r.id for r in internal if any(_elements(m) is None for m in r.metabolites)}
    without_charge = {r.id for r in internal if any(m.charge is None for m in r.metabolites)}
    mass, charge = find_unbalanced_reactions(internal)
    return {
        "reactions_checked_for_mass": len(internal) - len(without_formula),
        "mass_imbalanced_reactions": tuple(name for name in mass if name not in without_formula),
        "reactions_without_formulas": tuple(sorted(without_formula)),
        "charge_imbalanced_reactions": tuple(name for name in charge if name not in without_charge),
        "reactions_without_charges": tuple(sorted(without_charge)),
    }


def find_unbalanced_reactions(reactions: Iterable[Reaction]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of reactions that do not keep mass, and charge; also those where it cannot be told."""
    all_reactions = list(reactions)
    formulas = {
        metabolite: _elements(metabolite) for reaction in all_reactions for metabolite in reaction.metabolites
    }

    def keeps_atoms(reaction: Reaction) -> bool:
        totals: dict[str, float] = {}
        for metabolite, coefficient in reaction.metabolites.items():
            for element, number in (formulas[metabolite] or {}).items():
                totals[element] = totals.get(element, 0.0) + coefficient * number
        known = all(formulas[metabolite] is not None for metabolite in reaction.metabolites)
        return known and all(abs(total) <= BALANCED for total in totals.values())

    def keeps_charge(reaction: Reaction) -> bool:
        known = all(metabolite.charge is not None for metabolite in reaction.metabolites)
        return known and abs(math.fsum(c * m.charge for m, c in reaction.metabolites.items())) <= BALANCED

    return _ids(r for r in all_reactions if not keeps_atoms(r)), _ids(
        r for r in all_reactions if not keeps_charge(r)
    )


def _elements(metabolite: Metabolite) -> dict[str, float] | None:
    """Atoms of a molecule; None without a formula that states them."""
    if not metabolite.formula or not metabolite.formula.isalnum():
        return None
    elements = metabolite.elements
    return {name: float(number) for name, number in elements.items()} if elements else None


def _ids(reactions: Iterable[Reaction]) -> tuple[str, ...]:
    return tuple(sorted(reaction.id for reaction in reactions))


def _find_blocked(model: Model) -> tuple[str, ...] | None:
    with LinearProgram(model) as program:
        program.set_objective({}, "max")
        if program.solve() is not Outcome.OPTIMAL:
            return None
        ends = extremes(program, model, range(len(model.reactions)))
    pairs = zip(model.reactions, *ends, strict=True)
    return _ids(reaction for reaction, *both in pairs if all(_is_none(flux) for flux in both))


def _is_none(flux: float | None) -> bool:
    return flux is not None and abs(flux) <= ZERO_FLUX_MMOL_PER_GDW_H


def _find_blocked_when_open(model: Model) -> tuple[str, ...] | None:
    with model:
        for reaction in model.boundary:
            reaction.bounds = (-OPEN_MMOL_PER_GDW_H, OPEN_MMOL_PER_GDW_H)
        return _find_blocked(model)


def _precursors(model: Model, biomass: Sequence[Reaction]) -> dict[str, object]:
    """Which reactants of biomass can be drained, alone or with the by-products of biomass given back."""
    reactants = sorted({m for r in biomass for m in r.reactants}, key=lambda m: str(m.id))
    products = {m for r in biomass for m in r.products}
    with model:
        first = len(model.reactions)
        drains = [
            cobra.Reaction(f"drain_{i}", lower_bound=0.0, upper_bound=0.0) for i in range(len(reactants))
        ]
        returns = [
            cobra.Reaction(f"return_{i}", lower_bound=0.0, upper_bound=0.0) for i in range(len(products))
        ]
        model.add_reactions(drains + returns)
        for drain, metabolite in zip(drains, reactants, strict=True):
            drain.add_metabolites({metabolite: -1})
        for give, metabolite in zip(returns, products, strict=True):
            give.add_metabolites({metabolite: 1})
        returned = dict.fromkeys(range(first + len(drains), len(model.reactions)), (0.0, OPEN_MMOL_PER_GDW_H))
        with LinearProgram(model) as program:
            program.set_objective({}, "max")
            if program.solve() is not Outcome.OPTIMAL:
                return dict.fromkeys(("precursors_not_made", "precursors_made_by_recycling_only"))

            def cannot_drain(index: int) -> bool:
                with program.hold_bounds({index: (0.0, OPEN_MMOL_PER_GDW_H)}):
                    return _is_none(program.extreme(index, "max"))

            reactant_by_index = dict(enumerate(reactants, start=first))
            alone = [index for index in reactant_by_index if cannot_drain(index)]
            with program.hold_bounds(returned):
                never = {index for index in alone if cannot_drain(index)}
    return {
        "precursors_not_made": tuple(reactant_by_index[index].id for index in alone if index in never),
        "precursors_made_by_recycling_only": tuple(
            reactant_by_index[index].id for index in alone if index not in never
        ),
    }


def _biomass_mass(biomass: Sequence[Reaction]) -> dict[str, object]:
    masses = {reaction.id: _mass(reaction) for reaction in biomass}
    known = [mass for mass in masses.values() if mass is not None]
    low, high = BIOMASS_G_PER_MMOL
    return {
        "biomass_mass_g_per_mmol": masses,
        "biomass_mass_is_consistent": all(low <= mass <= high for mass in known) if known else None,
    }


def _mass(reaction: Reaction) -> float | None:
    """What goes into one mmol of biomass, less what comes back, g/mmol; None without all formulas."""
    if any(_elements(metabolite) is None for metabolite in reaction.metabolites):
        return None
    return -math.fsum(value * m.formula_weight for m, value in reaction.metabolites.items()) / 1000


def _coverage(model: Model) -> dict[str, object]:
    def fraction(items: Sequence[object], has: Iterable[bool]) -> float | None:
        return sum(has) / len(items) if items else None

    groups = {"metabolites": model.metabolites, "reactions": model.reactions, "genes": model.genes}
    fractions: dict[str, object] = {
        f"annotated_{name}_fraction": fraction(
            items, (bool(item.annotation.keys() - {"sbo"}) for item in items)
        )
        for name, items in groups.items()
    }
    metabolites = model.metabolites
    return fractions | {
        "metabolites_with_formula_fraction": fraction(metabolites, (bool(m.formula) for m in metabolites)),
        "metabolites_with_charge_fraction": fraction(
            metabolites, (m.charge is not None for m in metabolites)
        ),
    }


def _findings(model: Model, fields: Mapping[str, object]) -> FindingTable:
    """Everything that was found, one row each, with the equation where it is about a reaction."""
    rows: list[tuple[str, str, str]] = []
    for check, ids in fields.items():
        if (
            isinstance(ids, tuple)
            and all(isinstance(item, str) for item in ids)
            and check not in _NO_FINDINGS
        ):
            for identifier in ids:
                known = identifier in model.reactions
                detail = model.reactions.get_by_id(identifier).reaction if known else ""
                rows.append((check, identifier, detail))
    cycles = fields["energy_generating_cycles"]
    assert isinstance(cycles, tuple)
    rows += [("energy_generating_cycles", cycle.carrier, " ".join(cycle.reactions)) for cycle in cycles]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return FindingTable.model_validate(dict(zip(FindingTable.model_fields, columns, strict=True)))


_NO_FINDINGS = {"energy_carriers_tested", "biomass_reactions", "energy_generating_cycles"}

TOOL = Tool(
    name="validate_model",
    purpose="Is the model sound: balance, blocked reactions, energy from nothing, biomass, growth.",
    answers=("balances", "blocked reactions", "trust", "growth"),
    args=Args,
    result=Result,
    run=run,
    rests_on=EVERYTHING,
    reference="Lieven et al. 2020, doi:10.1038/s41587-020-0446-y; "
    "energy cycles: Fritzemeier et al. 2017, doi:10.1371/journal.pcbi.1005494",
    example={},
)
