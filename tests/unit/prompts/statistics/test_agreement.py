"""How far raters agree, against the published example and against a computation of our own."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.prompts.statistics.agreement import compute_alpha, count_stars, measure_agreement

PUBLISHED = {
    "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
}
"""Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section E: ordinal alpha is 0.815."""


def units(table: dict[str, list[int | None]]) -> list[dict[str, int]]:
    length = len(next(iter(table.values())))
    return [
        {person: stars for person, ratings in table.items() if (stars := ratings[at]) is not None}
        for at in range(length)
    ]


def test_the_published_example() -> None:
    agreement = measure_agreement(units(PUBLISHED))
    assert agreement.alpha == pytest.approx(0.815, abs=5e-4)
    assert (agreement.raters, agreement.subjects, agreement.ratings) == (4, 11, 40)
    assert agreement.meaning == "reliable"
    assert agreement.interval is not None
    low, high = agreement.interval
    assert low < 0.815 < high <= 1


def compute_ordinal_alpha(shared: list[dict[str, int]]) -> float:
    """By the definition: one minus observed over expected disagreement, pair by pair."""
    pooled = [stars for unit in shared for stars in unit.values()]

    def distance(a: int, b: int) -> float:
        low, high = sorted((a, b))
        between = sum(pooled.count(stars) for stars in range(low, high + 1))
        return (between - (pooled.count(a) + pooled.count(b)) / 2) ** 2

    observed = sum(
        distance(a, b) / (len(unit) - 1) for unit in shared for a, b in permutations(unit.values(), 2)
    )
    expected = sum(distance(a, b) for a, b in permutations(pooled, 2)) / (len(pooled) - 1)
    return 1 - observed / expected


@given(
    st.lists(st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 5), max_size=4), min_size=5, max_size=15)
)
def test_it_is_alpha_by_its_definition(table: list[dict[str, int]]) -> None:
    shared = [unit for unit in table if len(unit) > 1]
    alpha = compute_alpha(count_stars(shared))
    if alpha is None:
        assert len({stars for unit in shared for stars in unit.values()}) < 2
    else:
        assert alpha == pytest.approx(compute_ordinal_alpha(shared), abs=1e-9)


def test_what_nothing_can_be_said_of() -> None:
    few = measure_agreement([{"A": 1, "B": 5}, {"A": 3}])
    assert (few.alpha, few.meaning, few.subjects) == (None, "too few", 1)
    same = measure_agreement([{"A": 4, "B": 4}] * 6)
    assert (same.alpha, same.meaning) == (None, "no variation")
    contrary = measure_agreement([{"A": 1, "B": 5}, {"A": 5, "B": 1}] * 3)
    assert contrary.meaning == "contrary"
    assert measure_agreement([]).meaning == "too few"
