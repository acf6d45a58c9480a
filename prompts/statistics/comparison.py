"""Two versions of a prompt side by side, with confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Literal

from scipy.stats import binomtest, t  # type: ignore[import-untyped]

from fluxagents.prompts.statistics.figures import METRICS, Metric, PromptTrial, values

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
class MetricDifference:
    """How a metric differs between two versions: the new one minus the old one."""

    metric: str
    old: Estimate
    new: Estimate
    difference: float | None
    interval: Interval | None
    verdict: Verdict


def estimate(metric: Metric, trials: Sequence[PromptTrial]) -> Estimate:
    """A metric of one version.

    A share has the interval of Wilson (J Am Stat Assoc 22:209, 1927), a mean that of Student.
    """
    numbers = values(metric, trials)
    if not numbers:
        return Estimate(0, None, None)
    interval = _compute_wilson(numbers) if metric.kind == "share" else _compute_student(numbers)
    return Estimate(len(numbers), fmean(numbers), interval)


def compare(old: Sequence[PromptTrial], new: Sequence[PromptTrial]) -> tuple[MetricDifference, ...]:
    """Every metric of two versions.

    The difference of two shares has Newcombe's hybrid score interval (Stat Med 17:873, 1998, method 10),
    that of two means Welch's. A version is better or worse where the interval excludes zero; with seven
    metrics one in three comparisons of equals shows some such difference by chance.
    """
    return tuple(_compare_metric(name, metric, old, new) for name, metric in METRICS.items())


def _compare_metric(
    name: str, metric: Metric, old: Sequence[PromptTrial], new: Sequence[PromptTrial]
) -> MetricDifference:
    before, after = estimate(metric, old), estimate(metric, new)
    if before.value is None or after.value is None:
        return MetricDifference(name, before, after, None, None, "unclear")
    if metric.kind == "share":
        interval = _compute_newcombe(before, after)
    else:
        interval = _compute_welch(values(metric, old), values(metric, new))
    return MetricDifference(
        name, before, after, after.value - before.value, interval, _judge(metric, interval)
    )


def _judge(metric: Metric, interval: Interval | None) -> Verdict:
    if interval is None or interval[0] <= 0 <= interval[1]:
        return "unclear"
    return "better" if (interval[0] > 0) == (metric.better == "more") else "worse"


def _compute_wilson(numbers: Sequence[float]) -> Interval:
    interval = binomtest(round(sum(numbers)), len(numbers)).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def _compute_newcombe(old: Estimate, new: Estimate) -> Interval | None:
    if old.value is None or new.value is None or old.interval is None or new.interval is None:
        return None
    between = new.value - old.value
    down = math.hypot(new.value - new.interval[0], old.interval[1] - old.value)
    up = math.hypot(new.interval[1] - new.value, old.value - old.interval[0])
    return between - down, between + up


def _is_constant(numbers: Sequence[float]) -> bool:
    """Whether the values, or the only one, say nothing about how much they vary."""
    return min(numbers) == max(numbers)


def _compute_student(numbers: Sequence[float]) -> Interval | None:
    if _is_constant(numbers):
        return None
    return _compute_t_interval(fmean(numbers), variance(numbers) / len(numbers), len(numbers) - 1)


def _compute_welch(old: Sequence[float], new: Sequence[float]) -> Interval | None:
    if 1 in {len(old), len(new)} or (_is_constant(old) and _is_constant(new)):
        return None
    parts = [(variance(numbers) / len(numbers), len(numbers) - 1) for numbers in (old, new)]
    squared = sum(part for part, _ in parts)
    degrees = squared**2 / sum(part**2 / free for part, free in parts)
    return _compute_t_interval(fmean(new) - fmean(old), squared, degrees)


def _compute_t_interval(mean: float, squared_error: float, degrees: float) -> Interval:
    low, high = t.interval(CONFIDENCE, degrees, loc=mean, scale=math.sqrt(squared_error))
    return float(low), float(high)
