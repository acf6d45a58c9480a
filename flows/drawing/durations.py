"""Spans of time in words."""

from __future__ import annotations

from datetime import timedelta

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", MINUTE), ("s", SECOND))


def duration(ms: int) -> str:
    """A time span as people say it, in two units at most: `7.4 s`, `2 min 3 s`, `1 h 5 min`."""
    span = timedelta(milliseconds=ms)
    if span < SECOND:
        return f"{ms} ms"
    if span < MINUTE - SECOND / 20:
        return f"{span / SECOND:.1f} s"
    span = timedelta(seconds=round(span / SECOND))
    place = next(number for number, (_, unit) in enumerate(UNITS) if span >= unit)
    (name, unit), (smaller_name, smaller) = UNITS[place], UNITS[place + 1]
    many, rest = divmod(span, unit)
    return f"{many} {name}" + (f" {rest // smaller} {smaller_name}" if rest >= smaller else "")
