"""The search for reactions that fill a gap: the fewest that restore a flux.

Found as an implicit hitting set, like the smallest media of `nutrient_search`: whenever a set of reactions
does not suffice, a demand is learnt, of whose reactions every sufficient set has one. A demand comes from
the linear program that reaches the flux asked for with the least flux through what the set leaves out.
Reactions that its dual solution gives no value cannot help, with or without each other; the others are tried
one by one. No large constant is multiplied with an almost-zero integer variable, as it is in the usual
integer program over fluxes, so every answer holds within the solver's feasibility.

Source: Chandrasekaran et al. 2011, "Algorithms for implicit hitting set problems",
doi:10.1137/1.9781611973082.48.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Self

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.hitting_set import smallest_hitting_set
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.optlang_program import Solver
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model

LEFT_OUT_TOLERANCE_MMOL_PER_GDW_H = 1e-9
"""A total flux through what is left out at or below this counts as none."""

VALUE_TOLERANCE = 1e-9
"""A dual value of a reaction at or below this counts as none; the total flux is checked again."""


class GapSearch:
    """Which candidate reactions of a model suffice for a value of its objective.

    Args:
        model: Under its conditions, with all candidates; it is not changed.
        candidates: Ids of the reactions that may be left out.
        target: The least value of the objective, which all candidates together reach.
        most_solves: Linear programs of the whole search. Counted rather than timed, so that a busy machine
            finds the same.
        solver: Of the integer program.
    """

    def __init__(
        self, model: Model, candidates: Sequence[str], target: float, most_solves: int, solver: Solver
    ) -> None:
        self._solver: Solver = solver
        self._candidates = {name: model.reactions.index(name) for name in candidates}
        self._bounds = {name: model.reactions.get_by_id(name).bounds for name in candidates}
        self._target = target
        self._most_solves = most_solves
        self._solves = 0
        self._program = LinearProgram(model, split=True)

    def __enter__(self) -> Self:
        self._program.solve()
        self._program.hold_objective(self._target, None)
        return self

    def __exit__(self, *error: object) -> None:
        self._program.__exit__(None, None, None)

    def irreducible(self) -> tuple[str, ...]:
        """A set that suffices and can spare no reaction; quick to find, but smaller ones may exist.

        Raises:
            FluxError: `TIMEOUT` if it is not found in so many solves.
        """
        self._suffices(())
        fluxes = self._program.fluxes()
        chosen = {name for name, index in self._candidates.items() if fluxes[index]}
        if not self._suffices(chosen):
            chosen = set(self._candidates)
        for name in sorted(chosen, key=lambda name: (abs(fluxes[self._candidates[name]]), name)):
            if self._suffices(chosen - {name}):
                chosen.discard(name)
        return tuple(name for name in self._candidates if name in chosen)

    def smallest(self) -> Iterator[tuple[str, ...]]:
        """The sets that suffice and can spare no reaction, the smallest first.

        Raises:
            FluxError: `TIMEOUT` if the next one is not found in so many solves.
        """
        demands: list[Collection[str]] = []
        sets: list[Collection[str]] = []
        while True:
            known = set[str]().union(*demands)
            chosen = smallest_hitting_set(
                [name for name in self._candidates if name in known], demands, sets, self._solver
            )
            if chosen is None:
                return
            if self._suffices(chosen):
                yield chosen
                if not chosen:
                    return
                sets.append(chosen)
            else:
                demands.append(self._demand(set(chosen)))

    def _demand(self, insufficient: set[str]) -> list[str]:
        """All that a largest insufficient set leaves out; the program must be solved for this set."""
        insufficient = self._with_worthless(insufficient)
        for name in self._candidates:
            if name not in insufficient and not self._suffices({*insufficient, name}):
                insufficient = self._with_worthless({*insufficient, name})
        return [name for name in self._candidates if name not in insufficient]

    def _with_worthless(self, insufficient: set[str]) -> set[str]:
        """The set plus all reactions that cannot help it, by the dual solution of the last solve."""
        worthless = {name for name in self._candidates if not self._has_value(name)}
        larger = insufficient | worthless
        return insufficient if self._suffices(larger) else larger

    def _has_value(self, name: str) -> bool:
        lowest, highest = self._bounds[name]
        forward, reverse = self._program.get_reduced_costs(self._candidates[name])
        return (highest > 0 and forward < 1 - VALUE_TOLERANCE) or (
            lowest < 0 and reverse < 1 - VALUE_TOLERANCE
        )

    def _suffices(self, chosen: Collection[str]) -> bool:
        self._solves += 1
        if self._solves > self._most_solves:
            raise FluxError(
                ErrorClass.TIMEOUT,
                f"no set of reactions was found in {self._most_solves} solves among {len(self._candidates)}",
                suggestions=("raise 'most_solves'", "name reactions to leave out in 'excluded_reactions'"),
            )
        left_out = {index: (1.0, 1.0) for name, index in self._candidates.items() if name not in chosen}
        outcome = self._program.minimise_parts(left_out)
        if outcome is not Outcome.OPTIMAL:
            raise FluxError(ErrorClass.NUMERICAL, f"a flux that all candidates reach was {outcome}")
        return self._program.value <= LEFT_OUT_TOLERANCE_MMOL_PER_GDW_H
