"""The texts of a node's box, and the size that they need."""

from __future__ import annotations

from dataclasses import dataclass

from fluxagents.flows.drawing.captions import describe_mark, format_moves, format_reason
from fluxagents.flows.drawing.node_styles import find_style
from fluxagents.flows.drawing.picture import PictureEdge, PictureNode
from fluxagents.workers.reports.svg.layout import PORT_GAP, Size
from fluxagents.workers.reports.svg.letters import cut, width, wrap

NAME_SIZE, SMALL_SIZE, LABEL_SIZE = 14.0, 12.0, 11.5
LINE_HEIGHT = 16.0
PAD = 12.0
ICON = 26.0
"""Side of the field that holds the icon of the kind."""
SIGN = 13.0
"""Side of the field that holds the sign of what a run did."""
GAP = 9.0
MIN_WIDTH, MAX_TEXT = 150.0, 230.0
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


def build_card(node: PictureNode, lines: int) -> Card:
    """The box of a node.

    Args:
        node: What it is of.
        lines: How many lines enter or leave it.
    """
    name = cut(node.name, NAME_SIZE, MAX_TEXT, bold=True)
    caption = wrap(node.caption or node.kind, SMALL_SIZE, MAX_TEXT, 2)
    says = describe_mark(node.mark) if node.mark else ""
    widest = max(
        width(name, NAME_SIZE, bold=True),
        *(width(line, SMALL_SIZE) for line in caption),
        width(says, SMALL_SIZE) + SIGN + 5 if says else 0.0,
    )
    side = GAP if find_style(node.kind).outline in {"pill", "bars", "cut"} else 0.0
    text_lines = 1 + len(caption) + bool(says)
    return Card(
        node=node,
        name=name,
        caption=caption,
        says=says,
        side=side,
        width=max(MIN_WIDTH, 2 * PAD + 2 * side + ICON + GAP + widest, lines * PORT_GAP + 2 * CORNER),
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


def build_label(edge: PictureEdge) -> Label:
    """The label of an edge."""
    return Label(wrap(format_reason(edge), LABEL_SIZE, LABEL_TEXT, 3), format_moves(edge))
