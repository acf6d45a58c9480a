"""Networks chosen by hand-made scores, where the best choice can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import numpy as np
import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.selection.flux_network import MAX_FLUX_MMOL_PER_GDW_H, FluxNetwork
from fluxagents.tasks.fba.genomes.selection.reaction_selection import Selection, select_reactions

Reactions = Mapping[str, tuple[Mapping[str, float], float]]
"""By name: metabolites with their coefficients, and the score. All run forward; a name in capitals must."""

GROWTH: Reactions = {
    "uptake": ({"a": 1}, 0),
    "to_p": ({"a": -1, "p": 1}, 2),
    "GROWTH": ({"p": -100, "c": -1e-4}, 0),
    "MAINTENANCE": ({"p": -1}, 0),
}
"""Takes a million times more of one compound than of a cofactor."""


def select(reactions: Reactions) -> tuple[set[str], Selection]:
    names = list(reactions)
    metabolites = sorted({name for parts, _ in reactions.values() for name in parts})
    matrix = np.array([[reactions[name][0].get(part, 0) for name in names] for part in metabolites])
    open_ = np.full(len(names), MAX_FLUX_MMOL_PER_GDW_H)
    found = select_reactions(
        FluxNetwork(import_module("scipy.sparse").csc_matrix(matrix), tuple(metabolites), 0 * open_, open_),
        [score for _, score in reactions.values()],
        [index for index, name in enumerate(names) if name.isupper()],
        gap=0.0,
        time_limit_s=20,
    )
    return {names[position] for position in found.kept}, found


def test_a_cofactor_of_which_growth_takes_little_is_made_by_reactions_with_evidence() -> None:
    kept, found = select(
        {**GROWTH, "to_x": ({"a": -1, "x": 1}, -1), "to_c": ({"x": -1, "c": 1}, 4)},
    )
    assert kept == {"uptake", "to_p", "GROWTH", "MAINTENANCE", "to_x", "to_c"}
    assert (found.score, found.bound, found.is_optimal) == (5, 5, True)


@pytest.mark.parametrize(("score", "is_worth_it"), [(2.5, True), (1.5, False)])
def test_evidence_is_kept_if_it_is_worth_more_than_what_connects_it(score: float, is_worth_it: bool) -> None:
    way: Reactions = {
        "to_x": ({"a": -1, "x": 1}, -1.0),
        "to_y": ({"x": -1, "y": 1}, score),
        "from_y": ({"y": -1, "z": 1}, -1.0),
        "secretion": ({"z": -1}, 0.0),
    }
    kept, found = select({**GROWTH, "to_c": ({"a": -1, "c": 1}, 1), **way})
    assert ("to_y" in kept) is is_worth_it
    assert kept.isdisjoint({"to_x", "from_y"}) is not is_worth_it
    assert found.score == found.bound == 3 + is_worth_it * (score - 2)


def test_of_two_ways_to_a_compound_that_growth_needs_the_shorter_is_taken() -> None:
    kept, found = select(
        {
            **GROWTH,
            "to_x": ({"a": -1, "x": 1}, -1),
            "to_y": ({"x": -1, "y": 1}, -1),
            "y_to_c": ({"y": -1, "c": 1}, -1),
            "a_to_b": ({"a": -1, "b": 1}, -1),
            "b_to_c": ({"b": -1, "c": 1}, -1),
        }
    )
    assert kept == {*GROWTH, "a_to_b", "b_to_c"}
    assert found.score == 0


def test_both_of_two_ways_with_evidence_are_kept_though_they_share_a_small_flux() -> None:
    ways: Reactions = {
        "to_x": ({"a": -1, "x": 1}, -1),
        "x_to_c": ({"x": -1, "c": 1}, 4),
        "to_y": ({"a": -1, "y": 1}, -1),
        "y_to_c": ({"y": -1, "c": 1}, 3),
    }
    kept, found = select({**GROWTH, **ways})
    assert kept == {*GROWTH, *ways}
    assert (found.score, found.bound) == (7, 7)


def test_growth_that_no_reaction_can_feed_is_infeasible() -> None:
    with pytest.raises(FluxError, match="can carry no flux even with all reactions") as raised:
        select(GROWTH)
    assert raised.value.kind is ErrorClass.INFEASIBLE
