"""Divides a prompt into named sections, so that a reader can tell its text from what it quotes.

A section stands between `<name>` and `</name>`, each alone on a line. Whatever a template fills in is
escaped: no question, note or id can close a section or open another one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from pydantic import JsonValue

_SECTION = re.compile(r"^<([a-z_]+)>\n(.*?)\n?^</\1>$", re.MULTILINE | re.DOTALL)


def escape(text: str) -> str:
    """The text without `<` and with every `&` marked, so that `unescape` gives it back exactly."""
    valid = text.encode("utf-8", "backslashreplace").decode()
    return valid.replace("&", "&amp;").replace("<", "&lt;")


def unescape(text: str) -> str:
    """The text as it was before `escape`."""
    return text.replace("&lt;", "<").replace("&amp;", "&")


def compact(value: JsonValue) -> str:
    """A value as JSON without blanks; raises ValueError for NaN and infinity."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def render_value(value: JsonValue) -> str:
    """The text of a value that a template fills in: escaped text, or JSON."""
    return escape(value if isinstance(value, str) else compact(value))


def json_lines(values: Iterable[JsonValue]) -> str:
    """Each value as JSON on a line of its own."""
    return "\n".join(compact(value) for value in values)


def quote(text: str) -> str:
    """The text with a mark before each of its lines, so that no line looks like one around it."""
    return "\n".join(f"> {line}" for line in text.splitlines() or [""])


def join_lines(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def split_sections(text: str) -> dict[str, str]:
    """The outermost sections, name -> content with its inner sections, still escaped."""
    return {match[1]: match[2] for match in _SECTION.finditer(text)}


def sections(text: str) -> dict[str, str]:
    """The outermost sections, name -> content as it was filled in."""
    return {name: unescape(content) for name, content in split_sections(text).items()}


def read_lines(content: str) -> list[JsonValue]:
    """The values of a section that was written with `json_lines`.

    Raises:
        ValueError: If a line is no JSON.
    """
    return [json.loads(line) for line in content.split("\n") if line.strip()]
