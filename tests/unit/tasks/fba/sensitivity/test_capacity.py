"""A capacity is worth what finite differences say, for either sense of the objective and either program."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.tasks.fba.sensitivity.capacity import (
    Capacity,
    as_function,
    as_function_of_flux,
    best_under,
    flux_range,
)
from fluxagents.tasks.fba.solving.linear_program import LinearProgram


@pytest.mark.parametrize("split", [False, True])
def test_an_uptake_is_worth_the_same_in_either_form(textbook: Any, split: bool) -> None:
    glucose = Capacity.of_uptake(textbook, textbook.reactions.EX_glc__D_e)
    with LinearProgram(textbook, split=split) as program:
        tangent = as_function(program, glucose)(10.0)
        more = as_function(program, glucose)(11.0)
    assert tangent is not None
    assert more is not None
    assert tangent.slope == pytest.approx(0.0916647464, rel=1e-6)
    assert more.value - tangent.value == pytest.approx(tangent.slope, rel=1e-6)
    assert glucose.limit == 10


def test_a_gain_is_positive_where_more_lowers_what_is_minimised(textbook: Any) -> None:
    glucose, biomass = (textbook.reactions.index(name) for name in ("EX_glc__D_e", "Biomass_Ecoli_core"))
    oxygen = Capacity.of_uptake(textbook, textbook.reactions.EX_o2_e)
    with LinearProgram(textbook) as program, program.hold_bounds({biomass: (0.3, 1000.0)}):
        program.set_objective({glucose: -1.0}, "min")  # the least uptake of glucose
        low, high = (as_function(program, oxygen)(limit) for limit in (4.0, 4.5))
    assert low is not None
    assert high is not None
    assert low.slope > 0
    assert high.value - low.value == pytest.approx(low.slope * 0.5, rel=1e-6)
    assert low.value < 0  # the negative of an uptake


def test_a_forced_flux_is_a_negative_capacity(textbook: Any) -> None:
    maintenance = Capacity.of(textbook, textbook.reactions.ATPM, is_reverse=True)
    assert (maintenance.limit, maintenance.as_bound(-5.0)) == (-8.39, 5)
    with LinearProgram(textbook) as program:
        assert program.solve()
        assert maintenance.is_used_up(program.fluxes())
        tangent = as_function(program, maintenance)(-8.39)
    assert tangent is not None
    assert tangent.slope == pytest.approx(0.00509249, rel=1e-5)


def test_bounds_that_contradict_each_other_have_no_best(textbook: Any) -> None:
    with textbook:
        textbook.reactions.EX_glc__D_e.bounds = (-10, -5)
        glucose = Capacity.of_uptake(textbook, textbook.reactions.EX_glc__D_e)
        with LinearProgram(textbook) as program:
            assert best_under(program, (glucose,), (3.0,)) is None
            assert best_under(program, (glucose,), (6.0,)) is not None


def test_the_objective_is_as_it_was_after_a_range(textbook: Any) -> None:
    index = textbook.reactions.index("PGI")
    with LinearProgram(textbook) as program:
        program.solve()
        best, objective = program.value, program.objective()
        assert flux_range(program, index, (-1000.0, 1000.0)) == pytest.approx((-50, 10))
        assert flux_range(program, index, (500.0, 600.0)) is None
        assert program.objective() == objective
        assert program.maximises
        program.solve()
        assert program.value == pytest.approx(best, rel=1e-9)
        tangent = as_function_of_flux(program, index)(0.0)
    assert tangent is not None
    assert tangent.value == pytest.approx(0.8631595522, rel=1e-6)
