"""The lines between boxes: round at the corners, with an arrowhead and a label that lies on them."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

from fluxagents.flows.drawing.captions import format_label
from fluxagents.flows.drawing.picture import PictureEdge
from fluxagents.workers.reports.svg.card import LABEL_STEP, Label
from fluxagents.workers.reports.svg.layout import Point, Route
from fluxagents.workers.reports.svg.markup import element, number

BEND = 8.0
"""Radius of a line's corners."""
HEAD = 9.0
"""Length of an arrowhead."""


def draw_line(parent: ET.Element, route: Route, style: str) -> None:
    """A line with its arrowhead, without its label."""
    last, tip = route.points[-2:]
    length = math.dist(last, tip)
    way = ((tip[0] - last[0]) / length, (tip[1] - last[1]) / length)
    # The line ends inside the arrowhead, so that it does not show beside the tip.
    neck = (tip[0] - way[0] * HEAD * 0.7, tip[1] - way[1] * HEAD * 0.7)
    element(parent, "path", class_=f"edge {style}".rstrip(), d=_round_corners([*route.points[:-1], neck]))
    back = (tip[0] - way[0] * HEAD, tip[1] - way[1] * HEAD)
    wings = [(back[0] + side * way[1] * HEAD / 2, back[1] - side * way[0] * HEAD / 2) for side in (1, -1)]
    head = "".join(f"{letter}{_at(point)}" for letter, point in zip("MLL", (tip, *wings), strict=True))
    element(parent, "path", class_=f"head {style}".rstrip(), d=f"{head}Z")


def draw_label(parent: ET.Element, route: Route, label: Label, style: str) -> None:
    """The label of a line, on a piece of paper that hides the line behind it."""
    if route.label is None:
        return
    box = route.label
    element(parent, "rect", class_="paper", x=box.x, y=box.y, width=box.width, height=box.height, rx=4.0)
    for row, line in enumerate(label.lines, start=1):
        line_style = "moves" if line is label.moves else style
        y = box.y + row * LABEL_STEP - 1
        kind = f"label {line_style}".rstrip()
        element(parent, "text", line, class_=kind, x=box.centre[0], y=y, text_anchor="middle")


def style_of(edge: PictureEdge, *, walked: bool) -> str:
    """How a line looks: `walk` for one that runs took, `faint` for one that they did not."""
    if not walked:
        return ""
    if not edge.declared:
        return "jump"
    return "walk" if edge.taken else "faint"


def title_of(edge: PictureEdge) -> str:
    label = format_label(edge)
    return f"{edge.source} → {edge.target}" + (f": {label}" if label else "")


def _round_corners(points: list[Point]) -> str:
    path = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        bend = min(BEND, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        path.append(
            f"L{_at(_towards(corner, before, bend))}Q{_at(corner)} {_at(_towards(corner, after, bend))}"
        )
    return "".join([*path, f"L{_at(points[-1])}"])


def _towards(start: Point, end: Point, by: float) -> Point:
    length = math.dist(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * by / length, start[1] + (end[1] - start[1]) * by / length


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"
