"""A draft is tested before it becomes a model: what it should do, should not do, and cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes import validate_model_draft
from fluxagents.tasks.fba.genomes.draft_model import DraftReaction, ModelDraft
from fluxagents.tasks.fba.genomes.selection.flux_network import FluxNetwork, find_made_from_nothing
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.workers.clients.local import LocalClient


def draft_of(model: Any, *left_out: str) -> ModelDraft:
    rows = tuple(
        DraftReaction(
            reaction=reaction.id,
            name="",
            equation="",
            decision="left_out" if reaction.id in left_out else "kept",
            reason="genes",
            score=1.0,
            gene_rule="",
            identity_percent=None,
            best_hits="",
            growth_lost_fraction=None,
        )
        for reaction in model.reactions
    )
    return ModelDraft(genome="g", universal="u", medium_mmol_per_gdw_h=model.medium, reactions=rows)


def validate(model: Any, *left_out: str, **args: Any) -> validate_model_draft.Result:
    parsed = validate_model_draft.Args(draft="0" * 6, **args)
    names = (*parsed.media, *parsed.no_growth_media)
    media = tuple(MediaLibrary(None).medium(name) for name in names)
    return validate_model_draft.run(
        model, parsed, validate_model_draft.Subject(draft_of(model, *left_out), media)
    )


def add_reaction(model: Any, name: str, equation: str) -> None:
    reaction = cobra.Reaction(name)
    model.add_reactions([reaction])
    reaction.build_reaction_from_string(equation)


def test_growth_is_held_against_what_is_expected(fresh_textbook: Any) -> None:
    result = validate(fresh_textbook, no_growth_media=("M9_acetate", "M9_xylose"))
    assert {row.medium: row.is_as_expected for row in result.growths} == {
        "M9_glucose": True,
        "M9_acetate": False,
        "M9_xylose": True,
    }
    assert "grows on 1 of 1 media where it should; " in result.evidence
    assert "grows on 1 of 2 media where it should not (M9_acetate); " in result.evidence
    assert (result.charged_carriers, result.made_from_nothing, result.mass_imbalanced_reactions) == (
        (),
        (),
        (),
    )


def test_a_draft_without_a_step_of_glycolysis_grows_no_more(fresh_textbook: Any) -> None:
    result = validate(fresh_textbook, "ENO")
    assert not result.growths[0].is_as_expected
    assert "grows on 0 of 1 media where it should (not on M9_glucose)" in result.evidence


def test_mass_and_energy_out_of_nothing_are_named(fresh_textbook: Any) -> None:
    add_reaction(fresh_textbook, "MAKES", "fum_c --> mal__L_c + pyr_c")
    add_reaction(fresh_textbook, "CHARGES", "adp_c + pi_c + h_c --> atp_c + h2o_c")
    result = validate(fresh_textbook)
    assert "pyr_c" in result.made_from_nothing
    assert "ATP" in {row.carrier for row in result.charged_carriers}
    assert "MAKES" in result.mass_imbalanced_reactions
    assert "energy carriers charged out of nothing: " in result.evidence
    assert "MAKES" in fresh_textbook.reactions


def test_a_cycle_makes_nothing(fresh_textbook: Any) -> None:
    inner = [reaction for reaction in fresh_textbook.reactions if not reaction.boundary]
    assert find_made_from_nothing(FluxNetwork.of(inner)) == ()


def test_a_medium_cannot_be_expected_to_do_both(tmp_path: Any) -> None:
    client = LocalClient(tmp_path)
    tool = validate_model_draft.TOOL
    args = tool.parse({"draft": "0" * 6, "no_growth_media": ["M9_glucose"]})
    with pytest.raises(FluxError, match="'M9_glucose' stands in 'media' and in") as raised:
        validate_model_draft.gather(client, args)  # type: ignore[arg-type]  # it is refused before it is read
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
