"""The optimum of a network by a linear program of its own: neither cobra nor this project takes part."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped] # scipy ships no types
from tests.support.wild.network import Network

Rows = tuple[list[list[float]], list[float]]
"""A matrix and its right-hand sides."""

Bounds = list[tuple[float, float]]


def greatest_growth(network: Network) -> float:
    """The greatest biomass flux, in 1/h, among the optima of the network's own objective.

    The optima are the feasible points at which every bound and row with a price other than 0 is tight
    (complementary slackness), so no tolerance on the objective's value is needed.
    """
    columns = {row.id: number for number, row in enumerate(network.reactions)}
    bounds = [(row.lower, row.upper) for row in network.reactions]
    equal, at_most = _balances(network)
    costs = np.zeros(len(bounds))
    for identifier, coefficient in network.objective.items():
        costs[columns[identifier]] += coefficient if network.sense == "min" else -coefficient
    first = _solve(costs, equal, at_most, bounds)
    tight = [
        (low, low) if low_price > _ZERO else (high, high) if high_price < -_ZERO else (low, high)
        for (low, high), low_price, high_price in zip(
            bounds, first.lower.marginals, first.upper.marginals, strict=True
        )
    ]
    held = [abs(price) > _ZERO for price in first.ineqlin.marginals] if at_most[0] else []
    for row, limit, is_held in zip(*at_most, held, strict=True):
        if is_held:
            equal[0].append(row)
            equal[1].append(limit)
    growth = np.zeros(len(bounds))
    growth[columns[network.biomass]] = -1.0
    return -float(_solve(growth, equal, at_most, tight).fun)


_ZERO = 1e-9


def _balances(network: Network) -> tuple[Rows, Rows]:
    equal: Rows = ([], [])
    at_most: Rows = ([], [])
    for species in network.species:
        if species.is_open:
            continue
        sense, right = network.rows.get(species.id, ("E", 0.0))
        sign = -1.0 if sense == "G" else 1.0
        matrix, limits = equal if sense == "E" else at_most
        matrix.append([sign * row.metabolites.get(species.id, 0.0) for row in network.reactions])
        limits.append(sign * right)
    return equal, at_most


def _solve(costs: Any, equal: Rows, at_most: Rows, bounds: Bounds) -> Any:
    solution = linprog(
        costs,
        A_ub=at_most[0] or None,
        b_ub=at_most[1] or None,
        A_eq=equal[0] or None,
        b_eq=equal[1] or None,
        bounds=bounds,
        method="highs",
    )
    assert solution.status == 0, solution.message
    return solution
