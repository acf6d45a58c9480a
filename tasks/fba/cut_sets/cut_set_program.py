"""The cheapest knock-outs that may be a cut set, by an integer program that grows with what is learnt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.solver_clock import solve_program

CHOSEN = 0.5
"""A variable that is 0 or 1 counts as 1 above this."""

GAP = 1e-4
"""Fraction of its cost that a proposal may be above the cheapest one, as HiGHS proves it by default."""

SLACK = 1e-6
"""Of the costs, for the rounding of a solver."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the program proposes.

    Attributes:
        knock_outs: None if no set is left, or if the time was up.
        is_proved: Whether nothing cheaper is left.
    """

    knock_outs: tuple[str, ...] | None
    is_proved: bool


class CutSetProgram:
    """Minimises the cost of knock-outs that hit every unwanted flux distribution seen so far.

    Args:
        program: An empty `optlang` model.
        costs: Target -> cost, above 0.
        most_knock_outs: Count at most.
        max_cost: None for no limit.
        has_floor: Whether a row says that no proposal is cheaper than the one before, as demands only come.
            HiGHS is then done as soon as it finds a set of that cost; GLPK takes longer with it.
    """

    def __init__(
        self,
        program: Any,
        costs: Mapping[str, float],
        most_knock_outs: int,
        max_cost: float | None,
        *,
        has_floor: bool,
    ) -> None:
        self._program, self._costs = program, costs
        self._never: set[str] = set()
        self._demands: Counter[str] = Counter()
        variable = program.interface.Variable
        self._chosen = {name: variable(f"x{rank}", type="binary") for rank, name in enumerate(costs)}
        # Meets every demand at a cost above all: that there is no set is an optimum as well, and proved.
        self._nothing = variable("nothing", type="binary")
        program.add([*self._chosen.values(), self._nothing])
        program.objective = program.interface.Objective(0, direction="min")
        terms = {self._chosen[name]: cost for name, cost in costs.items()}
        minimised = terms | {self._nothing: sum(costs.values()) + 1.0}
        program.objective.set_linear_coefficients(minimised)
        self._floor = self._limit(minimised, lb=0) if has_floor else None
        self._limit(dict.fromkeys(self._chosen.values(), 1.0), ub=most_knock_outs)
        if max_cost is not None:
            self._limit(terms, ub=max_cost + SLACK)

    def hit(self, members: Collection[str]) -> frozenset[str]:
        """Demand that one of these is knocked out; returns those of them that may be."""
        possible = frozenset(members) - self._never
        self._demands.update(possible)
        terms = {self._chosen[name]: 1.0 for name in sorted(possible)}
        self._limit(terms | {self._nothing: 1.0}, lb=1)
        return possible

    def count_demands(self, name: str) -> int:
        """How many demands a knock-out meets."""
        return self._demands[name]

    def exclude(self, knock_outs: Collection[str]) -> None:
        """Propose neither these nor more than these."""
        if len(knock_outs) == 1:
            self._never.update(knock_outs)
        self._limit({self._chosen[name]: 1.0 for name in sorted(knock_outs)}, ub=len(knock_outs) - 1)

    def propose(self, limit_s: float) -> Proposal:
        """The cheapest set that meets all demands.

        Args:
            limit_s: How long the solver may take.

        Raises:
            FluxError: `SOLVER` if the solver fails.
        """
        self._program.configuration.timeout = max(1, round(limit_s))
        status = solve_program(self._program)
        if status == "time_limit":
            return Proposal(None, is_proved=False)
        if status != "optimal":
            raise FluxError(ErrorClass.SOLVER, f"the program of cut sets ended as '{status}'")
        if self._nothing.primal > CHOSEN:
            return Proposal(None, is_proved=True)
        chosen = tuple(name for name, variable in self._chosen.items() if variable.primal > CHOSEN)
        if self._floor is not None:
            self._floor.lb = sum(self._costs[name] for name in chosen) * (1 - GAP)
        return Proposal(chosen, is_proved=True)

    def _limit(self, terms: Mapping[Any, float], **bounds: float) -> Any:
        row = self._program.interface.Constraint(0, **bounds)
        self._program.add(row, sloppy=True)
        self._program.update()
        row.set_linear_coefficients(terms)
        return row
