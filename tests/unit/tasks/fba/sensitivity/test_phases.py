"""Phases are told by their gains; axes end at round numbers."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.tasks.fba.sensitivity.capacity import Capacity
from fluxagents.tasks.fba.sensitivity.phases import Plane, Region, round_up
from fluxagents.tasks.fba.solving.linear_program import LinearProgram


@pytest.mark.parametrize(
    ("limit", "rounded"),
    [(0, 0), (52.16, 53), (20, 20), (0.123, 0.13), (999, 1000), (1e-3, 1e-3), (4.01, 4.1)],
)
def test_round_up(limit: float, rounded: float) -> None:
    assert round_up(limit) == pytest.approx(rounded)


def test_a_place_is_in_a_region_if_its_value_is() -> None:
    region = Region((2.0, 0.5), -1.0)
    assert region.reaches((1.0, 2.0), 2.0)
    assert not region.reaches((1.0, 2.0), 1.9)
    assert region.has_gains((2.0 + 1e-9, 0.5))
    assert not region.has_gains((2.0, 0.6))


def test_regions_cover_all_that_is_feasible_and_the_value_is_the_least_of_theirs(textbook: Any) -> None:
    axes = (
        Capacity.of_uptake(textbook, textbook.reactions.EX_glc__D_e),
        Capacity.of_uptake(textbook, textbook.reactions.EX_o2_e),
    )
    with LinearProgram(textbook) as program:
        program.solve()
        plane = Plane(program, axes, (20.0, 50.0), 26)
        regions = plane.find_regions()
        for place in plane.grid():
            best = plane.best(place)
            if best is not None:
                heights = (
                    region.value_at_origin + sum(g * x for g, x in zip(region.gains, place, strict=True))
                    for region in regions
                )
                assert best <= min(heights) + 1e-9
        line = dict(plane.find_line_of_optimality())
    assert [len(region.cells) for region in regions] == sorted(
        (len(region.cells) for region in regions), reverse=True
    )
    slopes = {round((second - 1.867118) / first, 3) for (first, second), _ in line.items() if first > 2}
    assert slopes == {1.993}  # 1.993 oxygen more per glucose, by the same way of growth
