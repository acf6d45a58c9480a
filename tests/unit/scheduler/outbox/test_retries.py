"""When a message is sent again."""

from __future__ import annotations

import pytest

from fluxagents.scheduler.outbox.retries import (
    JITTER,
    LONGEST_WAIT_S,
    MAX_ATTEMPTS,
    PAUSES_S,
    Response,
    judge_attempt,
)

NOW = 1_700_000_000_000


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_a_success_is_the_end(status: int) -> None:
    assert judge_attempt("m", 1, Response(status), now_ms=NOW).outcome == "delivered"


@pytest.mark.parametrize("status", [0, 199, 301, 302, 308, 400, 401, 404, 429, 500, 503])
def test_anything_else_is_tried_again(status: int) -> None:
    assert judge_attempt("m", 1, Response(status), now_ms=NOW).outcome == "retry"


def test_it_is_tried_for_three_days_and_then_given_up() -> None:
    now = NOW
    for attempt in range(1, MAX_ATTEMPTS):
        verdict = judge_attempt("m", attempt, Response(500), now_ms=now)
        pause_s = (verdict.next_ms - now) / 1_000
        assert PAUSES_S[attempt - 1] <= pause_s <= PAUSES_S[attempt - 1] * (1 + JITTER)
        now = verdict.next_ms
    assert 3 <= (now - NOW) / 86_400_000 <= 3.5
    assert judge_attempt("m", MAX_ATTEMPTS, Response(500), now_ms=now).outcome == "given_up"


def test_messages_that_failed_together_come_back_at_different_times() -> None:
    times = {judge_attempt(f"m{number}", 2, Response(500), now_ms=NOW).next_ms for number in range(50)}
    assert len(times) == 50
    first = judge_attempt("m", 2, Response(500), now_ms=NOW)
    assert judge_attempt("m", 2, Response(500), now_ms=NOW) == first


def test_a_receiver_may_ask_for_a_longer_pause_and_not_for_ever() -> None:
    asked = judge_attempt("m", 1, Response(503, retry_after_s=600), now_ms=NOW)
    assert asked.next_ms == NOW + 600_000
    shorter = judge_attempt("m", 2, Response(503, retry_after_s=1), now_ms=NOW)
    assert shorter.next_ms >= NOW + 300_000
    assert judge_attempt("m", 1, Response(503, retry_after_s=10**9), now_ms=NOW).next_ms == (
        NOW + LONGEST_WAIT_S * 1_000
    )


def test_who_is_gone_wants_nothing_more() -> None:
    assert judge_attempt("m", 1, Response(410), now_ms=NOW).outcome == "gone"
