"""A node's box: what it says, and how large it is for that."""

from __future__ import annotations

from dataclasses import dataclass

from fluxagents.flows.drawing.captions import mark_line, moves_of, reason_of
from fluxagents.flows.drawing.node_looks import look_of
from fluxagents.flows.drawing.picture import PictureEdge, PictureNode
from fluxagents.workers.reports.svg.layout import PORT_GAP, Size
from fluxagents.workers.reports.svg.letters import cut, width, wrapped

NAME_SIZE, SMALL_SIZE, LABEL_SIZE = 14.0, 12.0, 11.5
LINE_HEIGHT = 16.0
PAD = 12.0
ICON = 26.0
"""Side of the field that holds the icon of the kind."""
SIGN = 13.0
"""Side of the field that holds the sign of what a run did."""
GAP = 9.0
LEAST_WIDTH, MOST_TEXT = 150.0, 230.0
LABEL_TEXT = 190.0
LABEL_STEP = 14.0
"""From line to line of a label."""
CUT = 11.0
"""What a cut corner takes."""
CORNER = 16.0
"""Lines keep away from corners by this much."""


@dataclass(frozen=True)
class Card:
    """The texts of a box, broken and cut so that they fit, and its size."""

    node: PictureNode
    name: str
    caption: tuple[str, ...]
    says: str
    """What a run did; empty without one."""
    side: float
    """Room that the outline takes at the left and at the right."""
    width: float
    height: float

    @property
    def text_x(self) -> float:
        return PAD + self.side + ICON + GAP

    @property
    def size(self) -> Size:
        return self.width, self.height


def card_of(node: PictureNode, lines: int) -> Card:
    """The box of a node.

    Args:
        node: What it is of.
        lines: How many lines enter or leave it.
    """
    name = cut(node.name, NAME_SIZE, MOST_TEXT, bold=True)
    caption = wrapped(node.caption or node.kind, SMALL_SIZE, MOST_TEXT, 2)
    says = mark_line(node.mark) if node.mark else ""
    widest = max(
        width(name, NAME_SIZE, bold=True),
        *(width(line, SMALL_SIZE) for line in caption),
        width(says, SMALL_SIZE) + SIGN + 5 if says else 0.0,
    )
    side = GAP if look_of(node.kind).outline in {"pill", "bars", "cut"} else 0.0
    text_lines = 1 + len(caption) + bool(says)
    return Card(
        node=node,
        name=name,
        caption=caption,
        says=says,
        side=side,
        width=max(LEAST_WIDTH, 2 * PAD + 2 * side + ICON + GAP + widest, lines * PORT_GAP + 2 * CORNER),
        height=2 * PAD - 4 + text_lines * LINE_HEIGHT + 2,
    )


@dataclass(frozen=True)
class Label:
    """What stands on the line of an edge, in lines that fit."""

    reason: tuple[str, ...]
    moves: str

    @property
    def lines(self) -> tuple[str, ...]:
        return (*self.reason, *([self.moves] if self.moves else ()))

    @property
    def size(self) -> Size | None:
        """The room that it takes; none when it is empty."""
        if not self.lines:
            return None
        widest = max(
            width(self.moves, LABEL_SIZE, bold=True), *(width(line, LABEL_SIZE) for line in self.reason), 0
        )
        return widest + 10, len(self.lines) * LABEL_STEP + 4


def label_of(edge: PictureEdge) -> Label:
    """The label of an edge."""
    return Label(wrapped(reason_of(edge), LABEL_SIZE, LABEL_TEXT, 3), moves_of(edge))
