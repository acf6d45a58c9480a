"""What was counted and not stored yet: whole numbers by series."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

SEPARATOR = "|"
"""Between the name of a metric and the values of its labels, in the store."""

SUM = "sum"
"""In place of a bucket: what was observed, added up."""

MAX_VALUE = 80
"""Characters of a label's value."""


@dataclass(frozen=True, slots=True)
class TraceMark:
    """An observation of a histogram whose trace is known: Prometheus calls it an exemplar."""

    trace: str
    """32 hex digits."""
    ms: int
    at_ms: int
    """When it was recorded (Unix time in ms)."""


def write_trace_mark(mark: TraceMark) -> str:
    """A mark as the store keeps it."""
    return SEPARATOR.join((mark.trace, str(mark.ms), str(mark.at_ms)))


def read_trace_mark(text: str) -> TraceMark:
    """The mark that the store keeps."""
    trace, ms, at_ms = text.split(SEPARATOR)
    return TraceMark(trace, int(ms), int(at_ms))


class Countable(Protocol):
    """As much of a metric as counting needs: see `fluxagents.workers.observing.metrics.metric.Metric`."""

    @property
    def buckets(self) -> tuple[float, ...]: ...

    def series(self, *values: str) -> str: ...


class Amounts:
    """Counts of one step.

    Args:
        trace: The trace of its run, 32 hex digits; empty for none.
        at_ms: When it was recorded (Unix time in ms).
    """

    def __init__(self, trace: str = "", at_ms: int = 0) -> None:
        self._counts: Counter[str] = Counter()
        self._trace = trace
        self._at_ms = at_ms
        self._exemplars: dict[str, str] = {}

    def add(self, metric: Countable, *values: str, amount: int = 1) -> None:
        """Count something."""
        if amount:
            self._counts[metric.series(*map(_tidy, values))] += amount

    def observe(self, metric: Countable, *values: str, ms: int) -> None:
        """Count a duration in the bucket that it falls into; buckets are added up when they are shown."""
        series = metric.series(*map(_tidy, values))
        bucket = f"{series}{SEPARATOR}{bisect_left(metric.buckets, ms / 1_000)}"
        self._counts[bucket] += 1
        self._counts[f"{series}{SEPARATOR}{SUM}"] += ms
        if self._trace:
            self._exemplars[bucket] = write_trace_mark(TraceMark(self._trace, ms, self._at_ms))

    def merge(self, counts: Mapping[str, int]) -> None:
        """Count what was counted elsewhere."""
        self._counts.update(counts)

    def fields(self) -> dict[str, int]:
        """The counts by series."""
        return dict(self._counts)

    def exemplars(self) -> dict[str, str]:
        """By bucket that was counted in, its trace as `read_trace_mark` reads it; none of an untraced run."""
        return dict(self._exemplars)


class Tally:
    """Counts of one process, which wait to be stored; threads may count at once."""

    def __init__(self) -> None:
        self._amounts = Amounts()
        self._lock = Lock()

    def add(self, metric: Countable, *values: str, amount: int = 1) -> None:
        """As `Amounts.add`."""
        with self._lock:
            self._amounts.add(metric, *values, amount=amount)

    def observe(self, metric: Countable, *values: str, ms: int) -> None:
        """As `Amounts.observe`."""
        with self._lock:
            self._amounts.observe(metric, *values, ms=ms)

    def take(self) -> dict[str, int]:
        """What was counted since it was last taken."""
        with self._lock:
            taken, self._amounts = self._amounts, Amounts()
        return taken.fields()

    def give_back(self, counts: Mapping[str, int]) -> None:
        """Count again what could not be stored."""
        with self._lock:
            self._amounts.merge(counts)


def _tidy(value: str) -> str:
    """A value that fits into a field of the store."""
    return value[:MAX_VALUE].replace(SEPARATOR, "/")
