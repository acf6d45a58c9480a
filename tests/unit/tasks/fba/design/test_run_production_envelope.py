"""The envelope equals the known curve; yields count carbon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra import Reaction
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


SISTERS = (
    (NAME, {"points": 3}),
    ("find_growth_coupled_knock_outs", {"candidates": ["PFL", "ACKr"], "most_knock_outs": 1}),
)
"""Tools that say how much of a product leaves the cell, with arguments that make them short."""


@pytest.mark.parametrize(("name", "args"), SISTERS)
def test_what_the_cell_takes_up_is_no_product(
    textbook: Any, call: Callable[..., Any], name: str, args: dict[str, Any]
) -> None:
    with textbook:
        textbook.reactions.EX_glc__D_e.bounds = (-10, -1)
        with pytest.raises(FluxError, match=r"has to take up \d+(\.\d+)? mmol/gDW/h") as raised:
            call(name, textbook, product_exchange="EX_glc__D_e", **args)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert "medium_changes={'EX_glc__D_e': 0}" in " ".join(raised.value.suggestions)


def test_more_carbon_than_was_taken_up_is_refused(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        leak = Reaction("LEAK", upper_bound=1_000)
        leak.add_metabolites({textbook.metabolites.succ_c: 1})
        textbook.add_reactions([leak])
        with pytest.raises(FluxError, match=r"from nothing: 'EX_succ_e' would hold \d+\.\d+ mol carbon"):
            call(NAME, textbook, product_exchange="EX_succ_e", points=3)
        pathway = call("find_production_pathway", textbook, product="EX_succ_e", substrate="EX_glc__D_e")
    assert (pathway.verdict, pathway.yield_mol_per_mol) == ("unlimited", None)


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


def test_a_knock_out_by_name_is_told_its_id(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError) as raised:
        call(NAME, textbook, knock_outs=["gltA"], **ETHANOL)
    assert raised.value.suggestions == ("gene 'gltA' has the id 'b0720'",)


def test_a_strain_that_cannot_live_has_no_curve(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, knock_outs=["ENO"], **ETHANOL)
    assert (found.status, found.is_growth_coupled) == ("infeasible", None)
    assert found.summary()["knock_outs"]["ids"] == ["ENO"]


YIELDS = {
    "EX_succ_e": (1.638416667, 1.390577778),
    "EX_etoh_e": (2, 2),
    "EX_lac__D_e": (2, 2),
    "EX_ac_e": (2, 1),
    "EX_for_e": (4, 2),
    "EX_akg_e": (1, 0.4),
    "ATP": (17.5, 2.75),
    "biomass": (0.0873921507, 0.0211662950),
}
"""mol per mol of glucose, with and without oxygen; of biomass gDW per mmol."""

GLUCOSE_G_PER_MMOL = 0.180156


@pytest.mark.parametrize("product", YIELDS)
@pytest.mark.parametrize("oxygen", [None, 0])
def test_yields_per_glucose(
    textbook: Any, call: Callable[..., Any], product: str, oxygen: float | None
) -> None:
    changes = None if oxygen is None else {"EX_o2_e": oxygen}
    found = call(NAME, textbook, product_exchange=product, points=3, medium_changes=changes)
    expected = YIELDS[product][0 if oxygen is None else 1]
    assert found.best_molar_yield_mol_per_mol == pytest.approx(expected, rel=1e-6)
    assert found.substrates == ("EX_glc__D_e",)
    assert found.envelope.carbon_recovery_fraction == pytest.approx((1, 1, 1), abs=1e-6)
    if product == "biomass":
        mass = expected / GLUCOSE_G_PER_MMOL
    elif product == "ATP":
        assert (found.best_mass_yield_g_per_g, found.best_carbon_yield_mol_c_per_mol_c) == (None, None)
        return
    else:
        (metabolite,) = textbook.reactions.get_by_id(product).metabolites
        mass = expected * metabolite.formula_weight / 1000 / GLUCOSE_G_PER_MMOL
    assert found.best_mass_yield_g_per_g == pytest.approx(mass, rel=1e-5)


def test_yields_at_a_growth_rate(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, product_exchange="EX_succ_e", points=3)
    assert found.envelope.molar_yield_mol_per_mol == pytest.approx((1.638416667, 0.83075026, 0), abs=1e-6)
    assert found.envelope.substrate_uptake_mmol_per_gdw_h == pytest.approx((10, 10, 10))


def test_less_growth_is_a_smaller_yield_of_biomass(textbook: Any, call: Callable[..., Any]) -> None:
    """Maintenance takes its share first (Pirt): the least uptake by cobra, at half of the best growth."""
    found = call(NAME, textbook, product_exchange="biomass", points=3)
    with textbook:
        half = textbook.slim_optimize() / 2
        textbook.reactions.Biomass_Ecoli_core.bounds = (half, half)
        textbook.objective = "EX_glc__D_e"
        least = -textbook.slim_optimize()
    assert found.envelope.substrate_uptake_mmol_per_gdw_h[1] == pytest.approx(least, rel=1e-6)
    assert found.envelope.molar_yield_mol_per_mol[1] == pytest.approx(half / least, rel=1e-6)
    assert found.is_growth_coupled is None


def test_carbon_that_is_lost_shows_in_the_balance(textbook: Any, call: Callable[..., Any]) -> None:
    model = textbook.copy()
    model.reactions.GAPD.add_metabolites({model.metabolites.get_by_id("13dpg_c"): -0.2})
    found = call(NAME, model, product_exchange="EX_ac_e", points=2)
    assert found.carbon_recovery_fraction < 0.95


def test_a_model_without_maintenance_has_no_atp_yield(textbook: Any, call: Callable[..., Any]) -> None:
    model = textbook.copy()
    model.remove_reactions(["ATPM"])
    with pytest.raises(FluxError, match="splits ATP"):
        call(NAME, model, product_exchange="ATP")
