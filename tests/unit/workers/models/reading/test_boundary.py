"""What lies outside, by the conventions of old files and of other groups' programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from cobra import Metabolite, Model, Reaction

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.reading.boundary import open_boundary

Rows = Mapping[str, tuple[Mapping[str, float], float, float]]


def build(rows: Rows, compartments: Mapping[str, str] | None = None) -> Model:
    """A model of reactions, each with its stoichiometry and bounds; the compartment ends an id."""
    model = Model("m")
    places = compartments or {}
    for name, (stoichiometry, lower, upper) in rows.items():
        reaction = Reaction(name, lower_bound=lower, upper_bound=upper)
        model.add_reactions([reaction])
        for key, factor in stoichiometry.items():
            place = places.get(key, key.strip("[]()")[-1] if not key[-1].isdigit() else key[-2:])
            metabolite = Metabolite(key, compartment=place)
            reaction.add_metabolites({metabolite: factor})
    return model


def kinds(warned: Sequence[ModelWarning]) -> dict[str, tuple[str, ...]]:
    return {warning.kind: warning.elements for warning in warned}


OLD: Rows = {
    "EX_glc_e": ({"glc_e": -1, "glc_b": 1}, -10, 1000),
    "EX_h2o_e": ({"h2o_e": -1, "h_b": 1}, -1000, 1000),
    "EX_h_e": ({"h_e": -1, "h2o_b": 1}, -1000, 1000),
    "GLCt": ({"glc_e": -1, "glc_c": 1}, 0, 1000),
    "WORK": ({"glc_c": -1, "h2o_e": 1, "h_e": 1}, 0, 1000),
}


IN_E = dict.fromkeys(("glc_b", "h_b", "h2o_b"), "e")


@pytest.mark.parametrize("place", ["e", "b"])
def test_all_b_species_of_an_old_file_are_boundary(place: str) -> None:
    model = build(OLD, {"glc_b": place, "h_b": place, "h2o_b": place})
    warned = open_boundary(model)
    assert not [metabolite for metabolite in model.metabolites if metabolite.id.endswith("_b")]
    assert model.reactions.EX_h2o_e.reaction == "h2o_e <=> "
    assert kinds(warned) == {
        "boundary_species": ("glc_b", "h_b", "h2o_b"),
        "boundary_mismatch": ("h_b", "h2o_b"),
    }
    assert open_boundary(model) == []


def test_the_old_core_file_gives_the_same_with_unlike_names_of_reactions() -> None:
    model = build(
        {f"r{index}": row for index, row in enumerate(OLD.values())}, {"glc_b": "e", "h_b": "e", "h2o_b": "e"}
    )
    assert kinds(open_boundary(model))["boundary_mismatch"] == ("h_b", "h2o_b")


def test_the_exchange_that_cobra_adds_to_an_old_file_is_left_out() -> None:
    model = build({**OLD, "EX_glc_b": ({"glc_b": -1}, -1000, 1000)})
    model.reactions.EX_glc_b.name = "EX_glc_b"
    open_boundary(model)
    assert "EX_glc_b" not in model.reactions
    assert model.reactions.EX_glc_e.reaction == "glc_e <=> "


def test_a_second_exchange_of_the_file_itself_holds() -> None:
    model = build({**OLD, "EX_glc_b": ({"glc_b": -1}, -5, 1000)}, IN_E)
    warned = open_boundary(model)
    assert model.reactions.EX_glc_b.bounds == (-5, 1000)
    assert [metabolite.id for metabolite in model.metabolites if metabolite.id.endswith("_b")] == ["glc_b"]
    assert kinds(warned)["boundary_name"] == ("glc_b",)


def test_a_compound_whose_name_ends_in_b_lies_inside() -> None:
    rows: Rows = {
        **OLD,
        "CYT": ({"cyt_a": -1, "cyt_b": 1}, -1000, 1000),
        "CYTX": ({"cyt_a": 1, "glc_c": -1}, 0, 1000),
        "VIT": ({"vit_b": 1, "glc_c": -1, "h_e": 1}, 0, 1000),
    }
    inside = {"cyt_a": "c", "cyt_b": "c", "vit_b": "c", **IN_E}
    model = build(rows, inside)
    warned = open_boundary(model)
    assert {"cyt_b", "vit_b"} <= {metabolite.id for metabolite in model.metabolites}
    assert kinds(warned)["boundary_name"] == ("cyt_b", "vit_b")


@pytest.mark.parametrize(
    "rows",
    [
        # Blood, which joins tissues and is exchanged itself.
        {
            "EX_glc_b": ({"glc_b": -1}, -10, 1000),
            "liver": ({"glc_b": -1, "glc_l": 1}, -1000, 1000),
            "muscle": ({"glc_b": -1, "glc_m": 1}, -1000, 1000),
        },
        {
            "EX_glc_b": ({"glc_b": -1}, -10, 1000),
            "liver": ({"glc_b": -1, "glc_l": 1}, -1000, 1000),
            "lactate": ({"lac_l": -1, "lac_b": 1}, -1000, 1000),
        },
        # Bacteroid, in which reactions run.
        {
            "t": ({"mal_c": -1, "mal_b": 1}, 0, 1000),
            "t2": ({"nh3_b": -1, "nh3_c": 1}, 0, 1000),
            "fix": ({"n2_b": -1, "atp_b": -1, "amm_b": 2}, 0, 1000),
        },
        # KBase and ModelSEED, gapseq.
        {
            "EX_cpd00027_e0": ({"cpd00027_e0": -1}, -10, 1000),
            "rxn05226_c0": ({"cpd00027_e0": -1, "cpd00027_c0": 1}, 0, 1000),
            "bio1": ({"cpd00027_c0": -1}, 0, 1000),
        },
        # AGORA.
        {
            "EX_glc_D(e)": ({"glc_D[e]": -1}, -10, 1000),
            "GLCt": ({"glc_D[e]": -1, "glc_D[c]": 1}, 0, 1000),
            "biomass525": ({"glc_D[c]": -1}, 0, 1000),
        },
        # yeast-GEM, which names neither exchanges nor compartments in ids.
        {
            "r_1714": ({"s_0565[e]": -1}, -1, 1000),
            "r_1166": ({"s_0565[e]": -1, "s_0563[c]": 1}, 0, 1000),
            "r_2111": ({"s_0450[c]": -1, "s_0563[c]": -1}, 0, 1000),
        },
    ],
    ids=["blood", "blood of one tissue", "bacteroid", "modelseed", "agora", "yeast"],
)
def test_conventions_without_boundary_metabolites_are_left_alone(rows: Rows) -> None:
    model = build(rows)
    before = [reaction.reaction for reaction in model.reactions]
    assert open_boundary(model) == []
    assert [reaction.reaction for reaction in model.reactions] == before


@pytest.mark.parametrize(
    ("inner", "outer"), [("glc[e]", "glc[b]"), ("cpd00027_e0", "cpd00027_b"), ("glc(e)", "glc(b)")]
)
def test_other_spellings_of_b(inner: str, outer: str) -> None:
    model = build({"EX_glc": ({inner: -1, outer: 1}, -10, 1000)}, {inner: "e0", outer: "e0"})
    assert kinds(open_boundary(model)) == {"boundary_species": (outer,)}


def test_a_marked_species_wins_over_its_name() -> None:
    model = build({"EX_h2o_e": ({"h2o_e": -1, "h_b": 1}, -5, 5), "r": ({"h2o_e": -1, "x_c": 1}, 0, 10)})
    warned = open_boundary(model, {"h_b"})
    assert kinds(warned) == {"boundary_species": ("h_b",), "boundary_mismatch": ("h_b",)}


def test_a_reaction_between_boundary_species_is_told_to_change_nothing() -> None:
    model = build({"both": ({"x_c": -1, "y_c": 1}, -5, 5), "r": ({"x_c": -1, "z_c": 1}, 0, 10)})
    warned = open_boundary(model, {"x_c", "y_c"})
    assert kinds(warned)["boundary_reaction_empty"] == ("both",)
