"""What solvers take is told by solver, whatever a tool does beside them."""

from __future__ import annotations

import pytest
from cobra import Model

from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.solver_clock import measure_solvers, solve_program, time_solver


def test_a_linear_program_counts_for_its_solver(textbook: Model) -> None:
    with measure_solvers() as seconds, LinearProgram(textbook) as program:
        assert seconds == {}
        program.solve()
        after_one = dict(seconds)
        program.solve()
    assert set(seconds) == {"glpk"}
    assert 0.0 < after_one["glpk"] < seconds["glpk"]


def test_a_program_of_optlang_counts_for_its_solver(textbook: Model) -> None:
    with measure_solvers() as seconds:
        assert solve_program(textbook.solver) == "optimal"
    assert set(seconds) == {"glpk"}


def test_a_solver_that_fails_has_worked_too() -> None:
    with measure_solvers() as seconds:
        with pytest.raises(MemoryError), time_solver("highs"):
            raise MemoryError
        with measure_solvers() as inner, time_solver("glpk"):
            pass
    assert (set(seconds), set(inner)) == ({"highs"}, {"glpk"})


def test_who_does_not_measure_pays_nothing() -> None:
    with time_solver("glpk"):
        pass
    with measure_solvers() as seconds:
        pass
    assert seconds == {}
