"""Parts of what a notebook shows: static HTML, styled in place, readable on light and on dark ground.

No colour of text or ground is set but for the badge, which brings both. All text of users is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from fluxagents.flows.texts.display import visible

LINE = "1px solid rgba(128,128,128,.45)"
CELL = f"vertical-align:top;padding:.2em .8em .2em 0;border-bottom:{LINE}"
NUMBERS = ";text-align:right;font-variant-numeric:tabular-nums"
WORDS = ";text-align:left"
SHORT = ";white-space:nowrap"
LONG = ";min-width:14em;overflow-wrap:anywhere"
SHORT_UP_TO = 34
"""Characters; so much is never broken into two lines."""
QUIET = "opacity:.75"

BADGES = {
    "finished": "#1a7f37",
    "running": "#0969da",
    "waiting": "#9a6700",
    "paused": "#9a6700",
    "failed": "#cf222e",
    "dead": "#cf222e",
    "cancelled": "#57606a",
    "unverified": "#9a6700",
    "answered: yes": "#1a7f37",
    "answered: partly": "#9a6700",
    "answered: no": "#cf222e",
}
"""Grounds on which white letters have a contrast of at least 4.5."""


def text(value: str) -> str:
    """Text as it is, line breaks kept, whatever it holds."""
    return escape(visible(value))


def badge(status: str) -> str:
    """A status in its colour."""
    ground = BADGES.get(status, "#57606a")
    return (
        f'<span style="background:{ground};color:#fff;border-radius:.8em;padding:.1em .7em;'
        f'font-size:.85em">{text(status)}</span>'
    )


def card(head: Iterable[str], body: Iterable[str]) -> str:
    """A frame around parts; the head is one line."""
    return (
        f'<div style="border:{LINE};border-radius:6px;padding:.7em 1em;max-width:60em;overflow-x:auto">'
        f'<div style="margin-bottom:.5em">{" ".join(head)}</div>{"".join(body)}</div>'
    )


def paragraph(html: str, *, quiet: bool = False) -> str:
    """A paragraph of parts that are HTML already."""
    return f'<div style="margin:.4em 0;white-space:pre-wrap{";" + QUIET if quiet else ""}">{html}</div>'


def strong(value: str) -> str:
    """Text that stands out."""
    return f"<strong>{text(value)}</strong>"


def fold(summary: str, parts: Iterable[str]) -> str:
    """Parts that are shown on a click; it needs no JavaScript."""
    head = f'<summary style="cursor:pointer;{QUIET}">{text(summary)}</summary>'
    return f"<details>{head}{''.join(parts)}</details>"


def code(value: str) -> str:
    """Text in letters of one width."""
    return f'<code style="background:none;color:inherit">{text(value)}</code>'


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; numbers have four significant digits, and stand at the right in a column of them."""
    cells = [list(row) for row in rows]
    columns = [WORDS if any(map(_is_word, column)) else NUMBERS for column in zip(*cells, strict=True)]
    columns = columns or [WORDS] * len(heads)
    lines = "".join(f"<tr>{''.join(map(_cell, row, columns))}</tr>" for row in cells)
    head = "".join(
        f'<th style="{CELL}{column};font-weight:600">{text(name)}</th>'
        for name, column in zip(heads, columns, strict=True)
    )
    style = "border-collapse:collapse;margin:.5em 0;font-size:.95em"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'


def _is_word(value: object) -> bool:
    return value is not None and (isinstance(value, bool) or not isinstance(value, int | float))


def _cell(value: object, column: str) -> str:
    words = format(value, ".4g") if isinstance(value, float) else "" if value is None else str(value)
    width = SHORT if len(words) <= SHORT_UP_TO else LONG
    return f'<td style="{CELL}{column}{width}">{text(words)}</td>'
