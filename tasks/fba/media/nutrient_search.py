"""The search for minimal media: which uptakes suffice for a growth rate.

Fewest components are found as an implicit hitting set: whenever a set of uptakes does not suffice, it is
grown to a largest set that does not, and every sufficient medium must hold one of the uptakes left out. The
smallest set that meets all these demands is a minimal medium once it suffices. Unlike the usual integer
program over fluxes, no large constant is multiplied with an almost-zero integer variable, so trace elements
are not lost.

Source: Chandrasekaran et al. 2011, "Algorithms for implicit hitting set problems",
doi:10.1137/1.9781611973082.48.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.conditions import MAX_UPTAKES_SHOWN, uptake, uptake_flux
from fluxagents.tasks.fba.solving.hitting_set import smallest_hitting_set
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.optlang_program import Solver
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model, Reaction

GROWTH_TOLERANCE = 1e-6
"""Fraction of the growth asked for by which a medium may fall short: the solver's feasibility."""

UPTAKE_TOLERANCE_MMOL_PER_GDW_H = 1e-9
"""Total uptake at or below this counts as none."""

MAX_ROUNDS = 2_000
"""Demands collected before the search is given up; iJO1366 with all exchanges open takes some dozens."""


class SufficientMedium(BaseModel):
    """A medium that reaches the growth asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    components: int = Field(description="Count.")
    uptakes_mmol_per_gdw_h: dict[str, float]


def describe_best(media: Sequence[SufficientMedium]) -> dict[str, JsonValue] | None:
    """The first medium, with its uptakes as other tools take them; without them if there are too many."""
    if not media:
        return None
    fields = media[0].model_dump()
    has_few = len(media[0].uptakes_mmol_per_gdw_h) <= MAX_UPTAKES_SHOWN
    return fields if has_few else fields | {"uptakes_mmol_per_gdw_h": None}


class NutrientSearch:
    """Which of the open uptakes of a model suffice for a growth rate.

    Args:
        model: Under its conditions, all candidate uptakes open; it is not changed.
        program: Of the model, with growth as its objective; it is solved under other bounds meanwhile.
        candidates: The exchange reactions that may take part.
        growth: The least value of the objective, 1/h.
        solver: Of the integer program.
    """

    def __init__(
        self,
        model: Model,
        program: LinearProgram,
        candidates: Sequence[Reaction],
        growth: float,
        solver: Solver,
    ) -> None:
        self._solver: Solver = solver
        self._growth = growth
        self._candidates = {reaction.id: reaction for reaction in candidates}
        self._indices = {reaction.id: model.reactions.index(reaction) for reaction in candidates}
        self._maximal = program
        self._least = LinearProgram(model, split=True)

    def __enter__(self) -> Self:
        self._maximal.solve()
        self._maximal.remember_basis()
        self._least.solve()
        self._least.hold_objective(self._growth, None)
        return self

    def __exit__(self, *error: object) -> None:
        self._least.__exit__(None, None, None)

    def growth_on(self, components: Collection[str]) -> float | None:
        """The best growth (1/h) with only these uptakes open; None if that is infeasible."""
        closed = [name for name in self._candidates if name not in components]
        with self._maximal.hold_bounds({self._indices[name]: self._without_uptake(name) for name in closed}):
            self._maximal.restore_basis()
            outcome = self._maximal.solve(dual=True)
            return self._maximal.value if outcome is Outcome.OPTIMAL else None

    def least_uptakes(
        self, components: Collection[str], costs: Mapping[str, float] | None = None
    ) -> dict[str, float]:
        """The uptakes (mmol/gDW/h) that reach the growth with the least sum, only these uptakes open.

        Args:
            components: The uptakes that may be used.
            costs: Weights of the sum, at least 0; 1 where none is given.
        """
        closed = [name for name in self._candidates if name not in components]
        with self._least.hold_bounds({self._indices[name]: self._without_uptake(name) for name in closed}):
            outcome = self._least.minimise_parts(self._weights(components, costs or {}))
            if outcome is not Outcome.OPTIMAL:
                raise FluxError(
                    ErrorClass.NUMERICAL, f"a medium that suffices was {outcome} at the growth asked for"
                )
            fluxes = self._least.fluxes()
        taken_up = {
            name: uptake_flux(self._candidates[name], fluxes[self._indices[name]]) for name in components
        }
        return {name: flux for name, flux in taken_up.items() if flux > 0}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The uptakes without which nothing suffices, if all of them together do."""
        everything = set(self._candidates)
        # An uptake that some optimum does not use is not required, which spares its solve.
        dispensable = set() if not self._suffices(everything) else self._list_unused()
        required = []
        for name in self._candidates:
            if name in dispensable:
                continue
            if self._suffices(everything - {name}):
                dispensable |= self._list_unused()
            else:
                required.append(name)
        return tuple(required)

    def sufficient_alone(self) -> list[str]:
        """The uptakes each of which suffices with no other candidate."""
        self._is_enough(())
        self._least.remember_basis()
        sufficient = []
        for name in self._candidates:
            self._least.restore_basis()
            if self._is_enough({name}):
                sufficient.append(name)
        return sufficient

    def smallest(self) -> Iterator[tuple[str, ...]]:
        """The media with the fewest components, one after the other, in the order of the model."""
        required = self.required
        optional = [name for name in self._candidates if name not in required]
        demands: list[Collection[str]] = []
        sets: list[Collection[str]] = []
        fewest: int | None = None
        for _ in range(MAX_ROUNDS):
            if sets and not optional:
                return
            chosen = smallest_hitting_set(optional, demands, sets, self._solver)
            if chosen is None or (fewest is not None and len(chosen) > fewest):
                return
            if self._suffices({*required, *chosen}):
                yield tuple(name for name in self._candidates if name in {*required, *chosen})
                if not chosen:
                    return
                fewest = len(chosen)
                sets.append(chosen)
            else:
                demands.append(self._demand({*required, *chosen}))
        raise FluxError(ErrorClass.TIMEOUT, f"no smallest medium after {MAX_ROUNDS} rounds")

    def _suffices(self, components: Collection[str]) -> bool:
        growth = self.growth_on(components)
        return growth is not None and growth >= self._growth * (1 - GROWTH_TOLERANCE)

    def _list_unused(self) -> set[str]:
        """The candidates that are not taken up at the last optimum of growth."""
        fluxes = self._maximal.net_fluxes()
        return {
            name
            for name, reaction in self._candidates.items()
            if uptake_flux(reaction, fluxes[self._indices[name]]) <= 0
        }

    def _demand(self, components: set[str]) -> list[str]:
        """A sufficient medium needs one of these: all that a largest insufficient set leaves out."""
        insufficient = set(components)
        for name in self._candidates:
            if name not in insufficient and not self._is_enough({*insufficient, name}):
                insufficient.add(name)
        return [name for name in self._candidates if name not in insufficient]

    def _is_enough(self, components: Collection[str]) -> bool:
        """As `_suffices`, by the least uptake of anything else: always feasible, hence always warm."""
        others = [name for name in self._candidates if name not in components]
        outcome = self._least.minimise_parts(self._weights(others))
        return outcome is not Outcome.OPTIMAL or self._least.value <= UPTAKE_TOLERANCE_MMOL_PER_GDW_H

    def _weights(
        self, names: Collection[str], costs: Mapping[str, float] = MappingProxyType({})
    ) -> Mapping[int, tuple[float, float]]:
        weights = {name: costs.get(name, 1.0) for name in names}
        return {
            self._indices[name]: (0.0, weight) if self._candidates[name].reactants else (weight, 0.0)
            for name, weight in weights.items()
        }

    def _without_uptake(self, name: str) -> tuple[float, float]:
        lowest, highest = self._candidates[name].bounds
        return (
            (max(lowest, 0.0), highest) if self._candidates[name].reactants else (lowest, min(highest, 0.0))
        )


def open_uptakes(exchanged: Mapping[str, Reaction]) -> list[Reaction]:
    """The exchanges that may take something up."""
    return [reaction for reaction in exchanged.values() if uptake(reaction) > 0]
