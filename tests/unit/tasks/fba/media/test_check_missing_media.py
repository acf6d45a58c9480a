"""Nutrients that are missing restore growth, and nothing less does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fluxagents.tasks.fba.solving.outcome import Outcome

NAME = "check_missing_media"
Call = Callable[..., Any]


def opened_with_cobra(model: Any, medium: dict[str, float], *names: str) -> float:
    """Growth by cobra with these exchanges open too; 0 where it is infeasible."""
    with model:
        model.medium = {**medium, **dict.fromkeys(names, 10.0)}
        return float(model.slim_optimize(error_value=0.0))


def test_a_medium_that_suffices_lacks_nothing(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook)
    assert found.is_growing
    assert found.missing is None


def test_alternatives_are_those_that_cobra_finds_one_by_one(textbook: Any, call: Call) -> None:
    rest = {name: limit for name, limit in textbook.medium.items() if name != "EX_glc__D_e"}
    found = call(NAME, textbook, medium=rest)
    assert found.status is Outcome.INFEASIBLE
    assert found.growth_per_h is None
    closed = [exchange.id for exchange in textbook.exchanges if exchange.id not in rest]
    expected = {name for name in closed if opened_with_cobra(textbook, rest, name) >= 0.01}
    assert set(found.missing.sufficient_alone) == expected
    assert {one.exchanges for one in found.missing.sets} == {(name,) for name in expected}
    assert found.missing.is_complete
    assert "EX_ac_e" in expected


def test_several_nutrients_may_be_missing_at_once(textbook: Any, call: Call) -> None:
    rest = {"EX_glc__D_e": 10.0, "EX_h2o_e": 1000.0, "EX_h_e": 1000.0, "EX_o2_e": 1000.0}
    found = call(NAME, textbook, medium=rest)
    assert found.status is Outcome.ZERO_GROWTH
    assert found.missing.required == ("EX_pi_e",)
    for one in found.missing.sets:
        assert len(one.exchanges) == 2
        assert opened_with_cobra(textbook, rest, *one.exchanges) >= 0.01
        assert all(opened_with_cobra(textbook, rest, name) < 0.01 for name in one.exchanges)
    assert {"EX_pi_e", "EX_nh4_e"} in [set(one.exchanges) for one in found.missing.sets]


def test_the_least_uptake_reaches_the_growth_asked_for(textbook: Any, call: Call) -> None:
    rest = {name: limit for name, limit in textbook.medium.items() if name != "EX_nh4_e"}
    found = call(NAME, textbook, medium=rest, min_growth_per_h=0.3)
    needed = {one.exchanges[0]: one.needed_uptakes_mmol_per_gdw_h for one in found.missing.sets}
    for uptakes in needed.values():
        grown = call("run_metabolic_fba", textbook, medium={**rest, **uptakes}, method="fba")
        assert grown.growth_per_h == pytest.approx(0.3, rel=1e-5)


def test_no_nutrient_helps_a_model_that_cannot_live_anyway(textbook: Any, call: Call) -> None:
    with textbook:
        textbook.reactions.ATPM.bounds = (9_000, 9_000)
        found = call(NAME, textbook)
    assert found.status is Outcome.INFEASIBLE
    assert found.missing.status_with_all is Outcome.INFEASIBLE
    assert found.missing.sets == ()
    assert found.missing.is_complete is None
