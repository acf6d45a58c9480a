"""A layered layout of boxes and lines from top to bottom, by graphlay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import graphlay

PORT_GAP = 16.0
"""Between two lines that enter or leave a box at one side."""

UPWARD_WEIGHT = 0.5
"""The weight of a straight line upwards; that of a line downwards is 1."""

OPTIONS: Mapping[str, Any] = {
    "direction": "topbottom",
    "spacing": {
        "layer_gap": 30.0,
        "node_gap": 30.0,
        "dummy_gap": 30.0,
        "port_gap": PORT_GAP,
        "stub": 14.0,
    },
}

Point = tuple[float, float]
Size = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle by its left upper corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Line:
    """From one box to another, through its label if it has one."""

    source: int
    target: int
    label: Size | None = None


@dataclass(frozen=True)
class Route:
    """The corners of a line, from border to border, and the place of its label."""

    points: tuple[Point, ...]
    label: Box | None = None


@dataclass(frozen=True)
class Layout:
    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


def lay_out(sizes: Sequence[Size], lines: Sequence[Line]) -> Layout:
    """Place boxes of these sizes and the lines between them; the left upper corner of all is the origin.

    A label is laid out like a box that its line runs through, so that it covers no box and no other line.
    A line that closes a cycle runs upwards.
    """
    graph = graphlay.Graph()
    for width, height in sizes:
        graph.node(width=width, height=height)
    upwards = find_closing(lines)
    through: list[tuple[int, ...]] = []
    for line, up in zip(lines, upwards, strict=True):
        stops = [line.target, line.source] if up else [line.source, line.target]
        if line.label:
            stops.insert(1, graph.node(width=line.label[0], height=line.label[1]))
        weight = UPWARD_WEIGHT if up and line.source != line.target else 1.0
        through.append(tuple(graph.edge(*leg, weight=weight) for leg in pairwise(stops)))
    result = graphlay.layout(graph, options=OPTIONS)
    left, top = result.bounds["min"]["x"], result.bounds["min"]["y"]
    boxes = [_box(node, left, top) for node in result.nodes]
    legs = [_points(edge, left, top) for edge in result.edges]
    labels = iter(boxes[len(sizes) :])
    return Layout(
        boxes=tuple(boxes[: len(sizes)]),
        routes=tuple(
            Route(
                points=_join([legs[leg] for leg in which], up=up),
                label=next(labels) if line.label else None,
            )
            for line, which, up in zip(lines, through, upwards, strict=True)
        ),
        width=result.bounds["max"]["x"] - left,
        height=result.bounds["max"]["y"] - top,
    )


def _box(node: Mapping[str, Any], left: float, top: float) -> Box:
    width, height = node["size"]["width"], node["size"]["height"]
    return Box(node["center"]["x"] - width / 2 - left, node["center"]["y"] - height / 2 - top, width, height)


def find_closing(lines: Sequence[Line]) -> tuple[bool, ...]:
    """Which lines lead back to a box that they are reached from, walking from where nothing leads to."""
    out: dict[int, list[int]] = {}
    for number, line in enumerate(lines):
        out.setdefault(line.source, []).append(number)
    led_to = {line.target for line in lines}
    back = set[int]()
    ahead: dict[int, Iterator[int]] = {}
    for root in sorted(out, key=led_to.__contains__):
        trail = [] if root in ahead else [root]
        while trail:
            for number in ahead.setdefault(trail[-1], iter(out.get(trail[-1], ()))):
                if lines[number].target in trail:
                    back.add(number)
                elif lines[number].target not in ahead:
                    trail.append(lines[number].target)
                    break
            else:
                trail.pop()
    return tuple(number in back for number in range(len(lines)))


def _join(legs: Sequence[tuple[Point, ...]], *, up: bool) -> tuple[Point, ...]:
    points = tuple(point for leg in legs for point in leg)
    return points[::-1] if up else points


def _points(edge: Mapping[str, Any], left: float, top: float) -> tuple[Point, ...]:
    return tuple((point["x"] - left, point["y"] - top) for point in edge["points"])
