"""What a decision is shown of a real run: less than the naive transcript, and all that questions need."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bench.context import RUNS, SMALL_TOKENS, measure

pytest.importorskip("cobra")


@pytest.mark.parametrize("count", [RUNS[0], RUNS[-1]])
def test_every_fact_is_shown_in_about_a_third_of_the_tokens(tmp_path: Path, count: int) -> None:
    measured = measure(tmp_path, count)
    assert measured.steps == 2 * count + 4
    assert measured.retained == 1
    assert measured.compacted == 0
    assert measured.saved >= 0.65
    assert measured.messages_saved >= 0.7


def test_a_small_budget_holds_and_each_decision_that_it_cut_is_recorded(tmp_path: Path) -> None:
    measured = measure(tmp_path, RUNS[-1], max_tokens=SMALL_TOKENS)
    assert all(one.tokens <= SMALL_TOKENS for one in measured.decisions)
    cut = [one for one in measured.decisions if one.facts_shown < one.facts]
    assert 0 < len(cut) <= measured.compacted
