"""Dual values are told exactly where they are one number: where growth changes alike on both sides."""

from __future__ import annotations

import math
from typing import Any

import pytest
from cobra import Reaction

from fluxagents.tasks.fba.sensitivity.dual_values import DualValues, find_dual_values
from fluxagents.tasks.fba.solving.objective import Objective, read_objective

STEP = 1e-3


def dual_values(model: Any, biomass: str) -> DualValues:
    found = find_dual_values(model, Objective(((model.reactions.get_by_id(biomass), 1.0),), "max"))
    assert found is not None
    return found


def growth_with(model: Any, metabolite: Any, supply: float) -> float:
    with model:
        source = Reaction("SOURCE")
        model.add_reactions([source])
        source.add_metabolites({metabolite: 1})
        source.bounds = (supply, supply)
        return float(model.slim_optimize())


@pytest.mark.parametrize("oxygen", [1000, 15, 21.799492656, 0])
def test_a_shadow_price_is_told_where_both_sides_agree_and_only_there(textbook: Any, oxygen: float) -> None:
    with textbook:
        textbook.reactions.EX_o2_e.lower_bound = -oxygen
        prices = dual_values(textbook, "Biomass_Ecoli_core").shadow_prices
        growth = textbook.slim_optimize()
        for metabolite, price in zip(textbook.metabolites, prices, strict=True):
            more = (growth_with(textbook, metabolite, STEP) - growth) / STEP
            less = (growth - growth_with(textbook, metabolite, -STEP)) / STEP
            is_one = not math.isnan(more) and not math.isnan(less) and abs(more - less) < 1e-6
            assert (price is not None) == is_one, metabolite.id
            if price is not None:
                assert (more, less) == pytest.approx((price, price), abs=1e-7)


def test_a_reduced_cost_is_what_the_shadow_prices_say(textbook: Any) -> None:
    found = dual_values(textbook, "Biomass_Ecoli_core")
    prices = dict(zip((m.id for m in textbook.metabolites), found.shadow_prices, strict=True))
    for reaction, cost in zip(textbook.reactions, found.reduced_costs, strict=True):
        known = [prices[m.id] for m in reaction.metabolites]
        if None not in known:
            made = sum(prices[m.id] * factor for m, factor in reaction.metabolites.items())
            expected = made + (reaction.id == "Biomass_Ecoli_core")
            assert cost == pytest.approx(expected, abs=1e-8), reaction.id


def test_conserved_moieties_have_no_price_of_their_own(textbook: Any) -> None:
    prices = dual_values(textbook, "Biomass_Ecoli_core").shadow_prices
    for metabolite in ("nad_c", "nadh_c", "coa_c"):
        assert prices[textbook.metabolites.index(metabolite)] is None


def test_a_genome_scale_model(ijo1366: Any) -> None:
    found = dual_values(ijo1366, "BIOMASS_Ec_iJO1366_core_53p95M")
    assert found.reduced_costs[ijo1366.reactions.index("EX_glc__D_e")] == pytest.approx(
        -0.0995436922, rel=1e-6
    )
    assert found.shadow_prices[ijo1366.metabolites.index("glc__D_e")] == pytest.approx(0.0995436922, rel=1e-6)
    for exchange in ("EX_o2_e", "EX_nh4_e", "EX_pi_e", "EX_so4_e", "EX_fe2_e"):
        assert found.reduced_costs[ijo1366.reactions.index(exchange)] == 0


def test_a_problem_without_an_optimum_has_none(textbook: Any) -> None:
    with textbook:
        textbook.reactions.ATPM.bounds = (900, 1000)
        assert find_dual_values(textbook, read_objective(textbook)) is None


def test_further_constraints_leave_all_open(textbook: Any) -> None:
    with textbook:
        pair = textbook.reactions.PFK.flux_expression + textbook.reactions.PYK.flux_expression
        textbook.add_cons_vars(textbook.problem.Constraint(pair, ub=10))
        found = dual_values(textbook, "Biomass_Ecoli_core")
    assert set(found.reduced_costs) | set(found.shadow_prices) == {None}
