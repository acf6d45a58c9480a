"""The unit of a number: it stands at the end of its name, or in what is said about it."""

from __future__ import annotations

UNITS = {
    "_mmol_per_gdw_h": "mmol/gDW/h",
    "_per_h": "1/h",
    "_per_s": "1/s",
    "_ms": "ms",
    "_s": "s",
    "_bytes": "bytes",
    "_percent": "%",
    "_fraction": "1",
}
"""Ends of keys and the units that they say."""

SAID_UNITS = ("mmol/gDW/h", "1/h")
"""Units that a description may name for the numbers within a value."""


def unit_of(key: str) -> str:
    """The unit that a key's name ends with; fractions have the unit 1. Empty if it names none."""
    if "fraction_of_" in key:
        return "1"
    return next((unit for end, unit in UNITS.items() if key.endswith(end)), "")


def find_unit(key: str, description: str) -> str:
    """The unit of a key's name, or else the first that its description names; empty if none does."""
    return unit_of(key) or next((unit for unit in SAID_UNITS if unit in description), "")
