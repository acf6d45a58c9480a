"""The smallest set that has a member of each given set: an integer program, solved exactly."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.optlang_program import Solver, optlang_program
from fluxagents.tasks.fba.solving.solver_clock import solve_program

LIMIT_S = 120


def smallest_hitting_set(
    universe: Sequence[str],
    hit: Sequence[Collection[str]],
    excluded: Sequence[Collection[str]],
    solver: Solver = "glpk",
) -> tuple[str, ...] | None:
    """The smallest subset of the universe that meets every set of `hit` and contains none of `excluded`.

    Returns:
        The members in the order of the universe, or None if there is no such subset.

    Raises:
        FluxError: `TIMEOUT` if no optimum is proved in `LIMIT_S`, `SOLVER` if the solver fails or is not
            installed.
    """
    with optlang_program(solver) as program:
        interface = program.interface
        chosen = {name: interface.Variable(f"x{i}", type="binary") for i, name in enumerate(universe)}
        # Meets every demand, at a cost above the whole universe: a failure is no proof that there is no set.
        nothing = interface.Variable("nothing", type="binary")
        program.add([*chosen.values(), nothing])
        program.objective = interface.Objective(0, direction="min")
        costs = dict.fromkeys(chosen.values(), 1.0) | {nothing: len(universe) + 1.0}
        program.objective.set_linear_coefficients(costs)
        for members in hit:
            _add_row(program, [chosen[name] for name in sorted(members)], {nothing: 1.0}, lb=1)
        for members in excluded:
            row = [chosen[name] for name in sorted(members)]
            _add_row(program, row, {nothing: -float(len(members))}, ub=len(members) - 1)
        program.configuration.timeout = LIMIT_S
        status = solve_program(program)
        if status != "optimal":
            kind = ErrorClass.TIMEOUT if status == "time_limit" else ErrorClass.SOLVER
            raise FluxError(kind, f"'{solver}' proved no smallest set: {status}")
        if nothing.primal > 0.5:  # noqa: PLR2004 - 0 or 1
            return None
        return tuple(name for name, variable in chosen.items() if variable.primal > 0.5)  # noqa: PLR2004 - 0 or 1


def _add_row(program: Any, members: Sequence[Any], others: dict[Any, float], **bounds: int) -> None:
    row = program.interface.Constraint(0, **bounds)
    program.add(row, sloppy=True)
    program.update()
    row.set_linear_coefficients(dict.fromkeys(members, 1.0) | others)
