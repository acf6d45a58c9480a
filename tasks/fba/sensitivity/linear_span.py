"""Which vectors are sums of the columns of a sparse matrix.

A stoichiometric matrix is nearly triangular: most columns are eliminated one by one, and only the rest, some
hundreds of rows for a genome-scale model, is decomposed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fluxagents.tasks.fba.solving.lazy_libraries import np

INDEPENDENT = 1e-7
"""What is left of a vector of length 1 after its projection, at most, if it lies in the span."""

_LEAST = 1e-12


def find_span(columns: Any, vectors: Any) -> Any:
    """Whether each vector lies in the span of the columns.

    Args:
        columns: Rows times columns.
        vectors: Rows times vectors.

    Returns:
        One bool per vector.
    """
    scale = np.maximum(np.abs(columns).max(axis=1, initial=0.0), _LEAST)[:, None]
    basis = _with_length_1(columns / np.where(scale > _LEAST, scale, 1.0))
    left = _with_length_1(vectors / np.where(scale > _LEAST, scale, 1.0))
    members = {at: set(np.flatnonzero(column).tolist()) for at, column in enumerate(basis.T)}
    while _eliminate(basis, left, members):
        pass
    rest = basis[:, [at for at, rows in members.items() if rows]]
    rows = sorted(set().union(*members.values()))
    if rows:
        qr = import_module("scipy.linalg").qr
        space, triangle, _ = qr(rest[rows], mode="economic", pivoting=True, check_finite=False)
        space = space[:, np.abs(triangle.diagonal()) > INDEPENDENT]
        left[rows] -= space @ (space.T @ left[rows])
    is_inside: Any = np.linalg.norm(left, axis=0) < INDEPENDENT
    return is_inside


def _eliminate(basis: Any, left: Any, members: dict[int, set[int]]) -> bool:
    """Take out rows that one column alone spans or reaches; returns whether there was one.

    Changes `left`, what the vectors have beyond the columns used up, and `members`, the rows of each column
    that are not taken out. A row in one column only is reached by no other: the column serves this row alone.
    """
    users: dict[int, list[int]] = {}
    for at, rows in members.items():
        for row in rows:
            users.setdefault(row, []).append(at)
    spanned = {next(iter(rows)) for rows in members.values() if len(rows) == 1}
    if spanned:
        left[sorted(spanned)] = 0.0
        for rows in members.values():
            rows.difference_update(spanned)
        return True
    used: set[int] = set()
    for row, (at, *others) in sorted(users.items()):
        if others or at in used:
            continue
        reached = sorted(members[at])
        left[reached] -= np.outer(basis[reached, at] / basis[row, at], left[row])
        members[at] = set()
        used.add(at)
    return bool(used)


def _with_length_1(columns: Any) -> Any:
    return columns / np.maximum(np.linalg.norm(columns, axis=0), _LEAST)
