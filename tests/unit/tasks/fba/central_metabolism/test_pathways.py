"""Pathways of central metabolism are found in models of each namespace, or said to be absent."""

from __future__ import annotations

import pytest
from cobra import Model, Reaction
from cobra.io import load_model

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.central_metabolism.central_reactions import central_reactions, find_central
from fluxagents.tasks.fba.central_metabolism.pathways import find_pathway, pathways
from fluxagents.tasks.fba.fluxes.analyze_pathway import Args, run


@pytest.fixture(scope="module")
def core() -> Model:
    return load_model("textbook")


@pytest.mark.parametrize("asked", ["TCA cycle", "Citratzyklus", "cycle de Krebs", "Citric Acid Cycle"])
def test_a_pathway_has_its_usual_names_and_reactions_where_the_file_names_no_subsystem(
    core: Model, asked: str
) -> None:
    result = run(core, Args(pathway=asked))
    members = {"CS", "ACONTa", "ACONTb", "ICDHyr", "AKGDH", "SUCOAS", "SUCDi", "FUM", "MDH"}
    assert set(result.table.reaction) == members
    assert result.fluxes_mmol_per_gdw_h["CS"] == pytest.approx(6.007249575, rel=1e-6)


def test_a_pathway_that_the_model_lacks_has_no_reaction_and_is_no_other(core: Model) -> None:
    result = run(core, Args(pathway="ED pathway"))
    assert (result.pathway, result.reactions, result.active_reactions) == ("Entner-Doudoroff", 0, 0)
    assert not result.table.reaction


def test_a_model_whose_reactions_cannot_be_read_is_not_said_to_lack_a_pathway() -> None:
    model = Model("m")
    model.add_reactions([Reaction("r_0001")])
    with pytest.raises(FluxError, match="no id, name or annotation of model 'm'") as caught:
        run(model, Args(pathway="ED pathway"))
    assert caught.value.kind is ErrorClass.UNKNOWN_ID


@pytest.mark.parametrize("names", [("rxn00336_c0", "rxn00330_c0"), ("R00479", "R00472"), ("ICL", "MALS")])
def test_reactions_of_each_namespace_are_members(names: tuple[str, ...]) -> None:
    model = Model("m")
    model.add_reactions([Reaction(name) for name in (*names, "other")])
    shunt = find_pathway("glyoxylate shunt")
    assert shunt is not None
    assert shunt.find_members(model) == set(names)


def test_an_annotation_makes_a_member() -> None:
    model, reaction = Model("m"), Reaction("r1")
    reaction.annotation = {"kegg.reaction": ["R00479"]}
    model.add_reactions([reaction])
    assert pathways()["glyoxylate shunt"].find_members(model) == {"r1"}


@pytest.mark.parametrize(
    ("query", "bigg"),
    [
        ("5.3.1.9", ["PGI"]),
        ("R00771", ["PGI"]),
        ("Glucose-6-phosphat-Isomerase", ["PGI"]),
        ("citrate sythase", ["CS"]),
        ("aconitase", ["ACONTa", "ACONTb", "ACONT"]),
        ("frobnicase", []),
    ],
)
def test_a_reaction_is_found_by_number_id_and_name(query: str, bigg: list[str]) -> None:
    assert [reaction.bigg[0] for reaction in find_central(query)] == bigg


def test_no_id_belongs_to_two_reactions() -> None:
    ids = [identifier for reaction in central_reactions().values() for identifier in reaction.ids]
    assert len(set(ids)) == len(ids)
