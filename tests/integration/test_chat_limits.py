"""The limit of a chat model holds over threads and processes, and everybody gets a turn."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import pytest
from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.ports.chat_limits import LimitReachedError
from fluxagents.workers.redis.chat.chat_limits import RedisChatLimits

WINDOW_MS = 500
NAME = "openai:tiny"

ASKER = """
import json, sys, threading, time
from redis import Redis
from fluxagents.tasks.ports.chat_limits import LimitReachedError
from fluxagents.workers.redis.chat.chat_limits import RedisChatLimits

url, prefix, process, threads, decisions, window_ms = sys.argv[1:]
redis = Redis.from_url(url)
sent, deferrals = [], []

def run(name):
    limits = RedisChatLimits(
        redis, "openai:tiny", requests=5, tokens=1_000, prefix=prefix, window_ms=int(window_ms)
    )
    for number in range(int(decisions)):
        tokens = 150 + 100 * (number % 3)
        while True:
            try:
                ticket = limits.enter(name, tokens)
            except LimitReachedError as limit:
                deferrals.append(name)
                time.sleep(max(0.0, limit.not_before_ms / 1_000 - time.time()))
            else:
                sent.append((redis.zscore(f"{prefix}chat:openai:tiny:sent", ticket), tokens))
                break

workers = [threading.Thread(target=run, args=(f"{process}.{one}",)) for one in range(int(threads))]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
print(json.dumps({"sent": sent, "deferrals": len(deferrals)}))
"""


def limits_of(
    redis: Redis, prefix: str, *, requests: int | None = None, tokens: int | None = None
) -> RedisChatLimits:
    return RedisChatLimits(redis, NAME, requests=requests, tokens=tokens, prefix=prefix, window_ms=WINDOW_MS)


def come_back_at(ask: Callable[[], object]) -> int:
    with pytest.raises(LimitReachedError) as caught:
        ask()
    assert caught.value.chat_model == NAME
    return caught.value.not_before_ms


def wait_until(at_ms: int) -> None:
    """Until a time that Redis, on this machine, has given."""
    time.sleep(max(0.0, at_ms / 1_000 - time.time()))


def test_no_window_of_any_length_holds_more_than_the_limit_and_all_get_their_turn(
    redis_url: str, key_prefix: str
) -> None:
    processes, threads, decisions = 3, 4, 3
    command = [sys.executable, "-c", ASKER, redis_url, key_prefix]
    askers = [
        subprocess.Popen(
            [*command, f"p{process}", str(threads), str(decisions), str(WINDOW_MS)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for process in range(processes)
    ]
    told = [json.loads(asker.communicate(timeout=120)[0]) for asker in askers]
    sent = sorted((at, tokens) for one in told for at, tokens in one["sent"])
    assert len(sent) == processes * threads * decisions
    for end, _ in sent:
        window = [tokens for at, tokens in sent if end - WINDOW_MS < at <= end]
        assert len(window) <= 5
        assert sum(window) <= 1_000
    # Who has waited for the time it was given seldom waits again.
    assert sum(one["deferrals"] for one in told) <= 3 * len(sent)


def test_the_line_is_one_for_all_and_nobody_overtakes(redis: Redis, key_prefix: str) -> None:
    limits = limits_of(redis, key_prefix, tokens=100)
    limits.enter("a", 60)
    large = come_back_at(lambda: limits.enter("b", 90))
    small = come_back_at(lambda: limits.enter("c", 10))
    assert small >= large
    later = come_back_at(lambda: limits.enter("d", 90))
    assert later == large + WINDOW_MS
    # Who asks again before its time keeps its place.
    assert come_back_at(lambda: limits.enter("b", 90)) == large
    wait_until(large)
    limits.enter("b", 90)


def test_a_backlog_waits_for_as_many_windows_as_it_needs(redis: Redis, key_prefix: str) -> None:
    limits = limits_of(redis, key_prefix, requests=2)
    limits.enter("r0", 1)
    limits.enter("r1", 1)
    times = [come_back_at(partial(limits.enter, f"r{run}", 1)) for run in range(2, 10)]
    assert times == sorted(times)
    assert times[-1] - times[0] >= 3 * WINDOW_MS
    assert all(after - before >= WINDOW_MS for before, after in zip(times, times[2:], strict=False))


def test_tokens_that_an_answer_did_not_take_are_given_back(redis: Redis, key_prefix: str) -> None:
    limits = limits_of(redis, key_prefix, tokens=100)
    ticket = limits.enter("a", 90)
    limits.leave(ticket, 20)
    limits.enter("b", 80)
    assert come_back_at(lambda: limits.enter("c", 1)) > 0


def test_tokens_that_an_answer_took_beyond_are_counted(redis: Redis, key_prefix: str) -> None:
    limits = limits_of(redis, key_prefix, tokens=100)
    ticket = limits.enter("a", 10)
    limits.leave(ticket, 95)
    come_back_at(lambda: limits.enter("b", 10))


def test_a_request_that_never_fits_is_an_error_that_names_the_limit(redis: Redis, key_prefix: str) -> None:
    with pytest.raises(FluxError, match=r"101 tokens .* more than the 100 tokens a minute") as caught:
        limits_of(redis, key_prefix, tokens=100).enter("a", 101)
    assert caught.value.kind is ErrorClass.BAD_ARGUMENT


def test_each_chat_model_has_a_line_of_its_own(redis: Redis, key_prefix: str) -> None:
    limits_of(redis, key_prefix, requests=1).enter("a", 1)
    other = RedisChatLimits(redis, "anthropic:tiny", requests=1, tokens=None, prefix=key_prefix)
    other.enter("a", 1)
    with pytest.raises(LimitReachedError) as caught:
        other.enter("b", 1)
    assert caught.value.chat_model == "anthropic:tiny"


def test_a_backlog_of_a_batch_does_not_delay_a_run_that_a_human_waits_for(
    redis: Redis, key_prefix: str
) -> None:
    limits = limits_of(redis, key_prefix, requests=2, tokens=1_000)
    for run in ("b0", "b1"):
        limits.enter(run, 10, urgent=False)
    batch = [come_back_at(partial(limits.enter, f"w{run}", 10, urgent=False)) for run in range(100)]
    assert batch[-1] - batch[0] >= 49 * WINDOW_MS
    assert come_back_at(lambda: limits.enter("human", 10)) == batch[0]


def test_when_both_are_due_the_run_that_a_human_waits_for_goes_first(redis: Redis, key_prefix: str) -> None:
    limits = limits_of(redis, key_prefix, requests=1)
    limits.enter("b0", 10, urgent=False)
    due = come_back_at(lambda: limits.enter("batch", 10, urgent=False))
    assert come_back_at(lambda: limits.enter("human", 10)) == due
    wait_until(due)
    assert come_back_at(lambda: limits.enter("batch", 10, urgent=False)) > due
    limits.enter("human", 10)
    # The batch has its turn when the human's request has left the window.
    later = come_back_at(lambda: limits.enter("batch", 10, urgent=False))
    wait_until(later + WINDOW_MS)
    limits.enter("batch", 10, urgent=False)


def test_nothing_of_a_line_stays_that_nobody_uses(redis: Redis, key_prefix: str) -> None:
    limits = limits_of(redis, key_prefix, requests=1)
    limits.enter("a", 1)
    come_back_at(lambda: limits.enter("b", 1))
    names = list(redis.scan_iter(f"{key_prefix}chat:*"))
    assert len(names) == 4
    assert all(0 < redis.pttl(name) <= 3 * WINDOW_MS + 100 for name in names)
