"""Displays of results: they cut what is shown, state each cut, and count the full data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

_LIMITS = (400, 250, 150, 100, 60, 40, 25, 15, 10, 6, 3, 1, 0)

_CUT = "..."

MAX_NAMED = 10
"""As many as somebody names or an answer lists: so many of a list are shown with name and value."""

DECIMALS = 6
"""Decimals of a flux in a display; the tables hold the full precision."""


def fit_display(build: Callable[[int], dict[str, JsonValue]], limit_bytes: int) -> dict[str, JsonValue]:
    """The largest display within the limit.

    Args:
        build: Makes the display with at most that many items in each of its lists.
        limit_bytes: Of the display as JSON.
    """
    for limit in _LIMITS:
        display = build(limit)
        if len(json.dumps(display, allow_nan=False).encode()) <= limit_bytes:
            return display
    raise AssertionError("a display without items fits")


def list_names(items: Sequence[str], limit: int) -> dict[str, JsonValue]:
    """Names: how many there are, how many are shown, and those."""
    return {"count": len(items), "shown": min(limit, len(items)), "ids": list(items[:limit])}


def list_values(values: Mapping[str, float | None], limit: int) -> dict[str, JsonValue]:
    """Numbers by name, in the order given: how many there are, how many are shown, and those."""
    shown = list(values.items())[:limit]
    return {
        "count": len(values),
        "shown": len(shown),
        "values": {name: round_for_display(value) for name, value in shown},
    }


def round_for_display(value: float | None) -> float | None:
    """A number as a display shows it: `DECIMALS` decimals, or as many digits if it is small."""
    if value is None:
        return None
    return round(value, DECIMALS) if abs(value) >= 1 else float(f"{value:.{DECIMALS}g}")


def cut_text(value: str, max_bytes: int = 120) -> str:
    """A name from a model's file, cut to a length that fits any display as JSON."""
    if len(json.dumps(value)) <= max_bytes:
        return value
    kept = value[:max_bytes]
    while len(json.dumps(kept)) > max_bytes - len(_CUT):
        kept = kept[:-1]
    return f"{kept}{_CUT}"
