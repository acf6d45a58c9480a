"""Spans of time in words."""

from __future__ import annotations

from datetime import timedelta

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", MINUTE), ("s", SECOND))


def format_duration(ms: int) -> str:
    """Write a time span in words, in two units at most: `7.4 s`, `2 min 3 s`, `1 h 5 min`."""
    span = timedelta(milliseconds=ms)
    if span < SECOND:
        return f"{ms} ms"
    if span < MINUTE - SECOND / 20:
        return f"{span / SECOND:.1f} s"
    span = timedelta(seconds=round(span / SECOND))
    index = next(index for index, (_, unit) in enumerate(UNITS) if span >= unit)
    (name, unit), (smaller_name, smaller) = UNITS[index], UNITS[index + 1]
    count, rest = divmod(span, unit)
    return f"{count} {name}" + (f" {rest // smaller} {smaller_name}" if rest >= smaller else "")
