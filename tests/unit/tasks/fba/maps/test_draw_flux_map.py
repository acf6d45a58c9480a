"""Maps show the fluxes of pFBA where their metabolites stand, and run as the model writes its reactions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cobra import Metabolite, Reaction
from cobra.flux_analysis import pfba

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.maps.core_map import base_id, lay_core_map
from fluxagents.tasks.fba.maps.pathway_map import MAX_REACTIONS
from fluxagents.tasks.fba.maps.placement import FluxMap

NAME = "draw_flux_map"


def test_the_core_map_has_every_reaction_of_the_core_model(textbook: Any) -> None:
    drawn = {placed.reaction for placed in lay(textbook).reactions}
    missing = {reaction.id for reaction in textbook.reactions} - drawn
    assert missing == {"Biomass_Ecoli_core", "EX_h_e"}


@pytest.mark.parametrize("model", ["textbook", "ijo1366"])
def test_curves_are_those_of_the_stoichiometry(model: str, request: pytest.FixtureRequest) -> None:
    model_read = request.getfixturevalue(model)
    drawn = lay(model_read)
    assert len(drawn.reactions) > 85
    for placed in drawn.reactions:
        reaction = model_read.reactions.get_by_id(placed.reaction)
        written = {metabolite.id: amount for metabolite, amount in reaction.metabolites.items()}
        shown = {
            drawn.places[c.place].metabolite: c.coefficient for c in placed.curves if c.place is not None
        }
        if not reaction.boundary:
            assert shown == written
        for curve in placed.curves:
            if curve.place is not None:
                end = curve.start if curve.coefficient < 0 else curve.end
                assert end == drawn.places[curve.place].point


def test_a_reaction_that_is_written_backwards_is_drawn_backwards(fresh_textbook: Any) -> None:
    before = curves_of(lay(fresh_textbook), "PGI")
    reaction = fresh_textbook.reactions.PGI
    reaction.subtract_metabolites({m: 2 * amount for m, amount in reaction.metabolites.items()})
    after = curves_of(lay(fresh_textbook), "PGI")
    assert {name: -amount for name, amount in before.items()} == after


def test_a_reaction_of_another_meaning_is_not_drawn(fresh_textbook: Any) -> None:
    fresh_textbook.remove_reactions(["PGI"])
    other = Reaction("PGI")
    other.add_metabolites({fresh_textbook.metabolites.pyr_c: -1, fresh_textbook.metabolites.ac_c: 1})
    fresh_textbook.add_reactions([other])
    assert "PGI" not in {placed.reaction for placed in lay(fresh_textbook).reactions}


def test_fluxes_and_their_difference_are_those_of_pfba(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, compared_with={"medium_changes": {"EX_o2_e": 0}})
    table = found.tables()["reactions"].set_index("reaction")
    aerobic = pfba(textbook).fluxes
    with textbook:
        textbook.reactions.EX_o2_e.lower_bound = 0
        anaerobic = pfba(textbook).fluxes
    assert table["flux_mmol_per_gdw_h"].to_dict() == pytest.approx(aerobic[table.index].to_dict(), abs=1e-6)
    assert table["difference_mmol_per_gdw_h"].to_dict() == pytest.approx(
        (aerobic - anaerobic)[table.index].to_dict(), abs=1e-6
    )
    assert found.growth_per_h == pytest.approx(0.87392151)
    assert found.compared_growth_per_h == pytest.approx(0.21166295)
    assert abs(table["flux_mmol_per_gdw_h"]["EX_glc__D_e"]) == pytest.approx(10)


def test_a_state_that_has_no_growth_is_said(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, compared_with={"medium_changes": {"EX_glc__D_e": 0}})
    assert (found.compared_status, found.compared_growth_per_h) == ("infeasible", None)
    assert found.tables()["reactions"]["compared_flux_mmol_per_gdw_h"].isna().all()
    nothing = call(NAME, textbook, medium_changes={"EX_glc__D_e": 0})
    assert (nothing.status, nothing.files(), len(nothing.tables()["curves"])) == ("infeasible", (), 0)


def test_escher_gets_what_its_format_asks_for(textbook: Any, call: Callable[..., Any]) -> None:
    header, body = json.loads(call(NAME, textbook).file.content)
    assert header["schema"].endswith("1-0-0#")
    nodes, markers = body["nodes"], {"midmarker", "multimarker"}
    for reaction in body["reactions"].values():
        model_side = textbook.reactions.get_by_id(reaction["bigg_id"])
        assert {m["bigg_id"]: m["coefficient"] for m in reaction["metabolites"]} == {
            metabolite.id: amount for metabolite, amount in model_side.metabolites.items()
        }
        ends = [
            nodes[s[end]] for s in reaction["segments"].values() for end in ("from_node_id", "to_node_id")
        ]
        assert {node["node_type"] for node in ends} <= markers | {"metabolite"}
        named = {node["bigg_id"] for node in ends if node["node_type"] == "metabolite"}
        assert named == {metabolite.id for metabolite in model_side.metabolites}
    assert not body["reactions"].keys() & nodes.keys()


def test_a_name_stands_at_the_left_where_a_curve_leaves_to_the_right(
    textbook: Any, call: Callable[..., Any]
) -> None:
    places = call(NAME, textbook, pathway="glycolysis").tables()["places"]
    left = places[places["is_main"] & (places["label_x"] < places["x"])]
    assert {*left["label"]} == {"glc__D", "g6p", "dhap"}


def test_any_pathway_is_laid_out_by_itself(ijo1366: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, ijo1366, pathway="Histidine Metabolism")
    members = {r.id for r in ijo1366.reactions if r.subsystem == "Histidine Metabolism"}
    assert set(found.reaction_table.reaction) == members
    places = found.tables()["places"]
    main = places[places["is_main"]]
    assert not main.duplicated(["x", "y"]).any(), "two metabolites stand at one place"
    assert "his__L_c" in set(main["metabolite"])
    assert "h2o_c" not in set(main["metabolite"])


def test_what_cannot_be_read_is_refused(ijo1366: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="map of 134 reactions") as refusal:
        call(NAME, ijo1366, pathway="Cell Envelope Biosynthesis")
    assert str(MAX_REACTIONS) in refusal.value.suggestions[0]


def test_a_model_without_these_ids_is_told_what_to_name(
    fresh_textbook: Any, call: Callable[..., Any]
) -> None:
    for reaction in list(fresh_textbook.reactions):
        reaction.id = f"x_{reaction.id}"
    fresh_textbook.repair()
    with pytest.raises(FluxError, match="no reaction of model") as refusal:
        call(NAME, fresh_textbook)
    assert "pathway" in refusal.value.suggestions[0]


def lay(model: Any) -> FluxMap:
    drawn = lay_core_map(model)
    assert drawn is not None
    return drawn


def curves_of(drawn: FluxMap, reaction: str) -> dict[str, float]:
    (placed,) = (placed for placed in drawn.reactions if placed.reaction == reaction)
    return {drawn.places[c.place].metabolite: c.coefficient for c in placed.curves if c.place is not None}


def test_ids_are_those_of_bigg(textbook: Any) -> None:
    assert base_id(textbook.metabolites.glc__D_e) == "glc__D"


def test_what_stands_in_another_compartment_is_not_drawn_at_the_same_place(fresh_textbook: Any) -> None:
    fresh_textbook.remove_reactions(["FORti"])
    across = Reaction("FORtppi")
    across.add_metabolites(
        {fresh_textbook.metabolites.for_c: -1, Metabolite("for_p", compartment="p", formula="C1H1O2"): 1}
    )
    fresh_textbook.add_reactions([across])
    drawn = lay_core_map(fresh_textbook)
    assert drawn is not None
    names = {placed.reaction for placed in drawn.reactions}
    assert {"FORtppi", "FORt2"} & names == {"FORtppi"}
