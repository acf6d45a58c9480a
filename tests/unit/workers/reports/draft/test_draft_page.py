"""The page of a draft says what the analyses of its model say, and leaves the universal model as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support import plain_cobra
from tests.support.genomes import LEFT_OUT

from fluxagents.tasks.fba.genomes.draft_model import DraftReaction, ModelDraft
from fluxagents.tasks.fba.genomes.reference_set import find_reference
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.workers.reports.draft.draft_page import AGREEMENT, write_draft_page
from fluxagents.workers.reports.draft.draft_report import analyze_draft

MEDIA = ("M9_glucose", "M9_glycerol")
"""The core model has no glycerol."""


@pytest.fixture
def core() -> Iterator[Any]:
    """A model of the test's own."""
    with plain_cobra.model("e_coli_core") as model:
        yield model


def draft_of(model: Any) -> ModelDraft:
    """The core model without two reactions; one of the rest has a name that is no HTML."""
    rows = tuple(
        DraftReaction(
            reaction=reaction.id,
            name="<b>enolase</b>" if reaction.id == "ENO" else reaction.name,
            equation=reaction.reaction,
            decision="left_out" if reaction.id in LEFT_OUT else "kept",
            reason="genes" if reaction.gene_reaction_rule else "no evidence",
            score=1.0 if reaction.gene_reaction_rule else None,
            gene_rule=reaction.gene_reaction_rule,
            identity_percent=None,
            best_hits="iML1515.b2779" if reaction.id in {"ENO", "FRUpts2"} else "",
            growth_lost_fraction=None,
        )
        for reaction in model.reactions
    )
    medium = {name: limit for name, limit in model.medium.items() if name not in LEFT_OUT}
    return ModelDraft(genome="g", universal="u", medium_mmol_per_gdw_h=medium, reactions=rows)


def words_of(page: str) -> str:
    """What a reader sees, tables as words in a line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_page_says_what_the_draft_can_do_and_why_it_is_so(core: Any) -> None:
    draft, library = draft_of(core), MediaLibrary(None)
    before = {reaction.id: reaction.gene_reaction_rule for reaction in core.reactions}
    report = analyze_draft(core, draft, [library.medium(name) for name in MEDIA], find_reference())
    assert {reaction.id: reaction.gene_reaction_rule for reaction in core.reactions} == before

    page = write_draft_page(report, "Draft of run <1>").decode()
    assert page == write_draft_page(report, "Draft of run <1>").decode()
    assert "<b>enolase</b>" not in page
    words = words_of(page)
    # Neither of the two reactions carries flux on glucose.
    essential = plain_cobra.essential_genes(core)
    assert f"{len(essential)} of {report.genes} genes" in words
    assert all(gene in words for gene in essential)
    growth = core.slim_optimize()
    assert report.essentiality.growth_per_h == pytest.approx(growth)
    assert "It grows on 1 of 2 media." in words
    assert [row.reaction for row in report.left_out] == ["FRUpts2"]
    assert not {row.reaction for row in report.with_genes} & {row.reaction for row in report.without_genes}
    assert "Fluxes of the draft" in page
    assert AGREEMENT not in page
    agreement = {row.reaction: 0.25 if row.reaction == "FRUpts2" else 1.0 for row in draft.reactions}
    judged = replace(report, draft=draft.model_copy(update={"agreement_fraction": agreement}))
    judged_page = words_of(write_draft_page(judged, "Draft").decode())
    assert AGREEMENT in judged_page
    assert judged_page.count("25%") == words.count("25%") + 1
    assert f"The pathways of the nearest model, {report.likenesses[0].model}" in words
