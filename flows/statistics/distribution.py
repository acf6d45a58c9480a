"""Many times in little memory: count, sum and quantiles of a stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

DIGITS = 4
"""Significant digits of a time that quantiles rest on: below 10 s each ms, above that 0.05 %."""


@dataclass(slots=True)
class Distribution:
    """Times in ms. Count, sum, least and greatest are exact; quantiles rest on four significant digits."""

    count: int = 0
    total_ms: int = 0
    least_ms: int = 0
    greatest_ms: int = 0
    _bins: Counter[int] = field(default_factory=Counter)

    def add(self, value_ms: int) -> None:
        self.least_ms = min(self.least_ms, value_ms) if self.count else value_ms
        self.greatest_ms = max(self.greatest_ms, value_ms)
        self.count += 1
        self.total_ms += value_ms
        self._bins[_round(value_ms)] += 1

    def quantile_ms(self, share: float) -> float | None:
        """The time that this share of all is at most, between neighbours in proportion, as in NumPy."""
        if not self.count:
            return None
        rank = (self.count - 1) * share
        low = int(rank)
        first, second = self._at(low), self._at(min(low + 1, self.count - 1))
        quantile = first + (second - first) * (rank - low)
        return min(max(quantile, self.least_ms), self.greatest_ms)

    def _at(self, rank: int) -> int:
        values = sorted(self._bins)
        reached: Iterator[int] = accumulate(self._bins[value] for value in values)
        return next(value for value, upto in zip(values, reached, strict=True) if upto > rank)

    def document(self) -> dict[str, float | int | None]:
        """In seconds, for people and scripts."""
        if not self.count:
            return {
                "count": 0,
                "total": 0.0,
                "mean": None,
                "min": None,
                "median": None,
                "p90": None,
                "max": None,
            }
        return {
            "count": self.count,
            "total": self.total_ms / 1_000,
            "mean": self.total_ms / self.count / 1_000,
            "min": self.least_ms / 1_000,
            "median": _seconds(self.quantile_ms(0.5)),
            "p90": _seconds(self.quantile_ms(0.9)),
            "max": self.greatest_ms / 1_000,
        }


def _round(value_ms: int) -> int:
    digits = len(str(abs(value_ms)))
    return value_ms if digits <= DIGITS else round(value_ms, DIGITS - digits)


def _seconds(value_ms: float | None) -> float | None:
    return None if value_ms is None else round(value_ms / 1_000, 6)
