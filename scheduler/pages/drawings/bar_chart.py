"""Numbers as lengths: a bar for each row, in segments where it has parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WIDTH = 100.0
"""Of the longest bar."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar."""

    name: str
    value: float
    x: float
    """Where it begins, in the unit of `WIDTH`."""
    width: float


def build_bars(rows: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[Segment, ...]]:
    """The bars of rows, all on one scale; parts that are nothing are left out.

    Args:
        rows: Name -> part -> value, none below zero.
    """
    longest = max((sum(parts.values()) for parts in rows.values()), default=0)
    return {name: tuple(_lay_out(parts, WIDTH / longest if longest else 0.0)) for name, parts in rows.items()}


def _lay_out(parts: Mapping[str, float], scale: float) -> list[Segment]:
    segments: list[Segment] = []
    for name, value in parts.items():
        if value:
            x = segments[-1].x + segments[-1].width if segments else 0.0
            segments.append(Segment(name, value, round(x, 3), round(value * scale, 3)))
    return segments
