"""Numbers and lists of findings as text, with their units and a note if a list is cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxagents.workers.chat_models.planner.situation import Entry

FLUX = "mmol/gDW/h"

_DIGITS = 6


def format_number(value: float) -> str:
    """A number with six significant digits; zero has no sign."""
    return f"{value + 0.0:.{_DIGITS}g}"


def format_limit(value: float | None) -> str:
    """A bound, which may be absent."""
    return "no limit" if value is None else format_number(value)


def format_ids(listing: Entry) -> str:
    """The ids of a list, and their number if not all are shown."""
    return f"{', '.join(listing['ids'])}{describe_cut(listing)}"


def describe_list(listing: Entry, what: str) -> str:
    """A list in a sentence: `8 of 95 reactions are blocked: A, B`."""
    return f"{listing['count']} {what}{': ' + format_ids(listing) if listing['count'] else ''}."


def format_fluxes(listing: Entry) -> str:
    """Fluxes by name, with their unit."""
    pairs = ", ".join(f"{name} {format_number(value)}" for name, value in listing["values"].items())
    return f"{pairs} {FLUX}{describe_cut(listing)}"


def describe_cut(listing: Entry) -> str:
    """A note that a list is longer than what is shown of it; empty if all is shown."""
    count, limit = listing.get("count", 0), listing.get("shown", 0)
    return f" ({limit} of {count} shown)" if limit < count else ""


def describe_uptakes(listing: Entry) -> str:
    """Changed uptakes as a condition."""
    limits = listing.get("values", {})
    closed = [exchange for exchange, limit in limits.items() if limit == 0]
    opened = [
        f"{exchange} at most {format_number(limit)} {FLUX}" for exchange, limit in limits.items() if limit
    ]
    parts = [f"uptake through {', '.join(opened)}"] if opened else []
    parts += [f"no uptake through {', '.join(closed)}"] if closed else []
    return f"{' and '.join(parts)}{describe_cut(listing)}"


def format_value(value: Any) -> str:
    """Any value of a finding, whose name states the unit."""
    if isinstance(value, bool) or not isinstance(value, int | float | Mapping | list):
        return str(value)
    if isinstance(value, int | float):
        return format_number(value)
    if isinstance(value, list):
        return ", ".join(map(format_value, value))
    if "ids" in value and "count" in value:
        return f"{value['count']} ({format_ids(value)})"
    entries = value.get("values", value)
    return ", ".join(f"{name} {format_value(item)}" for name, item in entries.items()) + describe_cut(value)
