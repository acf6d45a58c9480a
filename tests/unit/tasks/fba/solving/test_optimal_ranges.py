"""The ranges of fluxes among the optima are those of a variability analysis, without its tolerance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra.flux_analysis import flux_variability_analysis

from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.optimal_ranges import find_optimal_ranges, is_unique
from fluxagents.tasks.fba.solving.outcome import Outcome


@pytest.mark.parametrize(("oxygen", "glucose"), [(1000, 10), (15, 10.4), (15, 8), (0, 10)])
def test_ranges_are_what_cobra_gives_at_the_optimum(textbook: Any, oxygen: float, glucose: float) -> None:
    with textbook:
        textbook.reactions.EX_o2_e.lower_bound = -oxygen
        textbook.reactions.EX_glc__D_e.lower_bound = -glucose
        found = find_optimal_ranges(textbook, range(len(textbook.reactions)))
        expected = flux_variability_analysis(textbook, fraction_of_optimum=1.0, processes=1)
    for index, (least, greatest) in found.items():
        row = expected.iloc[index]
        assert (least, greatest) == pytest.approx((row["minimum"], row["maximum"]), abs=1e-4)


def test_a_flux_that_costs_little_is_unique(ijo1366: Any) -> None:
    """With growth held within a tolerance, the range of OPHHX3 is as wide as that tolerance by its price."""
    index = ijo1366.reactions.index("OPHHX3")
    (limits,) = find_optimal_ranges(ijo1366, [index]).values()
    assert is_unique(limits)
    assert limits[0] == pytest.approx(limits[1], abs=1e-9)


def test_the_program_is_as_it_was_after_a_face_was_held(textbook: Any) -> None:
    with LinearProgram(textbook) as program:
        assert program.solve() is Outcome.OPTIMAL
        before = program.value, program.fluxes()
        objective = program.objective()
        with program.hold_optimal_face():
            program.set_objective({}, "max")
            program.extreme(0, "max")
        program.set_objective(objective, "max")
        assert program.solve() is Outcome.OPTIMAL
        assert program.value == pytest.approx(before[0], rel=1e-9)
        with program.hold_bounds({textbook.reactions.index("EX_glc__D_e"): (-5, 1000)}):
            assert program.solve() is Outcome.OPTIMAL
            assert program.value == pytest.approx(0.415598, rel=1e-5)


def test_nothing_is_optimal_where_nothing_is_feasible(textbook: Any) -> None:
    with textbook:
        textbook.reactions.ATPM.lower_bound = 900
        assert find_optimal_ranges(textbook, [0, 1]) == {}


def test_fluxes_that_are_not_unique_stand_with_their_range(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(
        "run_metabolic_fba", textbook, medium_changes={"EX_o2_e": 15, "EX_glc__D_e": 10.4}
    ).key_findings()
    ranges = found["not_unique_mmol_per_gdw_h"]["values"]
    assert ranges["EX_ac_e"] == pytest.approx([7.537147, 7.646205], abs=1e-5)
    assert ranges["EX_for_e"] == pytest.approx([0, 0.436233], abs=1e-5)
    assert "EX_glc__D_e" not in ranges
    assert call("run_metabolic_fba", textbook).key_findings()["not_unique_mmol_per_gdw_h"]["count"] == 0
