"""What signs and lines mean, under a run that is laid over a flow."""

from __future__ import annotations

from typing import get_args
from xml.etree import ElementTree as ET

from fluxagents.flows.drawing.picture import NodeStatus, Picture
from fluxagents.workers.reports.svg.boxes import draw_sign
from fluxagents.workers.reports.svg.card import LINE_HEIGHT, SIGN, SMALL_SIZE
from fluxagents.workers.reports.svg.layout import Route
from fluxagents.workers.reports.svg.letters import width
from fluxagents.workers.reports.svg.lines import draw_line
from fluxagents.workers.reports.svg.markup import element
from fluxagents.workers.reports.svg.style import class_of

SAMPLE = 34.0
"""Length of the piece of a line that is shown."""
SPACE = 22.0
"""Between two entries."""
ROW = 24.0

LINES = {
    "walk": "taken; [2, 5] are its moves, in order",
    "faint": "not taken",
    "jump": "a move without an edge of the flow",
}


def draw_legend(parent: ET.Element, picture: Picture, styles: set[str], x: float, y: float) -> None:
    """Two rows: what the run did at nodes, and which lines it took."""
    legend = element(parent, "g", class_="legend", role="group")
    marks = {node.mark.status for node in picture.nodes if node.mark}
    left = x
    for status in get_args(NodeStatus):
        if status in marks:
            left = _sign(legend, status, left, y)
    left, y = x, y + ROW
    for style, meaning in LINES.items():
        if style in styles:
            route = Route(((left, y - 4), (left + SAMPLE, y - 4)))
            draw_line(legend, route, style)
            element(legend, "text", meaning, class_="small", x=left + SAMPLE + 7, y=y)
            left += SAMPLE + 7 + width(meaning, SMALL_SIZE) + SPACE


def legend_size(picture: Picture, styles: set[str]) -> tuple[float, float]:
    """The room that the legend takes."""
    marks = {node.mark.status for node in picture.nodes if node.mark}
    signs = sum(SIGN + 14 + width(status, SMALL_SIZE) + SPACE for status in marks)
    lines = sum(SAMPLE + 7 + width(LINES[style], SMALL_SIZE) + SPACE for style in styles if style in LINES)
    return max(signs, lines) - SPACE, ROW + LINE_HEIGHT


def _sign(legend: ET.Element, status: NodeStatus, x: float, y: float) -> float:
    group = element(legend, "g", class_=class_of(status))
    element(group, "rect", class_="box", x=x, y=y - 14, width=SIGN + 7, height=SIGN + 6, rx=4.0)
    draw_sign(group, status, x + 3.5, y - 11)
    element(legend, "text", status, class_="small", x=x + SIGN + 14, y=y)
    return x + SIGN + 14 + width(status, SMALL_SIZE) + SPACE
