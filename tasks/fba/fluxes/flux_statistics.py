"""What a sample of fluxes says: spread of each flux, convergence of the chains, fluxes that go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from fluxagents.tasks.fba.fluxes.convergence import effective_sample_size, split_r_hat
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H

CONVERGED_R_HAT = 1.05

COUPLED = 0.999
"""Pairs correlated more than this move as one, mostly along one pathway; they would hide all others."""

PAIRS_KEPT = 200
"""Strongest correlations in the summary; the table has all."""


class StatisticsTable(BaseModel):
    """One row per reaction, column by column."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: tuple[str, ...] = ()
    mean_mmol_per_gdw_h: tuple[float, ...] = ()
    standard_deviation_mmol_per_gdw_h: tuple[float, ...] = ()
    quantile_5_mmol_per_gdw_h: tuple[float, ...] = ()
    median_mmol_per_gdw_h: tuple[float, ...] = ()
    quantile_95_mmol_per_gdw_h: tuple[float, ...] = ()
    effective_samples: tuple[float | None, ...] = Field(
        default=(), description="Count of independent samples that would tell as much; None for a fixed flux."
    )
    r_hat: tuple[float | None, ...] = Field(
        default=(), description="Fraction: spread over all chains by spread within them; 1 when converged."
    )


class CorrelatedPair(BaseModel):
    """Two reactions whose fluxes go together, or against each other."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    first: str
    second: str
    correlation: float = Field(description="Pearson's, -1 to 1: a fraction.")


def describe_sample(ids: Sequence[str], fluxes: Any, lengths: Sequence[int]) -> dict[str, Any]:
    """Statistics of a sample, as fields of the result.

    Args:
        ids: Of the reactions.
        fluxes: In mmol/gDW/h, samples by reactions, chain after chain.
        lengths: Count of samples of each chain.
    """
    shortest = min(lengths)
    deviation = fluxes.std(axis=0, ddof=1)
    variable = deviation > ZERO_FLUX_MMOL_PER_GDW_H
    starts = np.cumsum([0, *lengths[:-1]])
    by_chain = np.stack([fluxes[start : start + shortest, variable] for start in starts])
    r_hat, effective = split_r_hat(by_chain), effective_sample_size(by_chain)
    columns = np.full((2, len(ids)), None, dtype=object)
    columns[0, variable], columns[1, variable] = effective, r_hat
    low, median, high = np.quantile(fluxes, (0.05, 0.5, 0.95), axis=0)
    names = [name for name, moves in zip(ids, variable, strict=True) if moves]
    pairs, coupled_pairs = _strongest(names, fluxes[:, variable].T)
    return {
        "variable_reactions": len(names),
        "worst_r_hat": float(r_hat.max()) if names else None,
        "median_effective_samples": float(np.median(effective)) if names else None,
        "least_effective_samples": float(effective.min()) if names else None,
        "has_converged": bool(r_hat.max() <= CONVERGED_R_HAT) if names else None,
        "strongest_correlations": pairs,
        "coupled_pairs": coupled_pairs,
        "statistics": StatisticsTable(
            reaction=tuple(ids),
            mean_mmol_per_gdw_h=tuple(fluxes.mean(axis=0).tolist()),
            standard_deviation_mmol_per_gdw_h=tuple(deviation.tolist()),
            quantile_5_mmol_per_gdw_h=tuple(low.tolist()),
            median_mmol_per_gdw_h=tuple(median.tolist()),
            quantile_95_mmol_per_gdw_h=tuple(high.tolist()),
            effective_samples=tuple(columns[0]),
            r_hat=tuple(columns[1]),
        ),
    }


def correlations(values: Any) -> np.ndarray[Any, Any]:
    """Pearson's correlation of each row with each other."""
    if len(values) < 2:  # noqa: PLR2004 - a pair
        return np.ones((len(values), len(values)))
    return np.clip(np.corrcoef(values), -1.0, 1.0)


def _strongest(names: Sequence[str], values: Any) -> tuple[tuple[CorrelatedPair, ...], int]:
    """The strongest correlations below `COUPLED`, and the count of those above."""
    matrix = correlations(values)
    first, second = np.triu_indices(len(names), k=1)
    strength = np.abs(matrix[first, second])
    coupled = strength > COUPLED
    count = min(PAIRS_KEPT, int((~coupled).sum()))
    order = np.argsort(-np.where(coupled, 0.0, strength), kind="stable")[:count]
    return tuple(
        CorrelatedPair(first=names[i], second=names[j], correlation=float(matrix[i, j]))
        for i, j in zip(first[order], second[order], strict=True)
    ), int(coupled.sum())
