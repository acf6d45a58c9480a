"""Planted faults are found, and sound models have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra import Metabolite, Reaction
from cobra.flux_analysis import find_blocked_reactions

NAME = "validate_model"


def plant(model: Any, identifier: str, equation: dict[str, float]) -> Any:
    reaction = Reaction(identifier, lower_bound=0, upper_bound=1000)
    model.add_reactions([reaction])
    reaction.add_metabolites({model.metabolites.get_by_id(name): value for name, value in equation.items()})
    return reaction


def test_the_core_model_is_sound_but_for_its_biomass(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    assert found.mass_imbalanced_reactions == found.charge_imbalanced_reactions == ()
    assert set(found.blocked_reactions) == set(find_blocked_reactions(textbook, processes=1))
    assert len(found.blocked_reactions) == 8
    assert found.blocked_with_open_exchanges == ()
    assert found.energy_generating_cycles == ()
    assert found.energy_carriers_tested == (
        "ATP", "NADH", "NADPH", "ubiquinol-8", "acetyl-CoA", "L-glutamate", "proton gradient",
    )  # fmt: skip
    assert found.biomass_mass_g_per_mmol == pytest.approx({"Biomass_Ecoli_core": 1.5407661}, rel=1e-6)
    assert found.biomass_mass_is_consistent is False
    assert found.precursors_not_made == ()
    assert found.precursors_made_by_recycling_only == ("accoa_c", "atp_c", "nad_c", "nadph_c")


@pytest.mark.long
def test_a_genome_scale_model_is_sound(ijo1366: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, ijo1366)
    assert found.mass_imbalanced_reactions == ()
    assert found.biomass_mass_is_consistent
    assert found.biomass_mass_g_per_mmol["BIOMASS_Ec_iJO1366_core_53p95M"] == pytest.approx(1, abs=1e-3)
    assert len(found.energy_carriers_tested) == 15
    assert found.energy_generating_cycles == ()
    assert len(found.blocked_with_open_exchanges) == 226
    assert found.precursors_not_made == ()
    shown = found.key_findings()
    assert shown["blocked_reactions"]["count"] == len(found.blocked_reactions)
    rows = found.tables()["findings"]
    assert (rows.check == "blocked_reactions").sum() == len(found.blocked_reactions)


def test_a_planted_energy_cycle_is_found_with_its_reactions(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        plant(textbook, "FREE", {"adp_c": -1, "pi_c": -1, "h_c": -1, "atp_c": 1, "h2o_c": 1})
        cycles = {cycle.carrier: cycle for cycle in call(NAME, textbook).energy_generating_cycles}
        assert call(NAME, textbook).summary()["energy_carriers_charged"] == len(cycles) > 1
    assert cycles["ATP"].reactions == ("FREE",)
    # What ATP drives backwards is charged with it.
    assert "FREE" in cycles["proton gradient"].reactions


def test_a_planted_proton_leak_charges_atp(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        plant(textbook, "PUMP", {"h_c": -4, "h_e": 4})
        cycles = {cycle.carrier: cycle for cycle in call(NAME, textbook).energy_generating_cycles}
    assert set(cycles["ATP"].reactions) == {"PUMP", "ATPS4r"}


def test_energy_is_judged_by_directions_not_by_forced_fluxes(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        textbook.reactions.ATPM.bounds = (0, 1000)
        free = call(NAME, textbook)
    assert free.energy_generating_cycles == call(NAME, textbook).energy_generating_cycles == ()


def test_faults_of_a_reaction_are_told_apart(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        plant(textbook, "HALF", {"g6p_c": -1, "f6p_c": 0.5})
        plant(textbook, "CHARGED", {"pyr_c": -1, "pyr_e": 1}).add_metabolites(
            {Metabolite("e_c", formula="X", charge=-1, compartment="c"): 1}
        )
        nameless = Metabolite("unknown_c", compartment="c")
        plant(textbook, "UNKNOWN", {"pyr_c": -1}).add_metabolites({nameless: 1})
        found = call(NAME, textbook)
    assert found.mass_imbalanced_reactions == ("CHARGED", "HALF")
    assert found.charge_imbalanced_reactions == ("CHARGED", "HALF")
    assert found.reactions_without_formulas == found.reactions_without_charges == ("UNKNOWN",)
    assert {"HALF", "CHARGED", "UNKNOWN"}.isdisjoint(textbook.reactions.list_attr("id"))


def test_a_precursor_that_cannot_be_made_is_named(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        textbook.reactions.RPI.bounds = (0, 0)
        found = call(NAME, textbook)
    assert found.status == "zero_growth"
    # Erythrose phosphate comes with xylulose phosphate, which then goes nowhere.
    assert found.precursors_not_made == ("e4p_c", "r5p_c")
