"""The best media are the best by the criterion that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

NAME = "select_optimal_media"
Call = Callable[..., Any]
MEDIA = ["M9_acetate", "M9_glucose", "M9", "M9_fructose", "M9_succinate"]


def test_most_growth_comes_first_and_ties_are_told(textbook: Any, call_media: Call) -> None:
    found = call_media(NAME, textbook, media=MEDIA)
    assert set(found.best) == {"M9_glucose", "M9_fructose"}
    assert found.ranking[2:] == ("M9_succinate", "M9_acetate")
    assert found.key_findings()["left_out"]["ids"] == ["M9 (infeasible)"]


def test_the_smallest_medium_that_suffices(textbook: Any, call_media: Call) -> None:
    found = call_media(
        NAME,
        textbook,
        media=["M9_glucose", "M9_glucose_anaerobic", "M9_glucose_amino_acids"],
        criterion="fewest_components",
    )
    assert found.best == ("M9_glucose_anaerobic",)
    stricter = call_media(
        NAME,
        textbook,
        media=["M9_glucose", "M9_glucose_anaerobic", "M9_glucose_amino_acids"],
        criterion="fewest_components",
        min_growth_per_h=0.5,
    )
    assert stricter.best == ("M9_glucose",)


def test_no_medium_qualifies(textbook: Any, call_media: Call) -> None:
    found = call_media(NAME, textbook, media=MEDIA, must_be_mapped=True)
    assert (found.best, found.ranking) == ((), ())
    assert found.key_findings()["best"]["count"] == 0


@pytest.mark.parametrize("criterion", ["most_growth", "fewest_components"])
def test_a_model_without_objective_has_no_best_medium(
    textbook: Any, call_media: Call, criterion: str
) -> None:
    with textbook:
        textbook.objective = {}
        found = call_media(NAME, textbook, media=MEDIA, criterion=criterion)
    assert found.best == ()
    assert {str(row.status) for row in found.media} == {"no_objective"}
