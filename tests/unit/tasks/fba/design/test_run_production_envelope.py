"""The envelope equals the known curve; yields count carbon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra.flux_analysis import production_envelope

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "run_production_envelope"


def test_succinate_against_growth(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_succ_e", points=5)
    greatest = found.envelope.greatest_secretion_mmol_per_gdw_h
    assert greatest == pytest.approx((16.38417, 12.38335, 8.3075, 4.17961, 0), abs=1e-5)
    assert found.envelope.fraction_of_best_growth == (0, 0.25, 0.5, 0.75, 1)
    assert found.is_growth_coupled is False


def test_yield_per_carbon(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_succ_e", points=3)
    # Half the growth: 8.3075 mmol succinate, 4 carbon each, from 10 mmol glucose, 6 carbon each.
    assert found.envelope.carbon_yield_mol_c_per_mol_c[1] == pytest.approx(8.3075 * 4 / 60, abs=1e-5)


def test_without_oxygen_ethanol_is_coupled_to_growth(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_etoh_e", points=4, medium_changes={"EX_o2_e": 0})
    assert found.is_growth_coupled
    assert found.least_secretion_at_best_growth_mmol_per_gdw_h == pytest.approx(8.279455, rel=1e-6)


def test_the_whole_curve_is_in_the_table(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_ac_e", points=40)
    assert len(found.tables()["envelope"]) == 40
    assert found.key_findings()["curve"]["count"] == 40
    assert found.key_findings()["curve"]["shown"] < 40


def test_a_product_that_is_no_exchange(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="EX_succ_e") as raised:
        call(NAME, textbook, product_exchange="EX_suc_e")
    assert raised.value.kind is ErrorClass.MEDIUM


ETHANOL = {"product_exchange": "EX_etoh_e", "points": 4, "medium_changes": {"EX_o2_e": 0}}


@pytest.mark.parametrize("knock_outs", [["PFL"], ["b0903", "b2579", "b3114", "b3951"]])
def test_the_curve_of_a_strain_is_that_of_cobra_on_the_mutant(
    textbook: Any, call: Callable[..., Any], knock_outs: list[str]
) -> None:
    found = call(NAME, textbook, knock_outs=knock_outs, **ETHANOL)
    with textbook:
        textbook.reactions.EX_o2_e.lower_bound = 0
        for identifier in knock_outs:
            items = textbook.genes if identifier in textbook.genes else textbook.reactions
            items.get_by_id(identifier).knock_out()
        growth = textbook.slim_optimize()
        reference = production_envelope(textbook, ["Biomass_Ecoli_core"], "EX_etoh_e", points=4)
        closed = {reaction.id for reaction in textbook.reactions if reaction.bounds == (0, 0)}
    assert found.growth_per_h == pytest.approx(growth, rel=1e-6)
    assert set(found.closed_by_knock_outs) <= closed
    assert "PFL" in found.closed_by_knock_outs
    assert found.knock_outs == tuple(knock_outs)
    assert found.growth_per_h < 0.2116629497353  # the wild type's
    assert found.least_secretion_at_best_growth_mmol_per_gdw_h > 8.279455
    assert found.envelope.growth_per_h == pytest.approx(reference.Biomass_Ecoli_core.tolist(), rel=1e-6)
    for ours, theirs in (
        (found.envelope.least_secretion_mmol_per_gdw_h, reference.flux_minimum),
        (found.envelope.greatest_secretion_mmol_per_gdw_h, reference.flux_maximum),
    ):
        assert ours == pytest.approx(theirs.tolist(), abs=1e-5)


def test_a_strain_is_not_kept(textbook: Any, call: Callable[..., Any]) -> None:
    intact = call(NAME, textbook, **ETHANOL)
    assert call(NAME, textbook, knock_outs=["PFL"], **ETHANOL).growth_per_h < intact.growth_per_h
    assert call(NAME, textbook, **ETHANOL) == intact
    assert textbook.reactions.PFL.bounds == (0, 1000)


def test_a_knock_out_that_is_not_in_the_model(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"knock-out 'PFX' is no gene or reaction .*nearest: ") as raised:
        call(NAME, textbook, knock_outs=["PFX"], **ETHANOL)
    assert raised.value.kind is ErrorClass.UNKNOWN_ID


def test_a_strain_that_cannot_live_has_no_curve(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, knock_outs=["ENO"], **ETHANOL)
    assert (found.status, found.is_growth_coupled) == ("infeasible", None)
    assert found.summary()["knock_outs"]["ids"] == ["ENO"]
