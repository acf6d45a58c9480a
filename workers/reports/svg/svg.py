"""Pictures as SVG: one file that stands alone, on light or dark paper, with a tooltip for every part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from fluxagents.flows.drawing.captions import heading
from fluxagents.flows.drawing.picture import Picture
from fluxagents.workers.reports.svg.boxes import draw_box
from fluxagents.workers.reports.svg.card import LINE_HEIGHT, SMALL_SIZE, Card, build_card, build_label
from fluxagents.workers.reports.svg.layout import Layout, Line, lay_out
from fluxagents.workers.reports.svg.legend import draw_legend, legend_size
from fluxagents.workers.reports.svg.letters import width, wrap
from fluxagents.workers.reports.svg.lines import draw_label, draw_line, style_of, title_of
from fluxagents.workers.reports.svg.markup import SVG, element, number
from fluxagents.workers.reports.svg.style import ROOT, stylesheet

MARGIN = 24.0
DOT = 12.0
"""Diameter of the point where a run begins."""
TITLE_SIZE = 18.0
MIN_WIDTH = 420.0
"""Room for the heading of a narrow flow."""


def svg(picture: Picture) -> str:
    """A picture as an SVG document; the same picture gives the same bytes."""
    cards = build_cards(picture)
    layout = build_layout(picture, cards)
    styles = [style_of(edge, walked=picture.is_walked) for edge in picture.edges]
    legend = legend_size(picture, set(styles)) if picture.run else (0.0, 0.0)
    inner = max(layout.width, legend[0], width(heading(picture)[0], TITLE_SIZE, bold=True), MIN_WIDTH)
    subtitle = [*heading(picture)[1:], *wrap(picture.purpose, SMALL_SIZE, inner, 3)]
    top = MARGIN + TITLE_SIZE + (LINE_HEIGHT + 2) * len(subtitle) + 18
    below = top + layout.height + (MARGIN + legend[1] if picture.run else 0.0)
    root = _root(picture, inner + 2 * MARGIN, below + MARGIN)
    _heading(root, picture, subtitle)
    drawn = element(
        root, "g", transform=f"translate({number(MARGIN + (inner - layout.width) / 2)} {number(top)})"
    )
    _lines(drawn, picture, layout, styles)
    for card, box in zip(cards, layout.boxes, strict=False):
        draw_box(drawn, card, box)
    if picture.run:
        draw_legend(root, picture, set(styles), MARGIN, top + layout.height + MARGIN + LINE_HEIGHT)
    return ET.tostring(root, encoding="unicode") + "\n"


def build_cards(picture: Picture) -> tuple[Card, ...]:
    """The box of each node, in their order."""
    ends = Counter([picture.start])
    for edge in picture.edges:
        ends.update((edge.source, edge.target))
    return tuple(build_card(node, ends[node.name]) for node in picture.nodes)


def build_layout(picture: Picture, cards: Sequence[Card]) -> Layout:
    """Boxes and lines in the order of nodes and edges, then the point where a run begins, and its line."""
    index = {node.name: number for number, node in enumerate(picture.nodes)}
    lines = [Line(index[edge.source], index[edge.target], build_label(edge).size) for edge in picture.edges]
    sizes = [*(card.size for card in cards), (DOT, DOT)]
    return lay_out(sizes, [*lines, Line(len(cards), index[picture.start])])


def _root(picture: Picture, wide: float, high: float) -> ET.Element:
    root = element(
        None,
        "svg",
        xmlns=SVG,
        class_=ROOT,
        width=wide,
        height=high,
        viewBox=f"0 0 {number(wide)} {number(high)}",
        role="graphics-document",
        aria_roledescription="flowchart",
        aria_label=", ".join(heading(picture)),
    )
    element(root, "style", stylesheet())
    element(root, "rect", class_="paper", width=wide, height=high)
    return root


def _heading(root: ET.Element, picture: Picture, subtitle: Sequence[str]) -> None:
    y = MARGIN + TITLE_SIZE - 4
    element(root, "text", heading(picture)[0], class_="title", x=MARGIN, y=y)
    for line in subtitle:
        y += LINE_HEIGHT + 2
        element(root, "text", line, class_="small", x=MARGIN, y=y)


def _lines(parent: ET.Element, picture: Picture, layout: Layout, styles: Sequence[str]) -> None:
    point = layout.boxes[-1]
    style = "walk" if picture.is_walked else ""
    element(
        parent, "circle", class_=f"head {style}".rstrip(), cx=point.centre[0], cy=point.centre[1], r=DOT / 2
    )
    draw_line(parent, layout.routes[-1], style)
    drawn = list(zip(picture.edges, layout.routes, styles, strict=False))
    # Edges that the run took lie above the others.
    drawn.sort(key=lambda line: line[2] in {"walk", "jump"})
    groups = []
    for edge, route, style in drawn:
        group = element(parent, "g", data_from=edge.source, data_to=edge.target, data_taken=edge.taken)
        element(group, "title", title_of(edge))
        draw_line(group, route, style)
        groups.append(group)
    for group, (edge, route, style) in zip(groups, drawn, strict=True):
        draw_label(group, route, build_label(edge), style)
