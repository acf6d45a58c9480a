"""What was counted and not stored yet: whole numbers by series."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import Protocol

SEPARATOR = "|"
"""Between the name of a metric and the values of its labels, in the store."""

SUM = "sum"
"""In place of a bucket: what was observed, added up."""

MAX_VALUE = 80
"""Characters of a label's value."""


class Countable(Protocol):
    """As much of a metric as counting needs: see `fluxagents.workers.observing.metrics.metric.Metric`."""

    @property
    def buckets(self) -> tuple[float, ...]: ...

    def series(self, *values: str) -> str: ...


class Amounts:
    """Counts of one step."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, metric: Countable, *values: str, amount: int = 1) -> None:
        """Count something."""
        if amount:
            self._counts[metric.series(*map(_tidy, values))] += amount

    def observe(self, metric: Countable, *values: str, ms: int) -> None:
        """Count a duration in the bucket that it falls into; buckets are added up when they are shown."""
        series = metric.series(*map(_tidy, values))
        self._counts[f"{series}{SEPARATOR}{bisect_left(metric.buckets, ms / 1_000)}"] += 1
        self._counts[f"{series}{SEPARATOR}{SUM}"] += ms

    def merge(self, counts: Mapping[str, int]) -> None:
        """Count what was counted elsewhere."""
        self._counts.update(counts)

    def fields(self) -> dict[str, int]:
        """The counts by series."""
        return dict(self._counts)


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
