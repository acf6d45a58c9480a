"""How each kind of node is drawn: one row per kind, and nothing else to add for a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fluxagents.flows.drawing.durations import format_duration

MISSING = "missing"
"""The kind of a node that an edge leads to and the flow does not have."""

Outline = Literal["round", "cut", "pill", "bars", "stack"]
"""Rounded corners, cut corners, half circles at the sides, bars inside the sides, a second box behind."""


@dataclass(frozen=True)
class NodeStyle:
    """What tells a kind from others, without colour."""

    mermaid: tuple[str, str]
    """The brackets of its shape in Mermaid."""
    icon: str
    """The path of its icon, on a field of 24 by 24."""
    hue: str
    """A colour that reads on light and on dark paper."""
    outline: Outline = "round"
    """The outline of its box in SVG."""
    caption: tuple[str, ...] = ()
    """The fields that its second line shows, those of them that are set."""


_PLAIN = NodeStyle(("[", "]"), "M5 12h14", "#64748b")

KINDS: Mapping[str, NodeStyle] = {
    "tool": NodeStyle(
        ("[", "]"),
        "M10 3v6l-5 9a2 2 0 0 0 2 3h10a2 2 0 0 0 2-3l-5-9V3M8.5 3h7M7.5 15h9",
        "#2f7de1",
        caption=("tool",),
    ),
    "decide": NodeStyle(
        ("[[", "]]"),
        "M4 5h16v11h-9l-4 4v-4H4zM9 10.5h.01M12 10.5h.01M15 10.5h.01",
        "#8b5cf6",
        caption=("tools", "max_steps"),
    ),
    "branch": NodeStyle(
        ("{{", "}}"),
        "M12 3v6M12 9c0 5-6 4-6 9M12 9c0 5 6 4 6 9M3 15.5l3 3 3-3M15 15.5l3 3 3-3",
        "#c77700",
        outline="cut",
    ),
    "approve": NodeStyle(
        ("[/", "/]"),
        "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM8.5 12l2.5 2.5 4.5-5",
        "#0f9d76",
        caption=("question", "timeout_s"),
    ),
    "ask": NodeStyle(
        ("[\\", "\\]"),
        "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
        "#0f9d76",
        caption=("question", "timeout_s"),
    ),
    "consult": NodeStyle(
        ("[\\", "\\]"),
        "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM16 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"
        "M2.5 19a5.5 5.5 0 0 1 11 0M14 14a5.5 5.5 0 0 1 7.5 5",
        "#0f9d76",
        caption=("question", "wanted", "timeout_s"),
    ),
    "wait": NodeStyle(
        ("([", "])"),
        "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.5 2",
        "#64748b",
        outline="pill",
        caption=("event", "for_s", "until"),
    ),
    "map": NodeStyle(
        ("[(", ")]"),
        "M8 8h12v12H8zM4 16V4h12M12 14h4M14 12v4",
        "#0891b2",
        outline="stack",
        caption=("over", "tool", "flow", "width"),
    ),
    "subflow": NodeStyle(
        ("[[", "]]"),
        "M4 4h9v7H4zM11 13h9v7h-9zM8.5 11v5.5H11",
        "#4f6bed",
        outline="bars",
        caption=("flow",),
    ),
    "end": NodeStyle(
        ("([", "])"),
        "M6 21V4M6 4h12l-3 4 3 4H6",
        "#78859a",
        outline="pill",
        caption=("outcome",),
    ),
    MISSING: NodeStyle(("(((", ")))"), "M6 6l12 12M18 6L6 18", "#d92d20"),
}


def find_style(kind: str) -> NodeStyle:
    """The style of a kind; a plain box for one that the table does not have."""
    return KINDS.get(kind, _PLAIN)


def caption_of(kind: str, fields: Mapping[str, Any]) -> str:
    """A node's second line: texts as they are, numbers with their name and unit, lists by their length."""
    if kind == MISSING:
        return "no such node"
    shown = ((name, fields.get(name)) for name in find_style(kind).caption)
    return " · ".join(_format_field(name, value) for name, value in shown if value)


def _format_field(name: str, value: Any) -> str:
    words = name.replace("timeout_s", "within_s").replace("_", " ")
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | dict):
        return f"{len(value)} {words}"
    if isinstance(value, int | float) and name.endswith("_s"):
        return f"{words[:-2]} {format_duration(round(value * 1_000))}"
    return f"at most {value} {words[4:]}" if name.startswith("max_") else f"{words} {value}"
