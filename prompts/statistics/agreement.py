"""How far raters agree: Krippendorff's alpha with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import krippendorff
import numpy as np
from numpy.typing import NDArray

STARS = (1, 2, 3, 4, 5)

RELIABLE, TENTATIVE = 0.8, 0.667
"""Krippendorff, Content Analysis (2nd edition, 2004), p. 241: from 0.8 on data are reliable, and from 0.667
on they allow tentative conclusions.
"""

MIN_UNITS = 5
"""Fewer subjects that two people rated say nothing about others."""

RESAMPLES, SEED = 1_000, 20
CONFIDENCE = 0.95

Meaning = Literal["too few", "no variation", "reliable", "tentative", "unreliable", "contrary"]

MEANINGS: Mapping[Meaning, str] = {
    "too few": f"fewer than {MIN_UNITS} subjects were rated by two people or more: nothing can be said",
    "no variation": "all ratings are the same: agreement cannot be told from habit",
    "reliable": "the raters see the same: means can be relied on",
    "tentative": "the raters mostly see the same: conclusions are tentative",
    "unreliable": "the raters see different things: do not rely on means",
    "contrary": "the raters contradict each other more than chance would",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree on what they rated."""

    raters: int
    """Who rated something that another one rated too."""
    subjects: int
    """That two people or more rated."""
    ratings: int
    """Of those subjects."""
    alpha: float | None
    """1 where all agree, 0 where they agree as by chance, below 0 where they contradict each other."""
    interval: tuple[float, float] | None
    """95 %, by resampling subjects."""
    meaning: Meaning

    @property
    def explanation(self) -> str:
        """What it means, in words."""
        return MEANINGS[self.meaning]


def measure_agreement(units: Sequence[Mapping[str, int]]) -> Agreement:
    """How far raters agree, by Krippendorff's alpha for ordinal data; who did not rate a subject is left out.

    Args:
        units: Of each subject, the stars by person.

    Returns:
        The agreement over the subjects that two people or more rated.
    """
    shared = [unit for unit in units if len(unit) > 1]
    raters = {person for unit in shared for person in unit}
    counts = count_stars(shared)
    alpha = compute_alpha(counts) if len(shared) >= MIN_UNITS else None
    return Agreement(
        raters=len(raters),
        subjects=len(shared),
        ratings=sum(map(len, shared)),
        alpha=alpha,
        interval=None if alpha is None else _bootstrap(counts),
        meaning=_interpret(len(shared), alpha),
    )


def describe_agreement(agreement: Agreement) -> str:
    """How far raters agree, in a line."""
    counted = (
        f"{_count(agreement.ratings, 'rating')} of {_count(agreement.subjects, 'subject')} "
        f"by {_count(agreement.raters, 'person', 'persons')}"
    )
    if agreement.alpha is None:
        return f"agreement: unknown (n = {counted}); {agreement.explanation}"
    interval = ""
    if agreement.interval is not None:
        low, high = agreement.interval
        interval = f", 95 % from {low:.2f} to {high:.2f}"
    return f"agreement: alpha = {agreement.alpha:.2f}{interval} (n = {counted}); {agreement.explanation}"


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"


def count_stars(units: Sequence[Mapping[str, int]]) -> NDArray[np.int_]:
    """How often each number of stars was given: a row per subject, a column per number of `STARS`."""
    rows = [[list(unit.values()).count(stars) for stars in STARS] for unit in units]
    return np.array(rows, dtype=int).reshape(-1, len(STARS))


def _interpret(subjects: int, alpha: float | None) -> Meaning:
    if alpha is None:
        return "too few" if subjects < MIN_UNITS else "no variation"
    if alpha >= RELIABLE:
        return "reliable"
    if alpha >= TENTATIVE:
        return "tentative"
    return "unreliable" if alpha >= 0 else "contrary"


def compute_alpha(counts: NDArray[np.int_]) -> float | None:
    """Ordinal alpha of subjects that two people or more rated; None where all ratings are the same."""
    if np.count_nonzero(counts.sum(axis=0)) < 2:  # noqa: PLR2004 # two values at least
        return None
    alpha = krippendorff.alpha(value_counts=counts, value_domain=STARS, level_of_measurement="ordinal")
    return float(alpha)


def _bootstrap(counts: NDArray[np.int_]) -> tuple[float, float] | None:
    """Subjects are drawn with replacement, as they are what the raters would meet anew."""
    random = np.random.default_rng(SEED)
    draws = (counts[random.integers(0, len(counts), len(counts))] for _ in range(RESAMPLES))
    alphas = [alpha for draw in draws if (alpha := compute_alpha(draw)) is not None]
    if len(alphas) < RESAMPLES / 2:
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(alphas, [tail, 1 - tail])
    return float(low), float(high)
