"""Minimal media suffice, and nothing can be left out of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra.medium import minimal_medium

from fluxagents.flows.errors import FluxError

NAME = "find_minimal_media"
FBA = "run_metabolic_fba"


def test_the_core_model_ferments_on_three_nutrients(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    (medium,) = found.media
    assert set(medium.uptakes_mmol_per_gdw_h) == {"EX_glc__D_e", "EX_nh4_e", "EX_pi_e"}
    assert found.is_complete


@pytest.mark.parametrize("model", ["textbook", "ijo1366", pytest.param("salmonella", marks=pytest.mark.long)])
def test_a_minimal_medium_suffices_and_each_component_is_needed(
    request: pytest.FixtureRequest, call: Callable[..., Any], model: str
) -> None:
    loaded = request.getfixturevalue(model)
    found = call(NAME, loaded)
    medium = found.media[0].uptakes_mmol_per_gdw_h
    asked = found.min_growth_per_h
    whole = {name: found.medium_mmol_per_gdw_h[name] for name in medium}
    assert asked == pytest.approx(0.1 * found.growth_per_h)
    assert call(FBA, loaded, medium=whole, method="fba").growth_per_h >= asked * (1 - 1e-6)
    for left_out in list(whole)[:8]:
        rest = {name: limit for name, limit in whole.items() if name != left_out}
        growth = call(FBA, loaded, medium=rest, method="fba").growth_per_h
        assert growth is None or growth < asked * (1 - 1e-6)


def test_as_few_components_as_cobra_finds(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        reference = minimal_medium(textbook, 0.5, minimize_components=True)
        found = call(NAME, textbook, min_growth_per_h=0.5)
    assert found.media[0].components == len(reference)


@pytest.mark.parametrize("conditions", [{}, {"open_exchanges": True, "min_growth_per_h": 0.1}])
def test_required_are_the_nutrients_without_which_cobra_finds_no_growth(
    textbook: Any, call: Callable[..., Any], conditions: dict[str, Any]
) -> None:
    found = call(NAME, textbook, **conditions)
    asked = found.min_growth_per_h * (1 - 1e-6)
    required = []
    with textbook:
        if conditions:
            for exchange in textbook.exchanges:
                exchange.lower_bound = min(exchange.lower_bound, -10.0)
        for identifier in textbook.medium:
            with textbook:
                textbook.reactions.get_by_id(identifier).lower_bound = 0.0
                if not textbook.slim_optimize(error_value=0.0) >= asked:
                    required.append(identifier)
    assert set(found.required_components) == set(required)


def test_least_uptake_equals_cobra(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        reference = minimal_medium(textbook, 0.5)
        found = call(NAME, textbook, min_growth_per_h=0.5, criterion="least_uptake")
    assert found.media[0].total_uptake_mmol_per_gdw_h == pytest.approx(reference.sum(), rel=1e-6)


def test_alternatives_differ_and_have_the_same_size(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, open_exchanges=True, min_growth_per_h=0.1, alternatives=50)
    sets = {frozenset(medium.uptakes_mmol_per_gdw_h) for medium in found.media}
    assert len(sets) == len(found.media) > 5
    assert {medium.components for medium in found.media} == {3}
    assert all(medium.best_growth_per_h >= 0.1 * (1 - 1e-6) for medium in found.media)
    assert found.is_complete


def test_growth_out_of_reach_has_no_medium(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, min_growth_per_h=2.0)
    assert found.media == ()
    assert found.best_growth_with_all_per_h == pytest.approx(686440 / 785471)


def test_two_growths_are_refused(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="not both"):
        call(NAME, textbook, min_growth_per_h=0.1, min_growth_fraction_of_wild_type=0.1)


def test_a_fraction_of_no_growth_names_the_exchanges_to_open(textbook: Any, call: Callable[..., Any]) -> None:
    without = {"EX_nh4_e": 0}
    with pytest.raises(FluxError, match="does not grow in the given medium") as raised:
        call(NAME, textbook, open_exchanges=True, medium_changes=without)
    assert raised.value.suggestions == (
        "give min_growth_per_h",
        "open EX_gln__L_e: growth 1.503 1/h",
        "open EX_glu__L_e: growth 1.54 1/h",
        "open EX_nh4_e: growth 0.8739 1/h",
    )
    grown = call(FBA, textbook, medium_changes={**without, "EX_gln__L_e": 10})
    assert grown.growth_per_h == pytest.approx(1.503, abs=5e-4)


def test_what_no_nutrient_restores_is_said(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        textbook.reactions.Biomass_Ecoli_core.bounds = (0, 0)
        with pytest.raises(FluxError, match="no nutrient restores growth"):
            call(NAME, textbook, open_exchanges=True)


def test_the_best_medium_can_be_handed_to_another_tool(textbook: Any, call: Callable[..., Any]) -> None:
    best = call(NAME, textbook, min_growth_fraction_of_wild_type=0.5).summary()["best"]
    grown = call("run_metabolic_fba", textbook, medium=best["uptakes_mmol_per_gdw_h"])
    assert len(best["uptakes_mmol_per_gdw_h"]) == best["components"] == 4
    assert grown.growth_per_h == pytest.approx(0.8739215069684 / 2, rel=1e-6)
    assert call(NAME, textbook, min_growth_per_h=100).summary()["best"] is None
