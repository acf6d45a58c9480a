"""The counts of the known models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra import Metabolite, Reaction

NAME = "analyze_metabolic_model"


@pytest.mark.parametrize(
    ("model", "counts"),
    [("textbook", (95, 72, 137)), ("ijo1366", (2583, 1805, 1367)), ("salmonella", (3357, 2436, 1707))],
)
def test_counts(
    request: pytest.FixtureRequest, call: Callable[..., Any], model: str, counts: tuple[int, int, int]
) -> None:
    found = call(NAME, request.getfixturevalue(model))
    assert (found.reactions, found.metabolites, found.genes) == counts
    assert len(found.tables()["reactions"]) == counts[0]


def test_the_core_model(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    assert (found.exchange_reactions, found.other_boundary_reactions) == (20, 0)
    assert found.objective == "Biomass_Ecoli_core"
    assert found.unsafe_ids == ()
    assert found.medium_mmol_per_gdw_h["EX_glc__D_e"] == 10


def test_dead_ends_and_unsafe_ids_are_found(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        odd = Reaction("R\u00e9action")
        textbook.add_reactions([odd])
        odd.add_metabolites({textbook.metabolites.pyr_c: -1, Metabolite("end_c", compartment="c"): 1})
        found = call(NAME, textbook)
    assert "end_c" in found.dead_end_metabolites
    assert found.unsafe_ids == ("R\u00e9action",)
