"""The smallest and the cheapest medium reach the growth, and nothing smaller or cheaper does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra.medium import minimal_medium

from fluxagents.flows.errors import FluxError

NAME = "optimize_media_composition"
Call = Callable[..., Any]


def test_as_few_components_as_cobra_needs(textbook: Any, call_media: Call) -> None:
    found = call_media(NAME, textbook, min_growth_per_h=0.5)
    reference = minimal_medium(textbook, 0.5, minimize_components=True)
    assert {medium.components for medium in found.media} == {len(reference)}
    assert found.components_before == 7


def test_costs_of_one_give_the_least_uptake_of_cobra(textbook: Any, call_media: Call) -> None:
    found = call_media(NAME, textbook, min_growth_per_h=0.5, criterion="least_cost")
    assert found.media[0].cost == pytest.approx(minimal_medium(textbook, 0.5).sum(), rel=2e-6)


def test_exactly_these_uptakes_reach_the_growth(textbook: Any, call: Call, call_media: Call) -> None:
    for criterion in ("fewest_components", "least_cost"):
        found = call_media(NAME, textbook, criterion=criterion, min_growth_fraction_of_optimum=0.8)
        assert found.min_growth_per_h == pytest.approx(0.8 * 0.8739215069684, rel=1e-6)
        (medium,) = found.media
        again = call("run_metabolic_fba", textbook, medium=medium.uptakes_mmol_per_gdw_h, method="fba")
        assert again.growth_per_h == pytest.approx(found.min_growth_per_h, rel=1e-4)


def test_a_dear_nutrient_is_replaced_by_a_cheap_one(textbook: Any, call_media: Call) -> None:
    """Fructose and glucose feed the same flux: whichever costs less is used."""
    args = {"criterion": "least_cost", "min_growth_per_h": 0.5, "medium_changes": {"EX_fru_e": 10}}
    cheap_glucose = call_media(NAME, textbook, costs={"fructose": 2}, **args).media[0]
    cheap_fructose = call_media(NAME, textbook, costs={"glucose": 2}, **args).media[0]
    assert "EX_fru_e" not in cheap_glucose.uptakes_mmol_per_gdw_h
    assert "EX_glc__D_e" not in cheap_fructose.uptakes_mmol_per_gdw_h
    assert cheap_glucose.cost == pytest.approx(cheap_fructose.cost, rel=1e-6)


def test_costs_weigh_the_uptakes(textbook: Any, call_media: Call) -> None:
    found = call_media(
        NAME, textbook, criterion="least_cost", min_growth_per_h=0.5, costs={"EX_glc__D_e": 3, "oxygen": 0.1}
    )
    uptakes = found.media[0].uptakes_mmol_per_gdw_h
    weights = {"EX_glc__D_e": 3, "EX_o2_e": 0.1}
    assert found.media[0].cost == pytest.approx(sum(weights.get(n, 1) * v for n, v in uptakes.items()))


def test_what_is_excluded_is_not_used(textbook: Any, call_media: Call) -> None:
    found = call_media(
        NAME, textbook, min_growth_per_h=0.3, open_exchanges=True, exclude=["glucose", "organic acids"]
    )
    used = {name for medium in found.media for name in medium.uptakes_mmol_per_gdw_h}
    assert found.media
    assert not used & {"EX_glc__D_e", "EX_ac_e", "EX_succ_e", "EX_pyr_e"}


def test_a_growth_that_nothing_reaches_gives_no_medium(textbook: Any, call_media: Call) -> None:
    found = call_media(NAME, textbook, min_growth_per_h=50)
    assert found.media == ()
    assert found.best_growth_with_all_per_h == pytest.approx(0.8739215069684, rel=1e-6)


def test_a_library_medium_is_reduced(ijo1366: Any, call_media: Call) -> None:
    found = call_media(NAME, ijo1366, library_medium="M9_glucose", alternatives=1)
    (medium,) = found.media
    assert medium.components < found.components_before == 21
    assert medium.growth_per_h == pytest.approx(0.9 * 0.9823718127, rel=1e-5)
    assert {"EX_glc__D_e", "EX_nh4_e", "EX_ni2_e"} <= set(medium.uptakes_mmol_per_gdw_h)


@pytest.mark.parametrize("args", [{"costs": {"unobtainium": 1}}, {"exclude": ["biotin"]}])
def test_a_compound_that_the_model_has_not_is_an_error(
    textbook: Any, call_media: Call, args: dict[str, Any]
) -> None:
    with pytest.raises(FluxError, match=r"unobtainium|biotin"):
        call_media(NAME, textbook, **args)


def test_the_best_medium_can_be_handed_to_another_tool(textbook: Any, call: Call, call_media: Call) -> None:
    best = call_media(NAME, textbook, min_growth_fraction_of_optimum=0.5).summary()["best"]
    grown = call("run_metabolic_fba", textbook, medium=best["uptakes_mmol_per_gdw_h"])
    assert grown.growth_per_h == pytest.approx(best["growth_per_h"], rel=1e-6)
    assert call_media(NAME, textbook, min_growth_per_h=100).summary()["best"] is None
