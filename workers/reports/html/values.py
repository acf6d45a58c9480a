"""Values of results in few words: numbers with four digits, the beginning of what is long."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

MAX_TEXT = 160
"""Characters of a value."""


def format_value(value: JsonValue) -> float | str:
    """A number as it is; anything else as text of a bounded length."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    words = _describe(value)
    return words if len(words) <= MAX_TEXT else f"{words[:MAX_TEXT].rstrip()} …"


def _describe(value: JsonValue) -> str:
    if isinstance(value, Mapping):
        if value.keys() == {"count", "shown", "values"}:
            return f"{value['count']}: {_describe(value['values'])}" if value["count"] else "none"
        return ", ".join(f"{key} {_describe(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_describe, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
