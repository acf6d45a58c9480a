"""Intervals against published and independently computed values."""

from __future__ import annotations

import pytest

from fluxagents.prompts.statistics.comparison import MetricDifference, compare, estimate
from fluxagents.prompts.statistics.figures import METRICS, PromptTrial


def runs(succeeded: int, of: int, tokens: tuple[int, ...] = ()) -> list[PromptTrial]:
    return [
        PromptTrial(
            "greeting",
            "1",
            "a",
            calls=1,
            tokens_in=tokens[at % len(tokens)] if tokens else 0,
            succeeded=at < succeeded,
        )
        for at in range(of)
    ]


def index_by_metric(metric: str, found: tuple[MetricDifference, ...]) -> MetricDifference:
    return next(one for one in found if one.metric == metric)


SUCCESS = "success"


@pytest.mark.parametrize(
    ("succeeded", "of", "low", "high"),
    # Newcombe, Stat Med 17:857 (1998), table I, method 3: the score interval without correction.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_the_published_interval(succeeded: int, of: int, low: float, high: float) -> None:
    found = estimate(METRICS[SUCCESS], runs(succeeded, of))
    assert found.value == pytest.approx(succeeded / of)
    assert found.interval == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("new", "old", "low", "high"),
    # Newcombe, Stat Med 17:873 (1998), table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_a_difference_of_shares_has_the_published_interval(
    new: tuple[int, int], old: tuple[int, int], low: float, high: float
) -> None:
    found = index_by_metric(SUCCESS, compare(runs(*old), runs(*new)))
    assert found.interval == pytest.approx((low, high), abs=5e-5)
    assert found.verdict == ("better" if low > 0 else "unclear")
    other = index_by_metric(SUCCESS, compare(runs(*new), runs(*old)))
    assert other.verdict == ("worse" if low > 0 else "unclear")


def test_a_difference_of_means_has_welchs_interval() -> None:
    """By hand: 30 - 20, variances 100 and 25 of 3 runs each, 2.941 degrees of freedom, t 3.2199."""
    found = index_by_metric("tokens_per_run", compare(runs(1, 3, (20, 30, 40)), runs(1, 3, (15, 20, 25))))
    assert found.difference == pytest.approx(-10)
    assert found.interval == pytest.approx((-30.78, 10.78), abs=0.01)
    assert found.old.interval == pytest.approx((30 - 24.841, 30 + 24.841), abs=1e-3)
    assert found.verdict == "unclear"


def test_less_tokens_are_better() -> None:
    found = index_by_metric("tokens_per_run", compare(runs(9, 30, (100, 110)), runs(9, 30, (50, 60))))
    assert found.verdict == "better"


def test_values_without_spread_give_no_interval() -> None:
    equal = index_by_metric("tokens_per_run", compare(runs(1, 9, (10,)), runs(1, 9, (20,))))
    assert (equal.difference, equal.interval, equal.verdict) == (10.0, None, "unclear")
    spread = index_by_metric("tokens_per_run", compare(runs(1, 9, (10,)), runs(1, 9, (20, 21))))
    assert spread.interval is not None
    assert spread.verdict == "worse"


def test_too_few_runs_give_no_interval() -> None:
    found = compare(runs(1, 1, (10,)), [])
    assert index_by_metric(SUCCESS, found).new.value is None
    assert all(one.difference is None and one.verdict == "unclear" for one in found)
    single = index_by_metric("tokens_per_run", compare(runs(1, 1, (10,)), runs(1, 1, (20,))))
    assert (single.difference, single.interval, single.verdict) == (10.0, None, "unclear")
