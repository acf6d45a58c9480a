"""What is shown is cut to size and says so; the counts are of the whole."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fluxagents.tasks.display import cut_text, fit_display, list_names, list_values, round_for_display


@given(st.lists(st.text(max_size=300), max_size=500))
def test_a_display_fits_and_counts_the_whole(names: list[str]) -> None:
    display = fit_display(lambda most: {"names": list_names(names, most)}, 2048)
    assert len(json.dumps(display).encode()) <= 2048
    names_shown: Any = display["names"]
    assert names_shown["count"] == len(names)
    assert names_shown["shown"] == len(names_shown["ids"])


def test_missing_numbers_stay_missing() -> None:
    assert list_values({"a": None, "b": 1.23456789}, 5)["values"] == {"a": None, "b": 1.234568}


def test_small_numbers_keep_their_digits() -> None:
    assert round_for_display(2.45593e-06) == 2.45593e-06


@given(st.text(max_size=400))
def test_long_names_are_cut_to_bytes(name: str) -> None:
    assert len(json.dumps(cut_text(name))) <= 120
    assert cut_text(name) == name or cut_text(name).endswith("...")
