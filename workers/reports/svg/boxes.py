"""The boxes of nodes: an outline for the kind, its icon, the name, and what a run did."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from fluxagents.flows.drawing.captions import describe_node
from fluxagents.flows.drawing.node_styles import find_style
from fluxagents.flows.drawing.picture import NodeStatus
from fluxagents.flows.drawing.tints import TINTS
from fluxagents.workers.reports.svg.card import CUT, ICON, LINE_HEIGHT, PAD, SIGN, Card
from fluxagents.workers.reports.svg.layout import Box
from fluxagents.workers.reports.svg.markup import element, number
from fluxagents.workers.reports.svg.style import class_of

STACK = 4.0
"""How far a second box shows behind."""
FIELD = 24.0
"""Side of the field on which icons are drawn."""


def draw_box(parent: ET.Element, card: Card, box: Box) -> None:
    """The box of a node, a group with a tooltip."""
    mark = card.node.mark
    group = element(
        parent,
        "g",
        class_=class_of(mark.status) if mark else "node",
        transform=f"translate({number(box.x)} {number(box.y)})",
        role="graphics-symbol",
        data_node=card.node.name,
        data_kind=card.node.kind,
        **({"data_status": mark.status} if mark else {}),
    )
    element(group, "title", "\n".join(describe_node(card.node)))
    _outline(group, card)
    _icon(group, card)
    _texts(group, card)


def draw_sign(parent: ET.Element, status: NodeStatus, x: float, y: float) -> None:
    """The sign of what a run did at a node."""
    element(
        parent,
        "path",
        class_="sign",
        d=TINTS[status].icon,
        transform=f"translate({number(x)} {number(y)}) scale({SIGN / FIELD:.3f})",
    )


def _outline(group: ET.Element, card: Card) -> None:
    width, height = card.size
    kind = find_style(card.node.kind).outline
    if kind == "cut":
        corners = f"M{CUT} 0H{number(width - CUT)}L{number(width)} {CUT}V{number(height - CUT)}"
        rest = f"L{number(width - CUT)} {number(height)}H{CUT}L0 {number(height - CUT)}V{CUT}Z"
        element(group, "path", class_="box", d=corners + rest)
        return
    if kind == "stack":
        element(group, "rect", class_="box", x=STACK, y=STACK, width=width, height=height, rx=7.0)
    radius = height / 2 if kind == "pill" else 7.0
    element(group, "rect", class_="box", width=width, height=height, rx=min(radius, 22.0))
    if kind == "bars":
        for x in (6.0, width - 6.0):
            element(group, "path", class_="bar", d=f"M{number(x)} 0V{number(height)}")


def _icon(group: ET.Element, card: Card) -> None:
    style = find_style(card.node.kind)
    x, y = PAD + card.side, (card.height - ICON) / 2
    element(group, "rect", x=x, y=y, width=ICON, height=ICON, rx=6.0, fill=style.hue, fill_opacity=0.16)
    margin = 4.0
    scale = (ICON - 2 * margin) / FIELD
    element(
        group,
        "path",
        class_="icon",
        d=style.icon,
        stroke=style.hue,
        transform=f"translate({number(x + margin)} {number(y + margin)}) scale({scale:.3f})",
    )


def _texts(group: ET.Element, card: Card) -> None:
    x, y = card.text_x, PAD + 10.0
    element(group, "text", card.name, class_="name", x=x, y=y)
    for line in card.caption:
        y += LINE_HEIGHT
        element(group, "text", line, class_="small", x=x, y=y)
    mark = card.node.mark
    if mark:
        y += LINE_HEIGHT
        draw_sign(group, mark.status, x, y - SIGN + 2.5)
        element(group, "text", card.says, class_="small says", x=x + SIGN + 5, y=y)
