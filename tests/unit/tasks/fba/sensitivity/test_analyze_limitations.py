"""Gains equal published shadow prices and finite differences, on both sides; ranges end where they must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "analyze_limitations"


def gains(found: Any) -> dict[str, float]:
    return {row.exchange: row.gain_per_mmol for row in found.nutrients}


def row(found: Any, exchange: str) -> Any:
    return next(row for row in found.nutrients if row.exchange == exchange)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"EX_glc__D_e": 0.0916647464}),
        ({"EX_o2_e": 15}, {"EX_o2_e": 0.0229552836, "EX_glc__D_e": 0.0459105672}),
        ({"EX_o2_e": 0}, {"EX_glc__D_e": 0.0304590849}),
    ],
)
def test_gains_of_the_core_model(
    textbook: Any, call: Callable[..., Any], changes: dict[str, float], expected: dict[str, float]
) -> None:
    found = call(NAME, textbook, medium_changes=changes)
    assert {row.exchange: row.gain_per_mmol for row in found.limiting} == pytest.approx(expected, rel=1e-6)
    for limiting in found.limiting:
        assert limiting.loss_per_mmol == pytest.approx(limiting.gain_per_mmol, rel=1e-6)
        assert not limiting.is_degenerate


def test_additions_to_glucose(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, additions=True)
    assert gains(found)["EX_succ_e"] == pytest.approx(0.0483786161, rel=1e-6)
    assert gains(found)["EX_ac_e"] == pytest.approx(0.0229161866, rel=1e-6)
    assert gains(found)["EX_for_e"] == 0
    assert [row.exchange for row in found.limiting] == ["EX_glc__D_e"]


def test_an_oxygen_limit_of_the_core_model_as_published(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, medium_changes={"EX_o2_e": 15})
    assert found.growth_per_h == pytest.approx(0.7178372246, rel=1e-6)
    oxygen = row(found, "EX_o2_e")
    # Beyond the uptake of the unlimited optimum, more oxygen is of no use.
    assert oxygen.valid_to_uptake_mmol_per_gdw_h == pytest.approx(21.799492656, rel=1e-6)
    assert oxygen.growth_there_per_h == pytest.approx(0.8739215070, rel=1e-6)
    assert oxygen.elasticity_fraction == pytest.approx(0.0229552836 * 15 / 0.7178372246, rel=1e-6)


def test_gains_of_a_genome_scale_model(ijo1366: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, ijo1366)
    assert gains(found)["EX_glc__D_e"] == pytest.approx(0.0995436922, rel=1e-6)
    for exchange in ("EX_o2_e", "EX_nh4_e", "EX_pi_e", "EX_so4_e", "EX_fe2_e", "EX_fe3_e"):
        assert gains(found)[exchange] == 0
    assert len(found.limiting) == 1


@pytest.mark.parametrize("exchange", ["EX_glc__D_e", "EX_o2_e"])
def test_gain_loss_and_range_agree_with_solves_of_cobra(
    textbook: Any, call: Callable[..., Any], exchange: str
) -> None:
    found = call(NAME, textbook, medium_changes={"EX_o2_e": 15})
    nutrient = row(found, exchange)

    def growth(uptake: float) -> float:
        with textbook:
            textbook.reactions.EX_o2_e.lower_bound = -15
            textbook.reactions.get_by_id(exchange).lower_bound = -uptake
            return float(textbook.slim_optimize())

    limit, step = nutrient.uptake_limit_mmol_per_gdw_h, 0.01
    assert (growth(limit + step) - growth(limit)) / step == pytest.approx(nutrient.gain_per_mmol, rel=1e-6)
    assert (growth(limit) - growth(limit - step)) / step == pytest.approx(nutrient.loss_per_mmol, rel=1e-6)
    end = nutrient.valid_to_uptake_mmol_per_gdw_h
    assert (growth(end) - growth(limit)) / (end - limit) == pytest.approx(nutrient.gain_per_mmol, rel=1e-6)
    assert (growth(end + step) - growth(end)) / step < nutrient.gain_per_mmol * 0.999


def test_at_a_break_point_gain_and_loss_differ(textbook: Any, call: Callable[..., Any]) -> None:
    end = row(call(NAME, textbook, medium_changes={"EX_o2_e": 15}), "EX_o2_e").valid_to_uptake_mmol_per_gdw_h
    found = call(NAME, textbook, medium_changes={"EX_o2_e": end})
    oxygen = row(found, "EX_o2_e")
    assert (oxygen.gain_per_mmol, oxygen.is_degenerate) == (0, True)
    assert oxygen.loss_per_mmol == pytest.approx(0.0229552836, rel=1e-6)
    # Here each mmol of glucose that is added lacks oxygen.
    glucose = row(found, "EX_glc__D_e")
    assert glucose.is_degenerate
    assert glucose.gain_per_mmol == pytest.approx(0.0459105672, rel=1e-6)
    assert glucose.loss_per_mmol == pytest.approx(0.0916647464, rel=1e-6)
    assert set(found.key_findings()["degenerate"]["ids"]) == {"EX_glc__D_e", "EX_o2_e"}


def test_the_sentence_has_value_unit_name_and_range(textbook: Any, call: Callable[..., Any]) -> None:
    shown = call(NAME, textbook, medium_changes={"EX_o2_e": 15}).key_findings()
    assert shown["limiting"]["sentences"][1] == (
        "0.02296 1/h more per mmol/gDW/h of O2 (EX_o2_e), up to an uptake of 21.8 mmol/gDW/h"
    )
    assert shown["limiting_nutrients"]["count"] == 2


def test_maintenance_is_a_bound_that_holds_growth_back(textbook: Any, call: Callable[..., Any]) -> None:
    bound = call(NAME, textbook).bounds[0]
    with textbook:
        before = textbook.slim_optimize()
        textbook.reactions.ATPM.lower_bound -= 1
        gain = textbook.slim_optimize() - before
    assert (bound.reaction, bound.is_upper, bound.valid_to_bound_mmol_per_gdw_h) == ("ATPM", False, 0)
    assert bound.gain_per_mmol == pytest.approx(gain, rel=1e-6)


def test_named_nutrients_may_be_metabolites(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, nutrients=["glc__D_e", "EX_succ_e"])
    assert set(gains(found)) == {"EX_glc__D_e", "EX_succ_e"}


def test_an_unknown_nutrient_names_the_nearest(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"'EX_suc_e'.*nearest: EX_succ_e") as raised:
        call(NAME, textbook, nutrients=["EX_suc_e"])
    assert raised.value.kind is ErrorClass.MEDIUM


def test_a_named_objective_has_gains_of_its_own(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, objective="ATPM")
    assert found.limiting[0].exchange == "EX_glc__D_e"
    assert found.limiting[0].gain_per_mmol == pytest.approx(17.5, rel=1e-6)


def test_too_little_for_maintenance_is_infeasible_with_less(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, medium_changes={"EX_glc__D_e": 0.2})
    assert (found.status, found.nutrients, found.bounds) == ("infeasible", (), ())


def test_without_carbon_an_addition_makes_it_grow(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        textbook.reactions.ATPM.lower_bound = 0
        found = call(NAME, textbook, medium_changes={"EX_glc__D_e": 0}, additions=True)
        textbook.reactions.EX_glc__D_e.lower_bound = -1
        growth = textbook.slim_optimize()
    assert (found.status, found.growth_per_h, found.limiting) == ("zero_growth", 0, ())
    assert gains(found)["EX_glc__D_e"] == pytest.approx(growth, rel=1e-6)
