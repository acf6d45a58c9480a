"""A number's unit stands at the end of its name, or in what is said about it."""

from __future__ import annotations

import pytest

from fluxagents.flows.texts.units import find_unit, unit_of


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("growth_per_h", "1/h"),
        ("flux_mmol_per_gdw_h", "mmol/gDW/h"),
        ("default_kcat_per_s", "1/s"),
        ("duration_ms", "ms"),
        ("growth_fraction_of_wild_type", "1"),
        ("fraction_of_optimum", "1"),
        ("essential_genes", ""),
    ],
)
def test_a_keys_unit_stands_at_its_end(key: str, unit: str) -> None:
    assert unit_of(key) == unit


def test_a_description_says_the_unit_of_what_has_none_in_its_name() -> None:
    assert find_unit("medium", "exchange reaction id -> most uptake in mmol/gDW/h") == "mmol/gDW/h"
    assert find_unit("min_growth_per_h", "with an objective the flux, mmol/gDW/h") == "1/h"
    assert find_unit("genes", "Gene ids.") == ""
