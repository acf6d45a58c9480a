"""Parts of what a notebook shows: static HTML, styled in place, readable on light and on dark ground.

No colour of text or ground is set but for the badge, which brings both. All text of users is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from fluxagents.prompts.human_text import visible

LINE = "1px solid rgba(128,128,128,.45)"
CELL = f"text-align:left;vertical-align:top;padding:.2em .8em .2em 0;border-bottom:{LINE}"
NUMBER = CELL.replace("text-align:left", "text-align:right") + ";font-variant-numeric:tabular-nums"
QUIET = "opacity:.75"

BADGES = {
    "finished": "#1a7f37",
    "running": "#0969da",
    "waiting": "#9a6700",
    "paused": "#9a6700",
    "failed": "#cf222e",
    "dead": "#cf222e",
    "cancelled": "#57606a",
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


def code(value: str) -> str:
    """Text in letters of one width."""
    return f'<code style="background:none;color:inherit">{text(value)}</code>'


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; numbers stand at the right, with four significant digits."""
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    head = "".join(f'<th style="{CELL};font-weight:600">{text(name)}</th>' for name in heads)
    style = "border-collapse:collapse;margin:.5em 0;font-size:.95em"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'


def _cell(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        shown = format(value, ".4g") if isinstance(value, float) else str(value)
        return f'<td style="{NUMBER}">{shown}</td>'
    return f'<td style="{CELL}">{text("" if value is None else str(value))}</td>'
