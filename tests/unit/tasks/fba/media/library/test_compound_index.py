"""A compound is found in models of other styles, by whatever they say of it."""

from __future__ import annotations

from typing import Any

import pytest
from cobra import Metabolite, Model, Reaction

from fluxagents.tasks.fba.media.library.compound_index import index_exchanges, index_metabolites
from fluxagents.tasks.fba.media.library.compounds import compounds, compounds_by_id, compounds_by_name

GLUCOSE = compounds_by_id()["glc__D"]


def model_with(identifier: str, compartment: str = "e", name: str = "", **annotation: Any) -> Model:
    model = Model("tiny")
    metabolite = Metabolite(identifier, compartment=compartment, name=name)
    metabolite.annotation = annotation
    exchange = Reaction("EX_1", lower_bound=-10, upper_bound=1000)
    exchange.add_metabolites({metabolite: -1})
    model.add_reactions([exchange])
    return model


@pytest.mark.parametrize(
    "identifier",
    ["glc__D_e", "glc_D_e", "glc-D[e]", "glc_DASH_D_e", "glc__D[e]", "cpd00027_e0", "cpd00027_e"],
)
def test_ids_of_all_styles_are_one(identifier: str) -> None:
    match = index_exchanges(model_with(identifier)).find(GLUCOSE)
    assert match is not None
    assert (match.id, match.by) == ("EX_1", "id")


@pytest.mark.parametrize(
    ("annotation", "by"),
    [
        ({"bigg.metabolite": "glc__D"}, "bigg"),
        ({"seed.compound": ["cpd26821", "cpd00027"]}, "seed"),
        ({"kegg.compound": "C00031"}, "kegg"),
        ({"inchi_key": "WQZGKKKJIJFFOK-GASJEMHNSA-M"}, "inchikey"),
        ({"seed.compound": [["is", "cpd00027"]]}, "seed"),
    ],
)
def test_annotations_are_read_when_the_id_says_nothing(annotation: dict[str, Any], by: str) -> None:
    match = index_exchanges(model_with("m0001_e", **annotation)).find(GLUCOSE)
    assert match is not None
    assert match.by == by


def test_a_name_is_the_last_resort() -> None:
    match = index_exchanges(model_with("x_e", name="D-Glucose")).find(GLUCOSE)
    assert match is not None
    assert match.by == "name"


def test_another_compound_is_not_found() -> None:
    assert index_exchanges(model_with("gal_e", name="D-Galactose")).find(GLUCOSE) is None


@pytest.mark.parametrize("name", ["ijo1366", "salmonella"])
def test_annotations_alone_find_the_same_exchanges(name: str, request: pytest.FixtureRequest) -> None:
    """The ids of BiGG are taken away; ModelSEED, KEGG and InChIKey must lead to the same place."""
    model = request.getfixturevalue(name)
    index = index_exchanges(model)
    with_ids = {compound: index.find(compound) for compound in compounds()}
    found = 0
    for compound, match in with_ids.items():
        if match is None or compound.bigg in {"ppa", "but"}:  # without annotations in these models
            continue
        hidden = type(compound)("nothing", *[getattr(compound, f) for f in compound.__slots__[1:]])
        other = index.find(hidden)
        assert other is not None, compound
        assert other.id == match.id
        found += 1
    assert found > 120


def test_inner_compounds_are_those_of_the_cytosol(textbook: Any) -> None:
    match = index_metabolites(textbook).find(compounds_by_name()["glutamine"])
    assert match is not None
    assert match.id == "gln__L_c"
