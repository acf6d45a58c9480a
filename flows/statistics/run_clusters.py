"""Which runs ask the same under the same conditions, where their answers disagree, and which stand out. Pure.

Runs are of one cluster if their flows, the terms of their questions and their conditions are the same. Within
a cluster two runs on the same model disagree if their outcomes differ, or a number by more than a tolerance.
A value stands out if its modified z-score, 0.6745 (x - median) / MAD, is above 3.5 (Iglewicz & Hoaglin 1993,
How to Detect and Handle Outliers); where more than half of the values are equal, so that the MAD is 0, it is
(x - median) / (1.2533 times the mean absolute deviation), as they propose.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from fluxagents.flows.history.tolerance import is_close
from fluxagents.flows.statistics.question_terms import find_terms

TOLERANCE = 1e-6
"""Relative; two solvers agree to that."""

MIN_VALUES = 5
"""Of fewer none stands out."""

MAX_SCORE = 3.5

MAD_TO_SD, MEAN_AD_TO_SD = 0.6745, 1.2533
"""Of a normal distribution: MAD in standard deviations, and these in mean absolute deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one run found under one condition."""

    run_id: str
    flow: str
    question: str
    condition: str
    """As exchanges and their uptakes; empty for the model's own medium."""
    model: str
    """Its name."""
    model_digest: str
    """By which models are the same."""
    outcome: str
    """How the run ended, and whether it answered."""
    numbers: Mapping[str, float]
    """By name; names end with their unit."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Answers to the same question about the same model that differ."""

    model: str
    what: str
    """The name of a number, or `outcome`."""
    values: Mapping[str, float | str]
    """By run."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """A value that stands out among those of other models, or of other runs on the same one."""

    runs: tuple[str, ...]
    model: str
    what: str
    value: float
    median: float
    """Of the cluster."""
    score: float
    """Modified z-score; infinite if all other values are equal."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Runs that ask the same under the same conditions."""

    question: str
    """As most of them put it."""
    flow: str
    condition: str
    observations: tuple[Observation, ...]
    outcomes: Mapping[str, int]
    disagreements: tuple[Disagreement, ...]
    outliers: tuple[Outlier, ...]

    @property
    def runs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.run_id for each in self.observations))

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.model for each in self.observations))


def cluster_runs(observations: Iterable[Observation], *, tolerance: float = TOLERANCE) -> list[Cluster]:
    """The clusters of what runs found, the largest first.

    Args:
        observations: In any order.
        tolerance: Relative difference up to which two numbers are the same; counts must be equal.
    """
    groups: dict[tuple[str, tuple[str, ...], str], list[Observation]] = defaultdict(list)
    for each in observations:
        groups[each.flow, find_terms(each.question), each.condition].append(each)
    clusters = [_build_cluster(group, tolerance) for group in groups.values()]
    return sorted(
        clusters, key=lambda cluster: (-len(cluster.observations), cluster.question, cluster.condition)
    )


def _build_cluster(group: Sequence[Observation], tolerance: float) -> Cluster:
    ended = [each for each in group if each.outcome]
    return Cluster(
        question=Counter(each.question for each in group).most_common(1)[0][0],
        flow=group[0].flow,
        condition=group[0].condition,
        observations=tuple(group),
        outcomes=dict(Counter(each.outcome or "open" for each in group).most_common()),
        disagreements=tuple(_find_disagreements(ended, tolerance)),
        outliers=tuple(_find_outliers(ended)),
    )


def _find_disagreements(group: Sequence[Observation], tolerance: float) -> Iterator[Disagreement]:
    by_model: dict[str, list[Observation]] = defaultdict(list)
    for each in group:
        by_model[each.model_digest].append(each)
    for same in by_model.values():
        outcomes = {each.run_id: each.outcome for each in same}
        if len(set(outcomes.values())) > 1:
            yield Disagreement(same[0].model, "outcome", outcomes)
        for what in dict.fromkeys(name for each in same for name in each.numbers):
            values = {each.run_id: each.numbers[what] for each in same if what in each.numbers}
            if not is_close(min(values.values()), max(values.values()), tolerance):
                yield Disagreement(same[0].model, what, values)


def _find_outliers(group: Sequence[Observation]) -> Iterator[Outlier]:
    """Among models if there are several, each with the median of its runs, else among runs."""
    is_among_models = len({each.model_digest for each in group}) > 1
    for what in dict.fromkeys(name for each in group for name in each.numbers):
        members: dict[str, list[Observation]] = defaultdict(list)
        for each in group:
            if what in each.numbers:
                members[each.model_digest if is_among_models else each.run_id].append(each)
        values = {key: median(each.numbers[what] for each in same) for key, same in members.items()}
        for key, score in score_values(values).items():
            if abs(score) > MAX_SCORE:
                runs = tuple(dict.fromkeys(each.run_id for each in members[key]))
                middle = median(values.values())
                yield Outlier(runs, members[key][0].model, what, values[key], middle, score)


def score_values(values: Mapping[str, float]) -> dict[str, float]:
    """The modified z-score of each value; none of them if there are too few to tell."""
    if len(values) < MIN_VALUES:
        return {}
    middle = median(values.values())
    deviations = {key: value - middle for key, value in values.items()}
    spread = median(abs(deviation) for deviation in deviations.values()) / MAD_TO_SD
    if spread == 0:
        spread = fmean(abs(deviation) for deviation in deviations.values()) * MEAN_AD_TO_SD
    return {key: deviation / spread if spread else 0.0 for key, deviation in deviations.items()}
