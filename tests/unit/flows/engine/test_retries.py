"""Pauses grow, spread and repeat."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows.engine.retries import may_retry, pause_ms
from fluxagents.flows.errors import POLICIES, ErrorClass, FluxError

RETRIED = sorted(kind for kind, policy in POLICIES.items() if policy.attempts > 1)


def test_every_kind_has_a_policy() -> None:
    assert set(POLICIES) == set(ErrorClass)


def test_retries_are_bounded_and_an_error_says_whether_there_are_any() -> None:
    for kind in RETRIED:
        assert may_retry(kind, POLICIES[kind].attempts - 1)
        assert not may_retry(kind, POLICIES[kind].attempts)
    assert not may_retry(ErrorClass.INFEASIBLE, 1)
    assert {kind for kind in ErrorClass if FluxError(kind, "no").info("fba").retryable} == set(RETRIED)


@given(key=st.text(), kind=st.sampled_from(RETRIED), failures=st.integers(1, 8))
def test_a_pause_is_the_same_each_time_and_doubles_with_each_failure(
    key: str, kind: ErrorClass, failures: int
) -> None:
    first = pause_ms(kind, failures, key)
    assert first == pause_ms(kind, failures, key)
    longest = POLICIES[kind].pause_ms * 2 ** (failures - 1)
    assert longest / 2 <= first <= longest
    assert abs(pause_ms(kind, failures + 1, key) - 2 * first) <= 1


@given(asked_ms=st.integers(0, 10**7), failures=st.integers(1, 3))
def test_a_pause_is_at_least_what_a_provider_asks_for(asked_ms: int, failures: int) -> None:
    pause = pause_ms(ErrorClass.PROVIDER_RATE_LIMIT, failures, "run", at_least_ms=asked_ms)
    assert pause == asked_ms + pause_ms(ErrorClass.PROVIDER_RATE_LIMIT, failures, "run")


def test_runs_are_spread() -> None:
    assert len({pause_ms(ErrorClass.TIMEOUT, 1, str(run)) for run in range(100)}) > 50
