"""Text from outside as it is shown: what is invisible or moves other characters stands as its code."""

from __future__ import annotations

import json
import re

MAX_QUOTED = 80
"""Characters of a refused text that its error repeats."""

_UNUSUAL = re.compile(r"[^\n\t -~]")


def visible(text: str, *, layout: str = "\n") -> str:
    """The text with the code of each character that is invisible or moves others.

    Names in models and words of users may hold control characters of terminals, or marks that turn the
    direction of the text around.

    Args:
        text: Any text.
        layout: Control characters that stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(char if char in layout or char.isprintable() else ascii(char)[1:-1] for char in text)


def quote(text: object) -> str:
    """A text as an error repeats it: in quotes, on one line, and not without end."""
    shown = text if isinstance(text, str) else repr(text)
    return f"'{visible(shown if len(shown) <= MAX_QUOTED else f'{shown[:MAX_QUOTED]}…', layout='')}'"


def escape_json(document: str) -> str:
    """A JSON document of the same meaning without such characters: each stands as JSON's escape for it."""
    return _UNUSUAL.sub(lambda found: _escape(found[0]), document)


def _escape(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1]
