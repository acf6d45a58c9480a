"""Numbers and lists of findings as text: with their unit, and with a word when a list is cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxagents.workers.chat_models.planner.situation import Entry

FLUX = "mmol/gDW/h"

_DIGITS = 6


def number(value: float) -> str:
    """A number with six significant digits; zero has no sign."""
    return f"{value + 0.0:.{_DIGITS}g}"


def limit(value: float | None) -> str:
    """A bound, which may be absent."""
    return "no limit" if value is None else number(value)


def names(shown: Entry) -> str:
    """The ids of a list, and how many there are if not all are shown."""
    return f"{', '.join(shown['ids'])}{cut(shown)}"


def counted(shown: Entry, what: str) -> str:
    """A list in a sentence: `8 of 95 reactions are blocked: A, B`."""
    return f"{shown['count']} {what}{': ' + names(shown) if shown['count'] else ''}."


def fluxes(shown: Entry) -> str:
    """Fluxes by name, with their unit."""
    pairs = ", ".join(f"{name} {number(value)}" for name, value in shown["values"].items())
    return f"{pairs} {FLUX}{cut(shown)}"


def cut(shown: Entry) -> str:
    """Says that a list is longer than what is shown of it."""
    count, most = shown.get("count", 0), shown.get("shown", 0)
    return f" ({most} of {count} shown)" if most < count else ""


def uptakes(shown: Entry) -> str:
    """Changed uptakes as a condition."""
    limits = shown.get("values", {})
    closed = [exchange for exchange, most in limits.items() if most == 0]
    opened = [f"{exchange} at most {number(most)} {FLUX}" for exchange, most in limits.items() if most]
    parts = [f"uptake through {', '.join(opened)}"] if opened else []
    parts += [f"no uptake through {', '.join(closed)}"] if closed else []
    return f"{' and '.join(parts)}{cut(shown)}"


def plain(value: Any) -> str:
    """Any value of a finding; the name that goes with it carries its unit."""
    if isinstance(value, bool) or not isinstance(value, int | float | Mapping | list):
        return str(value)
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    if "ids" in value and "count" in value:
        return f"{value['count']} ({names(value)})"
    entries = value.get("values", value)
    return ", ".join(f"{name} {plain(item)}" for name, item in entries.items()) + cut(value)
