"""Two versions of a prompt side by side, with confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Literal

from fluxagents.prompts.statistics.figures import METRICS, Metric, Trial, values

CONFIDENCE = 0.95

Interval = tuple[float, float]
Verdict = Literal["better", "worse", "unclear"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share or a mean over runs, with its 95 % confidence interval."""

    runs: int
    value: float | None
    interval: Interval | None
    """None if the runs are too few, or too much alike, for one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How a metric differs between two versions: the new one minus the old one."""

    metric: str
    old: Estimate
    new: Estimate
    difference: float | None
    interval: Interval | None
    verdict: Verdict


def estimate(metric: Metric, found: Sequence[Trial]) -> Estimate:
    """A metric of one version.

    A share has the interval of Wilson (J Am Stat Assoc 22:209, 1927), a mean that of Student.
    """
    given = values(metric, found)
    if not given:
        return Estimate(0, None, None)
    interval = _wilson(given) if metric.kind == "share" else _student(given)
    return Estimate(len(given), fmean(given), interval)


def compared(old: Sequence[Trial], new: Sequence[Trial]) -> tuple[Difference, ...]:
    """Every metric of two versions.

    The difference of two shares has Newcombe's hybrid score interval (Stat Med 17:873, 1998, method 10),
    that of two means Welch's. A version is better or worse where the interval excludes zero; with seven
    metrics one in three comparisons of equals shows some such difference by chance.
    """
    return tuple(_difference(name, metric, old, new) for name, metric in METRICS.items())


def _difference(name: str, metric: Metric, old: Sequence[Trial], new: Sequence[Trial]) -> Difference:
    one, other = estimate(metric, old), estimate(metric, new)
    if one.value is None or other.value is None:
        return Difference(name, one, other, None, None, "unclear")
    if metric.kind == "share":
        interval = _newcombe(one, other)
    else:
        interval = _welch(values(metric, old), values(metric, new))
    return Difference(name, one, other, other.value - one.value, interval, _verdict(metric, interval))


def _verdict(metric: Metric, interval: Interval | None) -> Verdict:
    if interval is None or interval[0] <= 0 <= interval[1]:
        return "unclear"
    return "better" if (interval[0] > 0) == (metric.better == "more") else "worse"


def _wilson(given: Sequence[float]) -> Interval:
    # A second to import, and only needed here.
    from scipy.stats import binomtest  # type: ignore[import-untyped] # noqa: PLC0415

    found = binomtest(round(sum(given)), len(given)).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def _newcombe(old: Estimate, new: Estimate) -> Interval | None:
    if old.value is None or new.value is None or old.interval is None or new.interval is None:
        return None
    between = new.value - old.value
    down = math.hypot(new.value - new.interval[0], old.interval[1] - old.value)
    up = math.hypot(new.interval[1] - new.value, old.value - old.interval[0])
    return between - down, between + up


def _alike(given: Sequence[float]) -> bool:
    """Whether the values, or the only one, say nothing about how much they vary."""
    return min(given) == max(given)


def _student(given: Sequence[float]) -> Interval | None:
    if _alike(given):
        return None
    return _t_interval(fmean(given), variance(given) / len(given), len(given) - 1)


def _welch(old: Sequence[float], new: Sequence[float]) -> Interval | None:
    if 1 in {len(old), len(new)} or (_alike(old) and _alike(new)):
        return None
    parts = [(variance(given) / len(given), len(given) - 1) for given in (old, new)]
    squared = sum(part for part, _ in parts)
    degrees = squared**2 / sum(part**2 / free for part, free in parts)
    return _t_interval(fmean(new) - fmean(old), squared, degrees)


def _t_interval(mean: float, squared_error: float, degrees: float) -> Interval:
    from scipy.stats import t  # noqa: PLC0415

    low, high = t.interval(CONFIDENCE, degrees, loc=mean, scale=math.sqrt(squared_error))
    return float(low), float(high)
