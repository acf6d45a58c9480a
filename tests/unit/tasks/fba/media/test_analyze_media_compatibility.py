"""What a model lacks of a medium, and what a medium lacks for a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

NAME = "analyze_media_compatibility"
Call = Callable[..., Any]


def test_media_are_sorted_by_how_they_fit(textbook: Any, call_media: Call) -> None:
    own = dict.fromkeys(textbook.medium, 10.0)
    found = call_media(NAME, textbook, media=["M9_glucose", "M9"], own_media={"own": own})
    assert {fit.medium: fit.fit for fit in found.fits} == {
        "M9_glucose": "partial",
        "M9": "no_growth",
        "own": "complete",
    }
    assert {fit.medium: fit.exchanged_fraction for fit in found.fits}["M9_glucose"] == pytest.approx(7 / 21)


def test_nutrients_that_are_lacking_restore_growth(ijo1366: Any, call_media: Call, call: Call) -> None:
    """AuxoMedia holds neither molybdenum nor nickel, which the biomass of iJO1366 needs."""
    found = call_media(NAME, ijo1366, media=["AuxoMedia"])
    (fit,), (row,) = found.fits, found.media
    assert fit.fit == "no_growth"
    (lacking,) = fit.missing.sets
    assert set(lacking.exchanges) == {"EX_mobd_e", "EX_ni2_e"}
    medium = {**row.uptakes_mmol_per_gdw_h, **dict.fromkeys(lacking.exchanges, 1.0)}
    assert call("run_metabolic_fba", ijo1366, medium=medium, method="fba").growth_per_h > 0.01


def test_what_is_lacking_need_not_be_looked_for(textbook: Any, call_media: Call) -> None:
    found = call_media(NAME, textbook, media=["M9"], find_missing=False)
    assert found.fits[0].missing is None
    assert found.tables()["missing"].empty
