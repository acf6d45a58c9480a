"""Genes and reactions are found by names, EC numbers and ids of databases."""

from __future__ import annotations

import pytest
from cobra import Model

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.entity_names import suggest_named
from fluxagents.tasks.fba.solving.conditions import require_reaction


@pytest.mark.parametrize(
    "query",
    ["glucose-6-phosphate isomerase", "Phosphoglucose isomerase", "5.3.1.9", "R00771"],
)
def test_a_reaction_is_named_by_what_people_call_it(textbook: Model, query: str) -> None:
    model = textbook.copy()
    model.reactions.PGI.annotation = {"ec-code": "5.3.1.9", "kegg.reaction": ["R00771"]}
    assert suggest_named("reaction", query, model.reactions) == (f"reaction '{query}' has the id 'PGI'",)


def test_several_that_fit_are_candidates(textbook: Model) -> None:
    assert len(suggest_named("reaction", "malate dehydrogenase", textbook.reactions)) == 1
    assert len(suggest_named("reaction", "dehydrogenase", textbook.reactions)) > 1


def test_an_error_names_the_id(textbook: Model) -> None:
    with pytest.raises(FluxError, match="'citrate synthase' has the id 'CS'"):
        require_reaction(textbook, "citrate synthase")
