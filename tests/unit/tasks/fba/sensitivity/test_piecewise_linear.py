"""Break points are found exactly, whichever of many tangents touches at a break point."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.sensitivity.piecewise_linear import (
    Evaluate,
    Tangent,
    find_break_points,
    find_level,
    find_piece,
)

Line = tuple[float, float]
"""Slope and height at 0."""

THREE = ((2.0, 0.0), (1.0, 3.0), (0.0, 10.0))
"""Breaks at 3 and 7."""


def lowest_of(lines: Sequence[Line], *, steepest: bool = True, from_: float = 0.0) -> Evaluate:
    """A concave function as the lowest of lines; at a break point it gives the steepest or the flattest."""

    def evaluate(at: float) -> Tangent | None:
        if at < from_:
            return None
        value = min(slope * at + height for slope, height in lines)
        slopes = [slope for slope, height in lines if slope * at + height <= value + 1e-12]
        return Tangent(at, value, max(slopes) if steepest else min(slopes))

    return evaluate


def at(evaluate: Evaluate, place: float) -> Tangent:
    tangent = evaluate(place)
    assert tangent is not None
    return tangent


@pytest.mark.parametrize("steepest", [True, False])
@pytest.mark.parametrize(
    ("start", "far", "slope", "end"),
    [(0, 10, 2, 3), (3, 10, 1, 7), (7, 10, 0, 10), (10, 0, 0, 7), (7, 0, 1, 3), (3, 0, 2, 0), (5, 0, 1, 3)],
)
def test_a_piece_has_the_slope_of_its_own_side(
    steepest: bool, start: float, far: float, slope: float, end: float
) -> None:
    function = lowest_of(THREE, steepest=steepest)
    piece = find_piece(function, at(function, start), far)
    assert piece is not None
    assert (piece.slope, piece.end) == pytest.approx((slope, end))
    assert piece.value_at_end == pytest.approx(at(function, end).value)


def test_a_piece_ends_before_the_function_is_undefined() -> None:
    function = lowest_of(THREE, from_=4.0)
    piece = find_piece(function, at(function, 6.0), 0.0)
    assert piece is not None
    assert piece.slope == pytest.approx(1)
    assert 4 <= piece.end <= 5
    assert find_piece(function, at(function, 4.0), 0.0) is None


@pytest.mark.parametrize("steepest", [True, False])
def test_break_points_between_two_places(steepest: bool) -> None:
    function = lowest_of(THREE, steepest=steepest)
    found = find_break_points(function, at(function, 0.0), at(function, 10.0))
    assert [tangent.at for tangent in found] == pytest.approx([0, 3, 7, 10])
    found = find_break_points(function, at(function, 3.0), at(function, 7.0))
    assert [tangent.at for tangent in found] == pytest.approx([3, 7])


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 40)), min_size=1, max_size=8))
def test_between_break_points_any_function_is_straight(lines: list[tuple[int, int]]) -> None:
    function = lowest_of(lines)
    found = find_break_points(function, at(function, 0.0), at(function, 10.0))
    places = [tangent.at for tangent in found]
    assert (places[0], places[-1]) == (0, 10)
    for step in range(101):
        place = step / 10
        left = max(i for i, other in enumerate(places[:-1]) if other <= place)
        low, high = found[left], found[left + 1]
        share = (place - low.at) / (high.at - low.at)
        assert at(function, place).value == pytest.approx(
            low.value + share * (high.value - low.value), abs=1e-7
        )


@pytest.mark.parametrize(
    ("from_", "low", "level", "expected"),
    [(0, 0, 10, 7), (0, 0, 5, 2.5), (0, 8, 10, 8), (5, 0, 10, 7), (8, 0, 10, 8)],
)
def test_a_level_is_reached_where_it_is_reached_first(
    from_: float, low: float, level: float, expected: float
) -> None:
    function = lowest_of(THREE, from_=from_)
    assert find_level(function, low, at(function, 20.0), level) == pytest.approx(expected, abs=1e-8)


def test_a_level_that_is_never_reached_is_an_error() -> None:
    function = lowest_of(THREE)
    with pytest.raises(FluxError, match="contradict") as raised:
        find_level(function, 0.0, at(function, 20.0), 11.0)
    assert raised.value.kind is ErrorClass.NUMERICAL
