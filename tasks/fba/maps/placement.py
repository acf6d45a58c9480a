"""Reactions and metabolites at their places: the curves of a map, from where its main metabolites stand.

Lengths are in units of the map: about what a line of text takes; y grows downwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Side = Literal["left", "right"]

_SPINE = 0.25
"""From the middle of a reaction to where its substrates meet, and to where its products part."""

_SIDE_REACH = 0.72
"""How far across the way a side metabolite stands."""

_SIDE_STEP = 0.5
"""Between two side metabolites, along the way."""

_LABEL_GAP = 0.3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a metabolite stands; the same one may stand at several places."""

    metabolite: str
    point: Point
    is_main: bool
    label_at: Point


@dataclass(frozen=True, slots=True)
class Curve:
    """A cubic Bézier curve of a reaction.

    Attributes:
        start: Of the curve.
        first: Its first control point.
        second: Its second control point.
        end: Of the curve.
        place: Index of the place where it begins (substrates) or ends (products); None between these.
        coefficient: Stoichiometric coefficient of that metabolite; negative for a substrate, 0 for none.
    """

    start: Point
    first: Point
    second: Point
    end: Point
    place: int | None = None
    coefficient: float = 0.0


@dataclass(frozen=True, slots=True)
class PlacedReaction:
    """A reaction on a map: substrates come to `gate_in`, products leave from `gate_out`."""

    reaction: str
    middle: Point
    gate_in: Point
    gate_out: Point
    label_at: Point
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class FluxMap:
    """A map: its places, and the reactions between them."""

    name: str
    places: tuple[Place, ...]
    reactions: tuple[PlacedReaction, ...]

    @property
    def bounds(self) -> tuple[Point, Point]:
        """The left upper and the right lower corner of everything but texts."""
        points = [place.point for place in self.places]
        points += [
            point
            for reaction in self.reactions
            for curve in reaction.curves
            for point in (curve.start, curve.first, curve.second, curve.end)
        ]
        across, along = zip(*points, strict=True)
        return (min(across), min(along)), (max(across), max(along))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a reaction runs, before it is drawn.

    Attributes:
        reaction: Its id.
        sources: Indices of the places of its main substrates; empty if it has none.
        targets: Likewise of its main products.
        stoichiometry: Metabolite -> coefficient, of all of them.
        at: Its middle; between sources and targets if None.
        along: Direction in the middle; from sources to targets if None.
        bend: How far to the right of the way the middle lies.
        side: Where the other metabolites stand.
    """

    reaction: str
    sources: tuple[int, ...]
    targets: tuple[int, ...]
    stoichiometry: Mapping[str, float]
    at: Point | None = None
    along: Point | None = None
    bend: float = 0.0
    side: Side = "right"


class Drawing:
    """A map in the making: places first, then the ways between them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._places: list[Place] = []
        self._reactions: list[PlacedReaction] = []

    def place(self, metabolite: str, at: Point, *, label: Side = "right") -> int:
        """Put a main metabolite at a place, with its name at one side; returns its index."""
        away = _LABEL_GAP if label == "right" else -_LABEL_GAP
        self._places.append(Place(metabolite, at, is_main=True, label_at=(at[0] + away, at[1] - _LABEL_GAP)))
        return len(self._places) - 1

    def draw(self, way: Way) -> PlacedReaction:
        """Draw a reaction between its places, its other metabolites beside it."""
        sources = [self._places[index].point for index in way.sources]
        targets = [self._places[index].point for index in way.targets]
        along = _direction(way, sources, targets)
        right = (-along[1], along[0])
        middle = _shift(way.at or _between(sources, targets), right, way.bend)
        gate_in, gate_out = _shift(middle, along, -_SPINE), _shift(middle, along, _SPINE)
        curves = [_straight(gate_in, middle), _straight(middle, gate_out)]
        for index in way.sources:
            place = self._places[index]
            coefficient = way.stoichiometry[place.metabolite]
            curves.append(_meet(place.point, gate_in, along, index, coefficient))
        for index in way.targets:
            place = self._places[index]
            coefficient = way.stoichiometry[place.metabolite]
            curves.append(_part(gate_out, place.point, along, index, coefficient))
        across = right if way.side == "right" else (-right[0], -right[1])
        main = {self._places[index].metabolite for index in (*way.sources, *way.targets)}
        others = [(name, amount) for name, amount in way.stoichiometry.items() if name not in main]
        for is_product in (False, True):
            gate, forward = (gate_out, along) if is_product else (gate_in, (-along[0], -along[1]))
            chosen = [(name, amount) for name, amount in others if (amount > 0) is is_product]
            for rank, (name, amount) in enumerate(chosen):
                at = _stand_beside(gate, forward, across, rank)
                index = self._add_beside(name, at, across)
                curve = (
                    _part(gate, at, along, index, amount)
                    if is_product
                    else _meet(at, gate, along, index, amount)
                )
                curves.append(curve)
        label = _shift(middle, (-across[0], -across[1]), _LABEL_GAP)
        drawn = PlacedReaction(way.reaction, middle, gate_in, gate_out, label, tuple(curves))
        self._reactions.append(drawn)
        return drawn

    def draw_exchange(
        self, reaction: str, place: int, middle: Point, along: Point, coefficient: float
    ) -> None:
        """Draw what leads from a place out of the map, or into it.

        Args:
            reaction: Its id.
            place: Of its metabolite.
            middle: Of the reaction.
            along: From the place outwards.
            coefficient: Of the metabolite; negative if the reaction is written as leaving.
        """
        near, far = _shift(middle, along, -_SPINE), _shift(middle, along, _SPINE)
        at = self._places[place].point
        if coefficient < 0:
            curves = (
                _meet(at, near, along, place, coefficient),
                _straight(near, middle),
                _straight(middle, far),
            )
            gates = near, far
        else:
            inwards = (-along[0], -along[1])
            curves = (
                _straight(far, middle),
                _straight(middle, near),
                _part(near, at, inwards, place, coefficient),
            )
            gates = far, near
        label = _shift(far, along, _LABEL_GAP)
        self._reactions.append(PlacedReaction(reaction, middle, *gates, label, curves))

    def finish(self) -> FluxMap:
        """The map."""
        return FluxMap(self._name, tuple(self._places), tuple(self._reactions))

    def _add_beside(self, metabolite: str, at: Point, across: Point) -> int:
        label = _shift(at, across, _LABEL_GAP)
        self._places.append(Place(metabolite, at, is_main=False, label_at=label))
        return len(self._places) - 1


def _stand_beside(gate: Point, forward: Point, across: Point, rank: int) -> Point:
    """Where the side metabolite of that rank stands: further from the middle, on one side of the way."""
    ahead = _SPINE + _SIDE_STEP * rank
    return _shift(_shift(gate, forward, ahead), across, _SIDE_REACH)


def _direction(way: Way, sources: Sequence[Point], targets: Sequence[Point]) -> Point:
    if way.along is not None:
        return _unit(way.along)
    start = _mean(sources) if sources else way.at
    end = _mean(targets) if targets else way.at
    assert start is not None
    assert end is not None
    return _unit((end[0] - start[0], end[1] - start[1]))


def _between(sources: Sequence[Point], targets: Sequence[Point]) -> Point:
    return _mean([_mean(sources), _mean(targets)])


def _meet(start: Point, gate: Point, along: Point, place: int, coefficient: float) -> Curve:
    """From a substrate to where substrates meet, arriving along the way."""
    reach = _distance(start, gate) / 2
    before = _shift(gate, along, -reach)
    return Curve(start, _lean(start, before), before, gate, place, coefficient)


def _part(gate: Point, end: Point, along: Point, place: int, coefficient: float) -> Curve:
    """From where products part to a product, leaving along the way."""
    reach = _distance(gate, end) / 2
    after = _shift(gate, along, reach)
    return Curve(gate, after, _lean(end, after), end, place, coefficient)


def _lean(start: Point, towards: Point) -> Point:
    return start[0] + (towards[0] - start[0]) / 3, start[1] + (towards[1] - start[1]) / 3


def _straight(start: Point, end: Point) -> Curve:
    return Curve(start, _lean(start, end), _lean(end, start), end)


def _mean(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _shift(point: Point, direction: Point, length: float) -> Point:
    return point[0] + direction[0] * length, point[1] + direction[1] * length


def _unit(vector: Point) -> Point:
    length = math.hypot(*vector) or 1.0
    return vector[0] / length, vector[1] / length


def _distance(first: Point, second: Point) -> float:
    return math.hypot(first[0] - second[0], first[1] - second[1])
