"""Growth and fluxes equal the published and measured values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from cobra import Reaction
from cobra.util import create_stoichiometric_matrix

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "run_metabolic_fba"
NO_OXYGEN = {"EX_o2_e": 0}


@pytest.mark.parametrize(
    ("model", "aerobic", "anaerobic"),
    [
        ("textbook", 686440 / 785471, 0.2116629497353),
        ("ijo1366", 0.9823718127, 0.2415015571),
        ("salmonella", 0.4884545869, 0.0566856373),
        ("iml1515", 0.8769972144, 0.1575398169),
    ],
)
def test_growth_with_and_without_oxygen(
    request: pytest.FixtureRequest, call: Callable[..., Any], model: str, aerobic: float, anaerobic: float
) -> None:
    loaded = request.getfixturevalue(model)
    assert call(NAME, loaded).growth_per_h == pytest.approx(aerobic, rel=1e-6)
    assert call(NAME, loaded, medium_changes=NO_OXYGEN).growth_per_h == pytest.approx(anaerobic, rel=1e-6)


@pytest.mark.parametrize(("model", "total"), [("textbook", 518.4220855), ("ijo1366", 699.022275)])
def test_pfba_has_the_least_total_flux(
    request: pytest.FixtureRequest, call: Callable[..., Any], model: str, total: float
) -> None:
    found = call(NAME, request.getfixturevalue(model))
    assert found.total_flux_mmol_per_gdw_h == pytest.approx(total, rel=1e-6)


def test_without_oxygen_the_core_model_ferments(textbook: Any, call: Callable[..., Any]) -> None:
    secreted = call(NAME, textbook, medium_changes=NO_OXYGEN).secretions_mmol_per_gdw_h
    expected = {"EX_etoh_e": 8.279455, "EX_ac_e": 8.503585, "EX_for_e": 17.804674}
    assert {name: secreted[name] for name in expected} == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("oxygen", "growth"), [(1000, 1.6530718512), (0, 0.4705651711)])
def test_published_growth_on_more_glucose(
    textbook: Any, call: Callable[..., Any], oxygen: float, growth: float
) -> None:
    """Orth, Thiele, Palsson 2010."""
    found = call(NAME, textbook, medium_changes={"EX_glc__D_e": 18.5, "EX_o2_e": oxygen})
    assert found.growth_per_h == pytest.approx(growth, rel=1e-6)


@pytest.mark.parametrize(
    ("source", "growth"),
    [
        ("EX_succ_e", 0.8401341768),
        ("EX_ac_e", 0.3893130741),
        ("EX_pyr_e", 0.6221083143),
        ("EX_etoh_e", 0.6995523806),
    ],
)
def test_growth_on_other_sole_carbon_sources(
    textbook: Any, call: Callable[..., Any], source: str, growth: float
) -> None:
    found = call(NAME, textbook, medium_changes={"EX_glc__D_e": 0, source: 20})
    assert found.growth_per_h == pytest.approx(growth, rel=1e-6)


@pytest.mark.parametrize(("changes", "atp_per_glucose"), [({}, 17.5), (NO_OXYGEN, 2.75)])
def test_atp_per_glucose(
    textbook: Any, call: Callable[..., Any], changes: dict[str, float], atp_per_glucose: float
) -> None:
    found = call(NAME, textbook, objective="ATPM", medium_changes=changes)
    assert found.objective_flux_mmol_per_gdw_h == pytest.approx(10 * atp_per_glucose, rel=1e-6)
    assert found.growth_per_h is None


def test_whole_medium_closes_what_it_leaves_out(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(
        NAME, textbook, medium={"EX_glc__D_e": 10, "EX_nh4_e": 1000, "EX_pi_e": 1000, "EX_h_e": 1000}
    )
    assert "EX_o2_e" not in found.medium_mmol_per_gdw_h
    assert {change.exchange for change in found.medium_changes} == {"EX_co2_e", "EX_h2o_e", "EX_o2_e"}


def test_full_table_balances_with_the_exchange_fluxes(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    table = found.tables()["fluxes"].set_index("reaction")
    assert len(table) == 95
    assert table.flux_mmol_per_gdw_h["EX_glc__D_e"] == -found.uptakes_mmol_per_gdw_h["EX_glc__D_e"] == -10
    assert table.flux_mmol_per_gdw_h.abs().sum() == pytest.approx(found.total_flux_mmol_per_gdw_h)
    assert (table.flux_mmol_per_gdw_h != 0).sum() == found.active_reactions == 48


def test_unknown_objective_names_the_nearest_reactions(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"'ATPMM' is not in model.*nearest: ATPM") as raised:
        call(NAME, textbook, objective="ATPMM")
    assert raised.value.kind is ErrorClass.UNKNOWN_ID


def test_every_method_finds_the_same_growth_and_no_less_flux_than_pfba(
    textbook: Any, call: Callable[..., Any]
) -> None:
    found = {name: call(NAME, textbook, method=name) for name in ("pfba", "fba", "loopless", "geometric")}
    for result in found.values():
        assert result.growth_per_h == pytest.approx(686440 / 785471, rel=1e-6)
        assert result.total_flux_mmol_per_gdw_h >= 518.4220855 * (1 - 1e-6)
    assert found["geometric"].total_flux_mmol_per_gdw_h == pytest.approx(518.4220855, rel=1e-6)
    assert found["loopless"].is_loop_free is True
    assert found["pfba"].is_loop_free is None


def test_loopless_takes_a_planted_cycle_out_and_leaves_the_rest(
    textbook: Any, call: Callable[..., Any]
) -> None:
    with textbook:
        back = Reaction("BACK", lower_bound=100, upper_bound=1000)
        textbook.add_reactions([back])
        back.add_metabolites({m: -value for m, value in textbook.reactions.PGI.metabolites.items()})
        forced = call(NAME, textbook, method="loopless")
        back.lower_bound = 0
        found = call(NAME, textbook, method="loopless")
    fluxes = found.tables()["fluxes"].set_index("reaction").flux_mmol_per_gdw_h
    assert not forced.is_loop_free
    assert found.is_loop_free
    assert fluxes["BACK"] * fluxes["PGI"] <= 0
    assert found.growth_per_h == pytest.approx(686440 / 785471, rel=1e-6)


def test_loopless_says_so_when_the_objective_is_itself_a_cycle(
    textbook: Any, call: Callable[..., Any]
) -> None:
    found = call(NAME, textbook, method="loopless", objective="FRD7")
    assert found.objective_flux_mmol_per_gdw_h == pytest.approx(1000)
    assert found.is_loop_free is False


def test_loopless_on_a_genome_scale_model_balances(ijo1366: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, ijo1366, method="loopless")
    assert found.is_loop_free
    assert found.growth_per_h == pytest.approx(0.9823718127, rel=1e-6)
    fluxes = found.fluxes.flux_mmol_per_gdw_h
    imbalance = create_stoichiometric_matrix(ijo1366) @ fluxes
    assert abs(imbalance).max() < 1e-6


def test_geometric_fba_of_a_large_model_is_refused_with_a_way_out(
    ijo1366: Any, call: Callable[..., Any]
) -> None:
    with pytest.raises(FluxError, match=r"2583 reactions.*use method 'pfba'") as raised:
        call(NAME, ijo1366, method="geometric")
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_subsystem_fluxes_add_up_to_the_internal_flux(ijo1366: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, ijo1366)
    internal = sum(abs(flux) for flux in found.internal_fluxes_mmol_per_gdw_h.values())
    assert sum(found.subsystem_fluxes_mmol_per_gdw_h.values()) == pytest.approx(internal)
    assert len(found.subsystem_fluxes_mmol_per_gdw_h) > 10


def test_a_strain_without_genes_and_reactions(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, knock_outs=["b1676", "b1854", "PFL"])
    with textbook:
        for gene in ("b1676", "b1854"):
            textbook.genes.get_by_id(gene).knock_out()
        textbook.reactions.PFL.knock_out()
        growth = textbook.slim_optimize()
    assert found.growth_per_h == pytest.approx(growth, rel=1e-6)
    assert found.growth_per_h < 0.8739215069684
    assert set(found.closed_by_knock_outs) == {"PYK", "PFL"}
    assert found.key_findings()["knock_outs"]["ids"] == ["b1676", "b1854", "PFL"]


@pytest.mark.parametrize("method", ["pfba", "fba", "loopless"])
def test_sensitivities_are_columns_of_the_tables(
    textbook: Any, call: Callable[..., Any], method: str
) -> None:
    found = call(NAME, textbook, method=method, sensitivities=True)
    fluxes = found.tables()["fluxes"].set_index("reaction")
    prices = found.tables()["shadow_prices"].set_index("metabolite").shadow_price_per_mmol
    assert len(prices) == 72
    # cobra says -0.1833294928 for the first, which counts it twice, and the negative for the second.
    assert fluxes.reduced_cost_per_mmol["EX_glc__D_e"] == pytest.approx(-0.0916647464, rel=1e-6)
    assert prices["glc__D_e"] == pytest.approx(0.0916647464, rel=1e-6)
    assert math.isnan(fluxes.reduced_cost_per_mmol["EX_succ_e"])  # 0.0522 and 0.0484 on the two sides
    shown = found.key_findings()["reduced_costs_of_exchanges_per_mmol"]["values"]
    assert shown["EX_glc__D_e"] == pytest.approx(-0.0916647, rel=1e-5)


def test_sensitivities_are_left_out_unless_asked_for(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    assert set(found.tables()) == {"fluxes"}
    assert "reduced_cost_per_mmol" not in found.tables()["fluxes"]
    without = call(NAME, textbook, sensitivities=True, medium_changes={"EX_glc__D_e": 0})
    assert {name: len(table) for name, table in without.tables().items()} == {"fluxes": 0, "shadow_prices": 0}
