"""Ratings and corrections that count: the last ones of each person on each subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean

from fluxagents.flows.people.remarks import WHOLE_RUN, Correction, Rating, Remark

Ratings = Mapping[str, Mapping[str, int]]
"""Subject -> person -> stars."""


def find_ratings(remarks: Iterable[Remark]) -> Ratings:
    """The newest rating of each person on each subject of a run."""
    ratings: dict[str, dict[str, int]] = {}
    for remark in remarks:
        if isinstance(remark.body, Rating):
            ratings.setdefault(remark.on, {})[remark.by] = remark.body.stars
    return ratings


def find_corrections(remarks: Iterable[Remark]) -> list[Remark]:
    """The newest correction of each person on each subject, the oldest first."""
    corrections: dict[tuple[str, str], Remark] = {}
    for remark in remarks:
        if isinstance(remark.body, Correction):
            key = (remark.on, remark.by)
            corrections.pop(key, None)
            corrections[key] = remark
    return list(corrections.values())


def rate_steps(ratings: Ratings, steps: Iterable[int]) -> float | None:
    """The mean rating of decisions: of those that were rated themselves, or else of the run that they led.

    Args:
        ratings: Of the run.
        steps: In which the decisions were made.

    Returns:
        1 to 5; None where nobody rated either.
    """
    own = [stars for step in steps for stars in ratings.get(f"step:{step}", {}).values()]
    stars = own or list(ratings.get(WHOLE_RUN, {}).values())
    return fmean(stars) if stars else None
