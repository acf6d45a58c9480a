"""The curve equals growth with the flux held; its break points are exact."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "run_robustness"


def growth_held_at(model: Any, reaction: str, flux: float) -> float | None:
    with model:
        model.reactions.get_by_id(reaction).bounds = (flux, flux)
        best = float(model.slim_optimize())
        return None if math.isnan(best) else best


@pytest.mark.parametrize("reaction", ["EX_o2_e", "EX_glc__D_e", "PGI", "ATPM", "PFK", "SUCDi"])
def test_every_point_is_what_cobra_gives(textbook: Any, call: Callable[..., Any], reaction: str) -> None:
    found = call(NAME, textbook, reaction=reaction, points=21)
    assert len(found.curve) == 21 + sum(point.is_break_point for point in found.curve)
    for point in found.curve:
        # Held at an end of its range to the last digit, a flux may be infeasible for cobra.
        best = growth_held_at(textbook, reaction, point.flux_mmol_per_gdw_h)
        if best is not None:
            assert point.growth_per_h == pytest.approx(best, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("reaction", ["EX_o2_e", "PGI", "SUCDi"])
def test_slopes_change_at_break_points_and_nowhere_else(
    textbook: Any, call: Callable[..., Any], reaction: str
) -> None:
    stretches = call(NAME, textbook, reaction=reaction).stretches
    slopes = [stretch.gain_per_mmol for stretch in stretches]
    assert slopes == sorted(slopes, reverse=True)
    assert len(set(slopes)) == len(slopes) > 1
    for stretch in stretches:
        middle = (stretch.from_flux_mmol_per_gdw_h + stretch.to_flux_mmol_per_gdw_h) / 2
        growth = (stretch.from_growth_per_h + stretch.to_growth_per_h) / 2
        assert growth_held_at(textbook, reaction, middle) == pytest.approx(growth, rel=1e-6)


def test_oxygen_of_the_core_model(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reaction="EX_o2_e")
    assert (found.least_flux_mmol_per_gdw_h, found.greatest_flux_mmol_per_gdw_h) == pytest.approx((-60, 0))
    assert found.least_best_flux_mmol_per_gdw_h == pytest.approx(-21.799492656, rel=1e-6)
    assert found.greatest_best_flux_mmol_per_gdw_h == pytest.approx(-21.799492656, rel=1e-6)
    assert found.growth_without_flux_per_h == pytest.approx(0.2116629497353, rel=1e-6)
    assert pytest.approx(found.stretches[1].gain_per_mmol, rel=1e-6) == -0.0229552836


def test_a_knock_out_is_the_flux_0(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reaction="PGI")
    assert found.growth_without_flux_per_h == pytest.approx(0.8631595522, rel=1e-6)


def test_glucose_cannot_be_left_out(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reaction="EX_glc__D_e")
    assert found.growth_without_flux_per_h is None
    assert found.stretches[0].gain_per_mmol == pytest.approx(-0.0916647464, rel=1e-6)


def test_a_curve_beyond_the_bounds_of_the_reaction(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reaction="EX_glc__D_e", lowest_mmol_per_gdw_h=-20)
    assert found.stretches[0].from_growth_per_h == pytest.approx(1.790568971, rel=1e-6)
    assert found.growth_per_h == pytest.approx(0.8739215070, rel=1e-6)
    short = call(NAME, textbook, reaction="PGI", lowest_mmol_per_gdw_h=1, highest_mmol_per_gdw_h=3, points=3)
    assert [point.flux_mmol_per_gdw_h for point in short.curve] == [1, 2, 3]
    assert short.growth_without_flux_per_h is None


def test_a_blocked_reaction_has_one_point(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reaction="FRUpts2")
    assert [point.flux_mmol_per_gdw_h for point in found.curve] == [0]
    assert found.stretches == ()
    assert found.growth_without_flux_per_h == pytest.approx(0.8739215070, rel=1e-6)


def test_micro_break_points_of_a_genome_scale_model(ijo1366: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, ijo1366, reaction="EX_o2_e")
    assert found.growth_without_flux_per_h == pytest.approx(0.2415015571, rel=1e-6)
    best = [stretch for stretch in found.stretches if stretch.gain_per_mmol == 0]
    assert len(best) == 1
    assert best[0].from_growth_per_h == pytest.approx(0.9823718127, rel=1e-6)
    for point in found.curve[::7]:
        held = growth_held_at(ijo1366, "EX_o2_e", point.flux_mmol_per_gdw_h)
        assert point.growth_per_h == pytest.approx(held, rel=1e-6, abs=1e-7)


def test_an_unknown_reaction_names_the_nearest(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"'PGJ' is not in model.*nearest: ") as raised:
        call(NAME, textbook, reaction="PGJ")
    assert raised.value.kind is ErrorClass.UNKNOWN_ID


def test_ends_that_leave_no_flux(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="no flux from 5 to 0") as raised:
        call(NAME, textbook, reaction="EX_o2_e", lowest_mmol_per_gdw_h=5, highest_mmol_per_gdw_h=0)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_a_range_that_is_not_feasible_gives_no_curve(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reaction="PGI", lowest_mmol_per_gdw_h=500, highest_mmol_per_gdw_h=600)
    assert (found.status, found.curve, found.least_flux_mmol_per_gdw_h) == ("optimal", (), None)
