"""The biomass reaction is found by evidence, and what only looks like one is not taken for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from cobra import Metabolite, Model, Reaction

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.biomass import find_biomass
from fluxagents.tasks.fba.solving.objective import read_objective

ACIDS = {"gly": "C2H5NO2", "ala": "C3H7NO2", "val": "C5H11NO2", "leu": "C6H13NO2", "ser": "C3H7NO3",
         "thr": "C4H9NO3", "cys": "C3H7NO2S", "asp": "C4H6NO4", "glu": "C5H8NO4"}  # fmt: skip
ATP = {"id": "atp_c", "formula": "C10H12N5O13P3"}


def network(
    reactions: Mapping[str, Mapping[str, float]], objective: Mapping[str, float] | None = None
) -> Model:
    """A model of reactions, by id and maybe `| name`: metabolite -> coefficient."""
    model = Model("small")
    for text, metabolites in reactions.items():
        identifier, _, name = text.partition(" | ")
        reaction = Reaction(identifier, name)
        model.add_reactions([reaction])
        reaction.add_metabolites({_metabolite(model, m): value for m, value in metabolites.items()})
    model.objective = {model.reactions.get_by_id(name): value for name, value in (objective or {}).items()}
    return model


def _metabolite(model: Model, text: str) -> Metabolite:
    identifier, _, name = text.partition(" | ")
    if identifier in model.metabolites:
        return model.metabolites.get_by_id(identifier)
    return Metabolite(identifier, name=name, compartment="c")


def found(model: Model, named: str | None = None) -> tuple[str | None, str | None]:
    biomass = find_biomass(model, named)
    return (biomass.reaction and biomass.reaction.id, biomass.found_by)


@pytest.mark.parametrize(
    ("objective", "direction"), [({"R1": 1.0}, "max"), ({"R1": 2.0}, "max"), ({"R1": -1.0}, "min")]
)
def test_the_only_internal_reaction_of_the_objective_is_growth(
    objective: dict[str, float], direction: str
) -> None:
    model = network({"EX_a": {"a": -1}, "R1": {"a": -1, "b": -1}}, objective)
    model.objective_direction = direction
    assert found(model) == ("R1", "objective")


@pytest.mark.parametrize(
    "called",
    [
        "bio1",
        "bio2 | bio2_biomass",
        "Growth | Biomass reaction",
        "BIOMASS_Ec_iJO1366_core_53p95M | E. coli biomass objective function (iJO1366) - with 53.95 GAM",
        "biomass525",
        "r_4041 | biomass pseudoreaction",
        "MAR13082 | Generic human biomass reaction",
        "R_growth",
        "v_growth",
        "BOF",
        "biomass_reaction | Generic human biomass reaction",
    ],
)
def test_a_reaction_is_found_by_its_name(called: str) -> None:
    identifier = called.partition(" | ")[0]
    model = network(
        {"ATPM": {"atp": -1, "adp": 1}, "EX_a": {"a": -1}, called: {"a": -1, "b": -1}}, {"ATPM": 1}
    )
    assert found(model) == (identifier, "name")


@pytest.mark.parametrize(
    "called",
    [
        "EX_biomass(e) | biomass exchange",
        "r_4046 | non-growth associated maintenance reaction",
        "GAM | growth-associated maintenance",
        "R9 | growth hormone secretion",
        "R9 | transport of biomass, cytosol to extracellular",
        "EX_growth_factor",
        "DM_biomass_c",
        "Bioenergetics",
    ],
)
def test_what_only_sounds_like_growth_is_none(called: str) -> None:
    model = network({"ATPM": {"atp": -1, "adp": 1}, called: {"a": -1, "b": 1}}, {"ATPM": 1})
    assert found(model) == (None, None)


@pytest.mark.parametrize(
    "objective",
    [
        {"ATPM": 1.0},
        {"EX_p": 1.0},
        {"DM_p": 1.0},
        {"EX_p": 1.0, "DM_p": 1.0},
    ],
)
def test_maintenance_products_and_demands_are_no_growth(objective: dict[str, float]) -> None:
    model = network({"ATPM": {"atp": -1, "adp": 1}, "EX_p": {"p_e": -1}, "DM_p": {"p": -1}}, objective)
    biomass = find_biomass(model)
    assert biomass.reaction is None
    assert biomass.problem is not None
    assert "'biomass'" in biomass.problem


def test_the_term_comes_before_the_name() -> None:
    model = network({"EX_a": {"a": -1}, "R7": {"a": -1}, "biomass_old": {"a": -1, "b": -1}}, {"EX_a": -1})
    model.reactions.R7.add_metabolites({Metabolite("b", compartment="c"): -1})
    model.reactions.R7.annotation["sbo"] = ["SBO:0000629"]
    assert found(model) == ("R7", "sbo")


def test_the_objective_comes_before_the_term() -> None:
    model = network({"biomass_a": {"a": -1, "b": -1}, "biomass_b": {"a": -1, "b": -2}}, {"biomass_b": 1})
    model.reactions.biomass_a.annotation["sbo"] = "SBO:0000629"
    assert found(model) == ("biomass_b", "objective")


def test_several_that_are_equally_likely_are_named_and_none_is_chosen() -> None:
    reactions = {
        "ATPM": {"atp": -1, "adp": 1},
        "BIOMASS_core": {"a": -1, "b": -1},
        "BIOMASS_WT": {"a": -1, "c": -1},
    }
    biomass = find_biomass(network(reactions, {"ATPM": 1}))
    assert (biomass.reaction, biomass.found_by) == (None, None)
    assert biomass.candidates == ("BIOMASS_core", "BIOMASS_WT")
    assert biomass.problem == (
        "several reactions may be biomass (BIOMASS_core, BIOMASS_WT): name one with the argument 'biomass'"
    )
    assert found(network(reactions, {"BIOMASS_WT": 1})) == ("BIOMASS_WT", "objective")
    assert find_biomass(network(reactions, {"BIOMASS_WT": 1, "BIOMASS_core": 1})).reaction is None


def test_the_user_has_the_last_word_and_is_told_the_nearest() -> None:
    model = network({"bio1": {"a": -1, "b": -1}, "bio2": {"a": -1, "c": -1}}, {"bio1": 1})
    assert found(model, "bio2") == ("bio2", "user")
    with pytest.raises(FluxError, match="'bio3' is not in model") as raised:
        find_biomass(model, "bio3")
    assert raised.value.kind is ErrorClass.UNKNOWN_ID
    assert "bio2" in " ".join(raised.value.suggestions)


def test_parts_of_biomass_are_not_biomass() -> None:
    model = network(
        {
            "ATPM": {"atp": -1, "adp": 1},
            "biomass_protein": {"ala": -1, "prot": 1},
            "biomass_DNA": {"datp": -1, "dna": 1},
            "Biomass_step1": {"x": -1, "y": -1, "pre": 1},
            "Biomass_final": {"prot": -1, "dna": -1, "pre": -1, "biomass": 1},
        },
        {"ATPM": 1},
    )
    assert found(model) == ("Biomass_final", "name")


def test_biomass_is_recognised_by_what_it_consumes_without_any_name() -> None:
    model = network({"R1": {"x1": -1, "x2": 1}, "R2": {}, "R3": {"x1": -1}}, {"R3": 1})
    reactants = [
        Metabolite(f"x{n}", formula=f, compartment="c")
        for n, f in enumerate((*ACIDS.values(), ATP["formula"]), 10)
    ]
    model.reactions.R2.add_metabolites(dict.fromkeys(reactants, -1))
    assert found(model) == ("R2", "composition")


def test_biomass_is_recognised_by_the_ids_of_what_it_consumes() -> None:
    model = network({"R1": {"x1": -1, "x2": 1}, "R2": {}, "EX_z": {"z": -1}}, {"EX_z": 1})
    names = [*(f"{acid}__L_c" for acid in ACIDS), ATP["id"]]
    model.reactions.R2.add_metabolites({Metabolite(name, compartment="c"): -1 for name in names})
    assert found(model) == ("R2", "composition")


def test_yeast_gem_grows_by_the_drain_that_its_objective_names() -> None:
    model = network(
        {
            "r_4041 | yeast 8 biomass pseudoreaction": {
                "s_0434": -1, "s_1096 | lipid": -1, "s_3717 | protein": -1,
                "s_0450 | biomass": 1, "s_0394": 1,
            },
            "r_4047 | protein pseudoreaction": {"ala": -1, "s_3717": 1},
            "r_2111 | growth": {"s_0450": -1},
            "r_4046 | non-growth associated maintenance reaction": {"s_0434": -1, "s_0394": 1},
        },
        {"r_2111": 1},
    )  # fmt: skip
    assert found(model) == ("r_2111", "objective")
    assert find_biomass(model).precursors() == {"s_0434", "s_1096", "s_3717"}
    model.objective = "r_4041"
    assert found(model) == ("r_4041", "objective")
    model.objective = "r_4046"
    assert found(model) == ("r_4041", "name")


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ({"biomass525": 1.0}, ("biomass525", "objective")),
        ({"EX_biomass(e)": 1.0}, ("EX_biomass(e)", "objective")),
        ({"EX_biomass(e)": 1.0, "biomass525": 1.0}, ("biomass525", "objective")),
        ({"EX_a": 1.0}, ("biomass525", "name")),
        ({}, ("biomass525", "name")),
    ],
)
def test_agora_carries_its_biomass_out(objective: dict[str, float], expected: tuple[str, str]) -> None:
    model = network(
        {
            "biomass525": {"ala": -1, "atp": -1, "biomass[c]": 1, "adp": 1},
            "BIOt | biomass transport": {"biomass[c]": -1, "biomass[e]": 1},
            "EX_biomass(e) | biomass exchange": {"biomass[e]": -1},
            "EX_a": {"a": -1},
        },
        objective,
    )
    assert found(model) == expected


def test_human_gem_is_not_taken_by_its_exchange_of_biomass() -> None:
    model = network(
        {
            "MAR13082 | Generic human biomass reaction": {"ala": -1, "atp": -1, "MAM03970c | biomass": 1},
            "MAR10024 | Exchange of biomass": {"MAM03970e | biomass": -1},
            "MAR10023 | biomass transport": {"MAM03970c": -1, "MAM03970e": 1},
            "MAR03964 | ATP maintenance": {"atp": -1, "adp": 1},
        },
        {"MAR03964": 1},
    )
    assert found(model) == ("MAR13082", "name")
    model.objective = "MAR10024"
    assert found(model) == ("MAR10024", "objective")


def test_modelseed_drains_a_compound_that_is_biomass() -> None:
    model = network({"rxn1": {"cpd00035_c0": -1, "cpd11416_c0": 1}, "EX_cpd11416_c0": {"cpd11416_c0": -1}})
    model.objective = "EX_cpd11416_c0"
    assert found(model) == ("EX_cpd11416_c0", "objective")


@pytest.mark.parametrize("coefficients", [{}, {"PGI": 0.5, "PFK": -2.0}, {"ATPM": 1.0}])
@pytest.mark.parametrize("direction", ["max", "min"])
def test_an_objective_is_read_as_cobra_reads_it(
    textbook: Any, coefficients: dict[str, float], direction: str
) -> None:
    with textbook:
        textbook.objective = {
            textbook.reactions.get_by_id(name): value for name, value in coefficients.items()
        }
        textbook.objective_direction = direction
        objective = read_objective(textbook)
    assert {reaction.id: value for reaction, value in objective.terms} == coefficients
    assert objective.direction == direction


def test_shipped_models_tell_by_their_objective(textbook: Any, ijo1366: Any) -> None:
    assert found(textbook) == ("Biomass_Ecoli_core", "objective")
    assert found(ijo1366) == ("BIOMASS_Ec_iJO1366_core_53p95M", "objective")
    with textbook, ijo1366:
        textbook.objective = "ATPM"
        assert found(textbook) == ("Biomass_Ecoli_core", "sbo")
        ijo1366.objective = "ATPM"
        assert len(find_biomass(ijo1366).candidates) == 2


FORWARD = dict.fromkeys(ACIDS, -0.1) | {"atp_c": -50.0, "h2o": -50.0}
"""What growth consumes."""


def composed(sides: Mapping[str, float], called: str, bounds: tuple[float, float]) -> Model:
    """A model with a reaction of energy and amino acids."""
    model = network({called: sides, "EX_gly": {"gly": -1}})
    for name, formula in {**ACIDS, "atp_c": ATP["formula"]}.items():
        model.metabolites.get_by_id(name).formula = formula
    model.reactions[0].bounds = bounds
    return model


@pytest.mark.parametrize("called", ["growth", "R1"])
@pytest.mark.parametrize("bounds", [(-1000.0, 0.0), (-1000.0, 1000.0)])
@pytest.mark.parametrize("is_objective", [True, False])
def test_biomass_that_is_written_backwards_is_named_and_not_taken_for_growth(
    called: str, bounds: tuple[float, float], *, is_objective: bool
) -> None:
    model = composed({name: -value for name, value in FORWARD.items()}, called, bounds)
    if is_objective:
        model.objective, model.objective_direction = model.reactions[0], "min"
    biomass = find_biomass(model)
    assert (biomass.reaction, biomass.backwards) == (None, called)
    assert "written backwards" in str(biomass.problem)
    assert find_biomass(model, called).backwards == called


def test_biomass_that_is_consumed_is_written_backwards() -> None:
    model = network({"growth": {"biomass_c": -1, "a": 1, "b": 2}}, {"growth": 1.0})
    assert find_biomass(model).backwards == "growth"
    forward = network({"growth": {"biomass_c": 1, "a": -1, "b": -2}}, {"growth": 1.0})
    assert find_biomass(forward).backwards is None


@pytest.mark.parametrize("bounds", [(0.0, 1000.0), (-1000.0, 1000.0), (0.0, 0.0)])
def test_biomass_that_is_written_forwards_is_growth(bounds: tuple[float, float]) -> None:
    assert found(composed(FORWARD, "growth", bounds)) == ("growth", "name")
