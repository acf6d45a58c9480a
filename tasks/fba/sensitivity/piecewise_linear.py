"""Concave piecewise linear functions of one number, explored by tangents.

The best value of a linear program is such a function of any bound, and a dual solution gives a tangent: a
line that touches the function and is nowhere below it. Where two tangents meet on the function, there is a
break point. So break points are found exactly, and not between the points of a grid (Eisner & Severance 1976,
doi:10.1145/321978.321982).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from fluxagents.flows.errors import ErrorClass, FluxError

SAME_VALUE = 1e-9
"""Values that differ by less, or by less than this fraction, are the same."""

MAX_TANGENTS = 200
"""More are a failure of the solver: a metabolic model has some dozens of pieces."""

MAX_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Tangent:
    """A line that touches the function where it was evaluated, and is nowhere below it."""

    at: float
    value: float
    slope: float
    """At a break point it is one of many, between the slopes on both sides."""

    def height(self, at: float) -> float:
        """The line's height at a place."""
        return self.value + self.slope * (at - self.at)

    def touches(self, other: Tangent) -> bool:
        """Whether the line touches the function where the other one does."""
        gap = abs(self.height(other.at) - other.value)
        return gap <= SAME_VALUE * max(1.0, abs(other.value))

    def crossing(self, other: Tangent) -> float:
        """Where the two lines cross, kept between the places that they belong to."""
        low, high = sorted((self.at, other.at))
        if self.slope == other.slope:
            return (low + high) / 2
        at = (other.value - self.value + self.slope * self.at - other.slope * other.at) / (
            self.slope - other.slope
        )
        return min(max(at, low), high)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch on which the function is a line."""

    slope: float
    end: float
    value_at_end: float


Evaluate = Callable[[float], Tangent | None]
"""The function: a tangent at a place, None where the function is not defined."""


def find_piece(evaluate: Evaluate, start: Tangent, far: float) -> Piece | None:
    """The piece that begins at a place and leads towards another; None if nothing is defined there.

    Args:
        evaluate: The function.
        start: A tangent where the piece begins; its slope may be that of neither side.
        far: How far to look, on either side of the beginning.

    Raises:
        FluxError: `NUMERICAL` if the tangents contradict each other.
    """
    end = _nearest_defined(evaluate, start, far)
    if end is None:
        return None
    farthest = end
    for _ in range(MAX_TANGENTS):
        if start.touches(end):
            return Piece(start.slope, end.at, end.value)
        if end.touches(start):
            return _follow(evaluate, Tangent(start.at, start.value, end.slope), farthest)
        end = _evaluate_inside(evaluate, start.crossing(end))
    raise _contradiction(start.at, far)


def find_break_points(evaluate: Evaluate, low: Tangent, high: Tangent) -> list[Tangent]:
    """Both ends and all break points between them, in order.

    Raises:
        FluxError: `NUMERICAL` if the tangents contradict each other.
    """
    visited, pairs = [low, high], [(low, high)]
    while pairs:
        left, right = pairs.pop()
        if left.touches(right) or right.touches(left):
            continue
        middle = _evaluate_inside(evaluate, left.crossing(right))
        if middle.at in {left.at, right.at}:
            continue
        visited.append(middle)
        if len(visited) > MAX_TANGENTS:
            raise _contradiction(low.at, high.at)
        pairs += [(left, middle)] * (not left.touches(middle))
        pairs += [(middle, right)] * (not right.touches(middle))
    return _without_inner_points(sorted(visited, key=lambda tangent: tangent.at))


def find_level(evaluate: Evaluate, low: float, high: Tangent, level: float) -> float:
    """The least place between two at which a function that rises between them reaches a level.

    Args:
        evaluate: The function; it may be undefined from the low place on.
        low: Where to begin.
        high: Where the level is reached.
        level: A value.

    Raises:
        FluxError: `NUMERICAL` if the tangents contradict each other.
    """
    tangent = evaluate(low)
    if tangent is not None and _reaches(tangent, level):
        return low
    while tangent is None and high.at - low > SAME_VALUE:
        middle = evaluate((low + high.at) / 2)
        if middle is None:
            low = (low + high.at) / 2
        elif _reaches(middle, level):
            high = middle
        else:
            tangent = middle
    return high.at if tangent is None else _climb(evaluate, tangent, level)


def _climb(evaluate: Evaluate, tangent: Tangent, level: float) -> float:
    """The place where the function reaches a level that it reaches somewhere above a tangent."""
    for _ in range(MAX_TANGENTS):
        if _reaches(tangent, level):
            return tangent.at
        if tangent.slope <= 0:
            break
        tangent = _evaluate_inside(evaluate, tangent.at + (level - tangent.value) / tangent.slope)
    raise _contradiction(tangent.at, tangent.at)


def _reaches(tangent: Tangent, level: float) -> bool:
    return level - tangent.value <= SAME_VALUE * max(1.0, abs(level))


def _follow(evaluate: Evaluate, line: Tangent, far: Tangent) -> Piece:
    """The piece of a line whose slope is known to be right."""
    end = far
    for _ in range(MAX_TANGENTS):
        if line.touches(end):
            return Piece(line.slope, end.at, end.value)
        end = _evaluate_inside(evaluate, line.crossing(end))
    raise _contradiction(line.at, far.at)


def _nearest_defined(evaluate: Evaluate, start: Tangent, far: float) -> Tangent | None:
    """A tangent at the far place, or halfway to it again and again until there is one."""
    for _ in range(MAX_HALVINGS):
        tangent = evaluate(far)
        if tangent is not None:
            return tangent
        far = (start.at + far) / 2
        if abs(far - start.at) <= SAME_VALUE:
            break
    return None


def _evaluate_inside(evaluate: Evaluate, at: float) -> Tangent:
    tangent = evaluate(at)
    if tangent is None:
        raise FluxError(
            ErrorClass.NUMERICAL, f"a problem with an optimum on both sides of {at:g} has none there"
        )
    return tangent


def _without_inner_points(tangents: list[Tangent]) -> list[Tangent]:
    """Without the points on a straight line between their neighbours."""
    kept = tangents[:1]
    for tangent, following in pairwise(tangents[1:]):
        before = kept[-1]
        run, rise = following.at - before.at, following.value - before.value
        if run > 0 and not Tangent(before.at, before.value, rise / run).touches(tangent):
            kept.append(tangent)
    return [*kept, tangents[-1]]


def _contradiction(low: float, high: float) -> FluxError:
    return FluxError(ErrorClass.NUMERICAL, f"the dual values from {low:g} to {high:g} contradict each other")
