"""Uptake limits by concentration."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.tasks.fba.dynamics.substance import Substance


@pytest.mark.parametrize(
    ("kinetics", "own", "expected"),
    [
        ({}, 0.001, 10.0),
        ({"half_saturation_mmol_per_l": 0.5}, 0.5, 5.0),
        ({"half_saturation_mmol_per_l": 0.5}, -1e-12, 0.0),
        ({"half_saturation_mmol_per_l": 1, "self_inhibition_mmol_per_l": 4}, 2, 10 * 2 / (1 + 2 + 1)),
        ({"self_inhibition_mmol_per_l": 4}, 4, 5.0),
        ({"inhibited_by_mmol_per_l": {"EX_b_e": 2}}, 1, 2.5),
    ],
)
def test_limits(kinetics: dict[str, Any], own: float, expected: float) -> None:
    substance = Substance(exchange="EX_a_e", **kinetics)
    assert substance.limit(10.0, {"EX_a_e": own, "EX_b_e": 6.0}) == pytest.approx(expected)


def test_haldane_is_fastest_at_the_root_of_both_constants() -> None:
    substance = Substance(exchange="EX_a_e", half_saturation_mmol_per_l=1, self_inhibition_mmol_per_l=9)
    limits = {own: substance.limit(10.0, {"EX_a_e": own}) for own in (1.0, 2.9, 3.0, 3.1, 9.0)}
    assert max(limits, key=limits.__getitem__) == 3.0
