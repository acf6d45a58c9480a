"""The colours and the sign of a node by its status in a run; the node shows the word too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fluxagents.flows.drawing.picture import NodeStatus


@dataclass(frozen=True)
class Tint:
    """Colours on light paper."""

    fill: str
    border: str
    text: str
    icon: str
    """A path on a field of 24 by 24."""
    width: int = 1
    """Of the border: wide where the run stands."""
    dashed: bool = False


TINTS: Mapping[NodeStatus, Tint] = {
    "not reached": Tint("#f8fafc", "#94a3b8", "#5b6472", "M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12z", dashed=True),
    "visited": Tint("#eaf6ee", "#1a7f37", "#14401f", "M5 13l4.5 4.5L19 7"),
    "current": Tint("#ddebff", "#1f6feb", "#0b2a5b", "M8 5l11 7-11 7z", width=3),
    "waiting": Tint(
        "#fff4d6",
        "#b26a00",
        "#4d2e00",
        "M7 3h10M7 21h10M8 3c0 5 8 6 8 9s-8 4-8 9M16 3c0 5-8 6-8 9s8 4 8 9",
        width=3,
    ),
    "paused": Tint("#fff4d6", "#b26a00", "#4d2e00", "M8.5 5v14M15.5 5v14", width=3, dashed=True),
    "finished": Tint("#c9ecd3", "#1a7f37", "#14401f", "M2 13l4.5 4.5L14 8M11 17l.5.5L21 7", width=3),
    "failed": Tint("#ffe1de", "#cf222e", "#5c0a12", "M6 6l12 12M18 6L6 18", width=3),
    "cancelled": Tint(
        "#eceff3",
        "#57606a",
        "#24292f",
        "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM6.5 17.5l11-11",
        width=3,
        dashed=True,
    ),
}
