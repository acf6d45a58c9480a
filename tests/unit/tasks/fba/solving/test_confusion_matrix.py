"""The statistics are those of the textbook definitions."""

from __future__ import annotations

import math

import pytest

from fluxagents.tasks.fba.solving.confusion_matrix import ConfusionMatrix


def test_counts_and_statistics() -> None:
    pairs = 6 * [(True, True)] + 3 * [(False, False)] + [(True, False)] + 2 * [(False, True)]
    matrix = ConfusionMatrix.of(pairs)
    counts = (matrix.true_positives, matrix.true_negatives, matrix.false_positives, matrix.false_negatives)
    assert counts == (6, 3, 1, 2)
    assert matrix.accuracy_fraction == pytest.approx(9 / 12)
    assert matrix.precision_fraction == pytest.approx(6 / 7)
    assert matrix.recall_fraction == pytest.approx(6 / 8)
    assert matrix.mcc == pytest.approx((6 * 3 - 1 * 2) / math.sqrt(7 * 8 * 4 * 5))


def test_nothing_to_compare_has_no_value() -> None:
    empty = ConfusionMatrix.of([])
    assert empty.true_positives == 0
    assert {empty.accuracy_fraction, empty.precision_fraction, empty.recall_fraction, empty.mcc} == {None}


def test_one_class_alone_has_no_correlation() -> None:
    assert ConfusionMatrix.of([(True, True), (True, True)]).mcc is None
