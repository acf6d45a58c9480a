"""What a model holds, against what cobra says of it, and the search by id, name and database id."""

from __future__ import annotations

import cobra
import pytest
from pydantic import JsonValue

from fluxagents.tasks.fba.models.model_inventory import Row, find_entries, list_part, take_inventory


@pytest.fixture(scope="module")
def model() -> cobra.Model:
    return cobra.io.load_model("textbook")


def ids(rows: list[Row]) -> list[JsonValue]:
    return [row["id"] for row in rows]


def test_the_counts_are_those_of_the_model(model: cobra.Model) -> None:
    held = take_inventory(model)
    assert (held.reactions, held.metabolites, held.genes) == (95, 72, 137)
    assert held.exchanges == len(model.exchanges)
    assert {one.id: one.metabolites for one in held.compartments} == {
        name: sum(metabolite.compartment == name for metabolite in model.metabolites) for name in ("c", "e")
    }
    crossing = sum(len(reaction.compartments) == 2 for reaction in model.reactions)
    assert sum(one.reactions for one in held.compartments) == len(model.reactions) + crossing


def test_growth_and_the_medium_have_their_names(model: cobra.Model) -> None:
    held = take_inventory(model)
    assert (held.biomass, held.biomass_problem) == ("Biomass_Ecoli_core", None)
    assert held.objective == "maximum of Biomass_Ecoli_core"
    assert {row["exchange"]: row["uptake_mmol_per_gdw_h"] for row in held.medium} == model.medium
    assert {"exchange": "EX_glc__D_e", "compound": "D-Glucose", "uptake_mmol_per_gdw_h": 10.0} in held.medium


def test_a_model_without_biomass_says_so() -> None:
    held = take_inventory(cobra.Model("empty"))
    assert held.biomass is None
    assert "no reaction is known to be biomass" in str(held.biomass_problem)
    assert (held.objective, held.medium, held.compartments) == ("none", (), ())


def test_an_exchange_has_its_uptake_whichever_way_it_is_written() -> None:
    model = cobra.Model("turned")
    fed = cobra.Metabolite("a_e", compartment="e", name="A")
    exchange = cobra.Reaction("EX_a_e", lower_bound=-float("inf"), upper_bound=7)
    exchange.add_metabolites({fed: 1})
    model.add_reactions([exchange])
    (row,) = list_part(model, "exchanges")
    assert row == {"id": "EX_a_e", "compound": "A", "uptake": 7.0, "secretion": None}


def test_entries_are_found_by_name_database_id_and_part_of_an_id(model: cobra.Model) -> None:
    assert ids(find_entries(model, "Phosphofructokinase")["reactions"]) == ["PFK"]
    found = find_entries(model, "glutamate")
    assert {"GLUDy", "GLUSy"} <= set(ids(found["reactions"]))
    assert ids(found["metabolites"]) == ["glu__L_c", "glu__L_e"]
    assert ids(find_entries(model, "gltA")["genes"]) == ["b0720"]
    assert ids(find_entries(model, "C00031")["metabolites"]) == ["glc__D_e"]  # KEGG's D-glucose
    assert find_entries(model, "no such thing") == {}


def test_what_is_named_in_full_comes_first(model: cobra.Model) -> None:
    found = ids(find_entries(model, "PGI")["reactions"])
    assert found[0] == "PGI"
    assert ids(find_entries(model, "h2o_c")["metabolites"])[0] == "h2o_c"
