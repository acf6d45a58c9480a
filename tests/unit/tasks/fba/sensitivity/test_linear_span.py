"""The span is that of a dense decomposition, for matrices that eliminate wholly, in part and not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxagents.tasks.fba.sensitivity.linear_span import find_span


def rank_test(columns: np.ndarray, vectors: np.ndarray) -> list[bool]:
    """Whether a vector adds to the rank."""
    rank = np.linalg.matrix_rank(columns) if columns.size else 0
    return [bool(np.linalg.matrix_rank(np.column_stack([columns, vector])) == rank) for vector in vectors.T]


@pytest.mark.parametrize(
    "columns",
    [
        np.eye(4)[:, :2],
        np.array([[1.0, 0], [-1, 1], [0, -1], [0, 0]]),
        np.array([[1.0, 1, 0], [-1, 1, 1], [1, -1, 2], [1, 1, -1]]),
        np.zeros((4, 0)),
        np.array([[2.0], [3], [0], [0]]),
    ],
)
def test_unit_vectors(columns: np.ndarray) -> None:
    assert find_span(columns, np.eye(4)).tolist() == rank_test(columns, np.eye(4))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(0, 9), st.sampled_from([0.15, 0.3, 0.6]))
def test_random_sparse_matrices(seed: int, rows: int, count: int, density: float) -> None:
    random = np.random.default_rng(seed)
    columns = random.integers(-2, 3, (rows, count)) * (random.random((rows, count)) < density) * 1.0
    vectors = np.hstack([np.eye(rows), random.integers(-2, 3, (rows, 5)), columns])
    assert find_span(columns, vectors).tolist() == rank_test(columns, vectors)
