"""What is said of one or two states on a map."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.tasks.fba.maps.state_comparison import compare_flux, find_full_width, name_state


@pytest.mark.parametrize(
    ("args", "name"),
    [
        ({}, "as in the model"),
        ({"medium_changes": {"EX_o2_e": 0}, "knock_outs": ["PGI"]}, "EX_o2_e ≤ 0; without PGI"),
        ({"medium": {"EX_glc__D_e": 1}}, "another medium"),
    ],
)
def test_a_state_is_called_by_what_is_other(args: dict[str, Any], name: str) -> None:
    assert name_state(args) == name


@pytest.mark.parametrize(
    ("flux", "other", "more", "is_forward"),
    [
        (5.0, 3.0, 2.0, True),
        (-5.0, -3.0, 2.0, False),
        (0.0, -3.0, -3.0, False),
        (5.0, -3.0, 8.0, True),
        (-2.0, 3.0, 5.0, False),
    ],
)
def test_more_flux_is_more_whichever_way_a_reaction_is_written(
    flux: float, other: float, more: float, *, is_forward: bool
) -> None:
    found, direction = compare_flux(flux, other)
    assert found == more
    assert (direction > 0) is is_forward


def test_few_large_fluxes_do_not_set_the_scale() -> None:
    assert find_full_width([0.0, *range(-10, 0), 1_000.0]) == 10.0
    assert find_full_width([0.0, -3.0]) == 3.0
    assert find_full_width([0.0]) == 1.0
