"""Failures put into real runs: some of each kind from the corpus that `make eval` runs whole."""

from __future__ import annotations

from tests.eval.errors.cases import cases
from tests.eval.errors.run import outcomes_of, score

LEAST_FAILURES = 60

UNSOLVED = "numerical once"
"""The planner does not follow a suggestion that names another method."""


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names) >= LEAST_FAILURES


def test_runs_recover_with_no_human_where_they_can_and_else_end_clearly() -> None:
    chosen = {(case.kind, case.recovers): case for case in cases() if case.name != UNSOLVED}
    outcomes = outcomes_of(chosen.values(), chat="offline")
    assert [outcome for outcome in outcomes if not outcome.right] == []
    counts = score(outcomes)
    assert (counts.recovered, counts.clear) == (counts.recoverable, counts.others)
    assert counts.recoverable >= 9
    assert counts.others >= 16


def test_a_failure_that_did_not_happen_is_no_success() -> None:
    (case,) = (case for case in cases() if case.name == "no such gene")
    harmless = type(case)(name="x", kind=case.kind, recovers=True)
    (outcome,) = outcomes_of([harmless], chat="offline")
    assert outcome.recovered
    assert not outcome.right
