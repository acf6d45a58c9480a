"""The plane holds the known values; phases have exact gains; the line of optimality is the least need."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from cobra.flux_analysis import flux_variability_analysis

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "run_phase_plane"
GLUCOSE_AND_OXYGEN = {"first": "EX_glc__D_e", "second": "EX_o2_e"}


def growth_at(found: Any) -> dict[tuple[float, float], float | None]:
    return {
        (point.first_uptake_mmol_per_gdw_h, point.second_uptake_mmol_per_gdw_h): point.growth_per_h
        for point in found.plane
    }


@pytest.mark.parametrize(
    ("glucose", "oxygen", "growth"),
    [
        (5, 0, 0.05936753),
        (5, 10, 0.37350797),
        (10, 0, 0.21166295),
        (10, 10, 0.5590506),
        (10, 20, 0.83261364),
        (10, 30, 0.87392151),
        (20, 0, 0.5162538),
        (20, 20, 1.20898348),
    ],
)
def test_known_values_of_the_core_model(
    textbook: Any, call: Callable[..., Any], glucose: float, oxygen: float, growth: float
) -> None:
    ends = {"first_highest_mmol_per_gdw_h": 20, "second_highest_mmol_per_gdw_h": 40}
    found = call(NAME, textbook, **GLUCOSE_AND_OXYGEN, **ends, points=5)
    assert growth_at(found)[glucose, oxygen] == pytest.approx(growth, rel=1e-6)


@pytest.mark.parametrize(
    ("uptake", "growth"), [(0.5, 0.001912), (1, 0.048385), (5, 0.415598), (15, 1.332245), (20, 1.790569)]
)
def test_glucose_alone(textbook: Any, call: Callable[..., Any], uptake: float, growth: float) -> None:
    found = call(
        NAME,
        textbook,
        **GLUCOSE_AND_OXYGEN,
        first_highest_mmol_per_gdw_h=uptake,
        second_highest_mmol_per_gdw_h=1000,
        points=2,
    )
    assert found.highest_growth_per_h == pytest.approx(growth, abs=5e-7)


def test_every_point_is_what_cobra_gives(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, **GLUCOSE_AND_OXYGEN, points=7)
    with textbook:
        for (glucose, oxygen), growth in growth_at(found).items():
            textbook.reactions.EX_glc__D_e.lower_bound = -glucose
            textbook.reactions.EX_o2_e.lower_bound = -oxygen
            best = textbook.slim_optimize()
            assert growth == (None if math.isnan(best) else pytest.approx(best, rel=1e-6, abs=1e-9))


def test_phases_have_the_shadow_prices_of_both(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, **GLUCOSE_AND_OXYGEN)
    gains = [
        (phase.gain_of_first_per_mmol, phase.gain_of_second_per_mmol, phase.limited_by)
        for phase in found.phases
    ]
    assert gains[0] == (pytest.approx(0.0916647464, rel=1e-6), 0, "first")
    assert (
        pytest.approx(0.0459105672, rel=1e-6),
        pytest.approx(0.0229552836, rel=1e-6),
        "both",
    ) in gains
    assert sum(phase.area_fraction for phase in found.phases) == pytest.approx(1, abs=0.05)
    assert [phase.area_fraction for phase in found.phases] == sorted(
        (phase.area_fraction for phase in found.phases), reverse=True
    )
    for phase in found.phases:
        if phase.isocline_slope_fraction is not None:
            ratio = phase.gain_of_first_per_mmol / phase.gain_of_second_per_mmol
            assert phase.isocline_slope_fraction == pytest.approx(-ratio)


def test_points_lie_on_the_plane_of_their_phase(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, **GLUCOSE_AND_OXYGEN)
    for phase in found.phases:
        heights = {
            round(
                point.growth_per_h
                - phase.gain_of_first_per_mmol * point.first_uptake_mmol_per_gdw_h
                - phase.gain_of_second_per_mmol * point.second_uptake_mmol_per_gdw_h,
                5,
            )
            for point in found.plane
            if point.phase == phase.phase
        }
        assert max(heights) - min(heights) < 2e-5


@pytest.mark.parametrize("glucose", [1, 10, 20])
def test_the_line_of_optimality_is_the_least_oxygen_at_the_best_growth(
    textbook: Any, call: Callable[..., Any], glucose: float
) -> None:
    found = call(NAME, textbook, **GLUCOSE_AND_OXYGEN)
    optimal = next(p for p in found.line_of_optimality if p.first_uptake_mmol_per_gdw_h == glucose)
    with textbook:
        textbook.reactions.EX_glc__D_e.lower_bound = -glucose
        best = textbook.slim_optimize()
        least = -flux_variability_analysis(textbook, ["EX_o2_e"], processes=1).maximum.EX_o2_e
    assert optimal.growth_per_h == pytest.approx(best, rel=1e-6)
    assert optimal.second_uptake_mmol_per_gdw_h == pytest.approx(least, rel=1e-6)


def test_axes_end_at_twice_the_medium_and_where_more_is_of_no_use(
    textbook: Any, call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook, first="o2_e", second="glc__D_e", points=3)
    assert found.second_highest_mmol_per_gdw_h == 20
    assert found.first_highest_mmol_per_gdw_h == 53  # a quarter more than 41.73, rounded up
    found = call(NAME, textbook, first="EX_nh4_e", second="EX_pi_e", points=3)
    assert found.first_highest_mmol_per_gdw_h == 20
    assert {phase.limited_by for phase in found.phases} <= {"first", "second", "both", "neither"}


def test_a_plane_of_a_genome_scale_model(ijo1366: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, ijo1366, **GLUCOSE_AND_OXYGEN, points=5)
    assert found.phases[0].gain_of_first_per_mmol == pytest.approx(0.0995436922, rel=1e-6)
    assert growth_at(found)[10, found.second_highest_mmol_per_gdw_h] == pytest.approx(0.9823718127, rel=1e-6)
    assert growth_at(found)[10, 0] == pytest.approx(0.2415015571, rel=1e-6)


def test_another_objective(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, **GLUCOSE_AND_OXYGEN, objective="ATPM", points=5)
    assert found.phases[0].gain_of_first_per_mmol == pytest.approx(17.5, rel=1e-6)
    assert found.growth_per_h is None


def test_a_plane_over_a_medium_that_lacks_both(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(
        NAME, textbook, first="EX_succ_e", second="EX_o2_e", medium_changes={"EX_glc__D_e": 0}, points=3
    )
    assert found.status == "infeasible"  # in the medium itself
    assert found.highest_growth_per_h == pytest.approx(0.8401341768, rel=1e-6)


def test_one_nutrient_is_no_plane(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="are both") as raised:
        call(NAME, textbook, first="EX_o2_e", second="EX_o2_e")
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    with pytest.raises(FluxError, match="the same nutrient"):
        call(NAME, textbook, first="EX_o2_e", second="o2_e")


def test_an_unknown_nutrient_names_the_nearest(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"'EX_o3_e'.*nearest: .*EX_o2_e") as raised:
        call(NAME, textbook, first="EX_glc__D_e", second="EX_o3_e")
    assert raised.value.kind is ErrorClass.MEDIUM
