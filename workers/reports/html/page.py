"""A report as one HTML file, which needs nothing else to be read."""

from __future__ import annotations

from collections.abc import Iterable

from fluxagents.workers.reports.html.elements import text

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 58em; margin: 2em auto; padding: 0 1em; color: #222 }
h1 { margin: 0 } h2 { font-size: 1.05em; margin: 1.4em 0 .3em } svg { max-width: 100%; height: auto }
@page { size: A4; margin: 15mm }
"""


def write_page(title: str, parts: Iterable[str]) -> bytes:
    """A file with its styles, from parts that are HTML already."""
    head = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{text(title)}</title><style>{_STYLE}</style></head><body><main>\n"
    )
    return (head + "\n".join(parts) + "\n</main></body></html>\n").encode()


def draw_heading(words: str) -> str:
    """The head of a section."""
    return f"<h2>{text(words)}</h2>"
