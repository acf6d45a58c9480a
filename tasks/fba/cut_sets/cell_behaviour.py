"""What a cell shall not do any more, and what it must still do, as questions to warm linear programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.cut_sets.survival_program import SurvivalProgram
from fluxagents.tasks.fba.cut_sets.witness_pool import list_bits, set_bits
from fluxagents.tasks.fba.solving.growth import Conditions, solve
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, Sense
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome
from fluxagents.tasks.fba.solving.wild_type import Disabled

if TYPE_CHECKING:
    from cobra import Model, Reaction

MAX_YIELD_STEPS = 30
"""Of the search for an extreme yield, which ends after some five."""

FLOOR_SLACK = 1e-9
"""Fraction of a growth floor that the solver's feasibility may cost."""


class Behaviour(Protocol):
    """States of a cell that are possible or not without some reactions."""

    def find_active(self, disabled: Disabled) -> Disabled | None:
        """The reactions that carry flux in such a state without these; None if there is none."""


class Growth:
    """Growth at a rate or faster; use as a context manager.

    A small program finds sparse flux distributions fast. That a strain is dead is believed only if flux
    balance analysis of the whole model agrees.

    Args:
        conditions: Of the wild type; its program is at the optimum, the basis remembered.
        least_per_h: The rate; the wild type grows as fast.

    Attributes:
        groups: Index in `model.reactions` of what can carry flux -> its group of coupled reactions.
        strains_solved: Count of strains, and of further states of them, that took a linear program.
    """

    def __init__(self, conditions: Conditions, least_per_h: float) -> None:
        self._program, self._least = conditions.program, least_per_h
        model = conditions.model
        self._small: SurvivalProgram | None = None
        self.groups: Mapping[int, int] = {index: index for index in range(len(model.reactions))}
        if len(model.constraints) == len(model.metabolites):
            self._small = SurvivalProgram(model, dict(conditions.objective.terms), least_per_h)
            self.groups = self._small.groups
        # Closed groups -> a bit per reaction that carries flux: sets of the many reactions would fill memory.
        self._known: dict[Disabled, int | None] = {}
        self._other_states = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._small is not None:
            self._small.__exit__(kind, error, trace)

    @property
    def strains_solved(self) -> int:
        return len(self._known) + self._other_states

    def find_active(self, disabled: Disabled) -> Disabled | None:
        closed = self._reduce(disabled)
        if closed not in self._known:
            active = None if self._small is None else self._small.find_active(closed)
            active = self._find_at_best(disabled) if active is None else active
            self._known[closed] = None if active is None else set_bits(active)
            return active
        known = self._known[closed]
        return None if known is None else frozenset(list_bits(known))

    def find_other(self, disabled: Disabled, avoided: Disabled) -> Disabled | None:
        """The reactions that carry flux in a strain without some, few of them among others.

        Args:
            disabled: Indices in `model.reactions`, without flux.
            avoided: The same, with as little flux as the strain can do with.
        """
        if self._small is None:
            return None
        self._other_states += 1
        return self._small.find_active(self._reduce(disabled), self._reduce(avoided))

    def _reduce(self, reactions: Disabled) -> Disabled:
        return frozenset(self.groups[index] for index in reactions if index in self.groups)

    def _find_at_best(self, disabled: Disabled) -> Disabled | None:
        program = self._program
        with program.hold_bounds(dict.fromkeys(sorted(disabled), (0.0, 0.0))):
            program.restore_basis()
            growth = solve(program, dual=True).value
        return None if growth is None or growth < self._least else program.active_reactions()


@dataclass(frozen=True, slots=True)
class Conversion:
    """A substrate that becomes a product: indices in `model.reactions`, signs of secretion and uptake."""

    product: int
    secretion: float
    substrate: int
    uptake: float

    @classmethod
    def of(cls, model: Model, product: Reaction, substrate: Reaction) -> Conversion:
        """The conversion between two exchange reactions."""
        index = model.reactions.index
        return cls(
            index(product), 1.0 if product.reactants else -1.0,
            index(substrate), -1.0 if substrate.reactants else 1.0,
        )  # fmt: skip


class LowYield:
    """Growth at a rate or faster with no more product per substrate than a yield; use as a context manager.

    Args:
        model: Maximises growth.
        conversion: Of which the yield is, mol/mol.
        least_growth_per_h: States that grow less do not count.
        highest_yield: mol/mol.
    """

    def __init__(
        self, model: Model, conversion: Conversion, least_growth_per_h: float, highest_yield: float
    ) -> None:
        self._program = LinearProgram(model)
        self._conversion = conversion
        self._program.hold_objective(least_growth_per_h * (1 - FLOOR_SLACK), None)
        self._weigh(highest_yield, "min")
        self._program.solve()
        self._program.remember_basis()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.__exit__(kind, error, trace)

    def find_active(self, disabled: Disabled) -> Disabled | None:
        program = self._program
        with program.hold_bounds(dict.fromkeys(sorted(disabled), (0.0, 0.0))):
            program.restore_basis()
            outcome = program.solve(dual=True)
        if outcome is Outcome.INFEASIBLE or (
            outcome is Outcome.OPTIMAL and program.value > ZERO_FLUX_MMOL_PER_GDW_H
        ):
            return None
        return program.active_reactions()

    def _weigh(self, highest_yield: float, sense: Sense) -> None:
        self._program.set_objective(weigh(self._conversion, highest_yield), sense)


def weigh(conversion: Conversion, yield_mol_per_mol: float) -> dict[int, float]:
    """The product that is secreted beyond a yield, mmol/gDW/h, as an objective."""
    beyond = {conversion.product: conversion.secretion}
    taken_up = -yield_mol_per_mol * conversion.uptake
    beyond[conversion.substrate] = beyond.get(conversion.substrate, 0.0) + taken_up
    return beyond


def find_extreme_yield(program: LinearProgram, conversion: Conversion, sense: Sense) -> float | None:
    """The least or greatest yield (mol/mol) of the states of a program; None if nothing is taken up.

    The quotient of two fluxes is optimised by a few linear programs (Dinkelbach 1967,
    doi:10.1287/mnsc.13.7.492). The objective of the program is changed.

    Raises:
        FluxError: `INFEASIBLE` or `UNBOUNDED` if there is no such state, or no limit.
    """
    best = 0.0
    for step in range(MAX_YIELD_STEPS):
        program.set_objective(weigh(conversion, best), sense)
        outcome = program.solve()
        if outcome is not Outcome.OPTIMAL:
            kind = ErrorClass.INFEASIBLE if outcome is Outcome.INFEASIBLE else ErrorClass.UNBOUNDED
            raise FluxError(kind, f"the yield of the product is {outcome}")
        fluxes = program.net_fluxes()
        taken_up = conversion.uptake * fluxes[conversion.substrate]
        if step and abs(program.value) <= ZERO_FLUX_MMOL_PER_GDW_H:
            return best
        if taken_up <= ZERO_FLUX_MMOL_PER_GDW_H:
            return None
        best = float(conversion.secretion * fluxes[conversion.product] / taken_up)
    return best
