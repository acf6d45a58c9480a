"""Pauses grow, spread and repeat."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows.errors import RETRYABLE, ErrorClass
from fluxagents.flows.retries import RETRIES, pause_ms, retries_left


def test_what_is_called_retryable_has_a_policy() -> None:
    assert set(RETRIES) == RETRYABLE


def test_retries_are_bounded() -> None:
    for kind, retry in RETRIES.items():
        assert retries_left(kind, retry.attempts - 1)
        assert not retries_left(kind, retry.attempts)
    assert not retries_left(ErrorClass.INFEASIBLE, 0)


@given(key=st.text(), kind=st.sampled_from(sorted(RETRIES)), failures=st.integers(1, 8))
def test_a_pause_is_the_same_each_time_and_doubles_with_each_failure(
    key: str, kind: ErrorClass, failures: int
) -> None:
    first = pause_ms(kind, failures, key)
    assert first == pause_ms(kind, failures, key)
    longest = RETRIES[kind].pause_ms * 2 ** (failures - 1)
    assert longest / 2 <= first <= longest
    assert abs(pause_ms(kind, failures + 1, key) - 2 * first) <= 1


def test_runs_are_spread() -> None:
    assert len({pause_ms(ErrorClass.TIMEOUT, 1, str(run)) for run in range(100)}) > 50
