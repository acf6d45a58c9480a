"""One suite for both remedy books: in memory, and Redis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.remedy_book import MemoryRemedyBook
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.flows.remedies import Count, ErrorCase, RemedyTrial
from fluxagents.workers.redis.remedy_book import KEPT_S, RedisRemedyBook

ERROR = FluxError(ErrorClass.MEDIUM, "exchange 'EX_x' is not in model 'm'").info("run_metabolic_fba")
OTHER = FluxError(ErrorClass.TIMEOUT, "10 s are over").info("run_flux_sampling")
HUMAN = RemedyTrial("ask a human", helped=True)


@pytest.fixture(params=["memory", "redis"])
def book(request: pytest.FixtureRequest, key_prefix: str) -> RemedyBook:
    if request.param == "memory":
        return MemoryRemedyBook()
    return RedisRemedyBook(request.getfixturevalue("redis"), prefix=key_prefix)


def test_an_empty_book_knows_nothing(book: RemedyBook) -> None:
    assert book.record(ERROR.fingerprint) is None
    assert book.records() == []


def test_cases_add_up_over_runs(book: RemedyBook) -> None:
    failed = RemedyTrial("call run_metabolic_fba again", helped=False)
    assert book.record_outcome(
        "r1", [ErrorCase(ERROR, 2, (failed, HUMAN)), ErrorCase(OTHER, 1, ())], at_ms=10
    )
    assert book.record_outcome(
        "r2", [ErrorCase(ERROR, 1, (failed,)), ErrorCase(ERROR, 1, (HUMAN,))], at_ms=20
    )
    record = book.record(ERROR.fingerprint)
    assert record is not None
    assert (record.kind, record.where, record.message) == ("medium", "run_metabolic_fba", ERROR.message)
    assert (record.times, record.cases, record.resolved, record.last_ms) == (4, 3, 2, 20)
    assert record.remedies == {"call run_metabolic_fba again": Count(2, 0), "ask a human": Count(2, 2)}
    assert [known.fingerprint for known in book.records()] == [ERROR.fingerprint, OTHER.fingerprint]
    assert book.records()[0] == record


def test_what_people_say_helps_adds_no_case(book: RemedyBook) -> None:
    book.record_outcome("r1", [ErrorCase(ERROR, 2, ())], at_ms=10)
    book.record_outcome("r1#1", [ErrorCase(ERROR, 0, (HUMAN,))], at_ms=20)
    record = book.record(ERROR.fingerprint)
    assert record is not None
    assert (record.times, record.cases, record.resolved) == (2, 1, 1)
    assert record.remedies == {"ask a human": Count(1, 1)}


def test_a_run_is_counted_once_however_often_it_is_told(book: RemedyBook) -> None:
    cases = [ErrorCase(ERROR, 1, (HUMAN,))]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: book.record_outcome("r1", cases, at_ms=10), range(16)))
    assert sum(answers) == 1
    record = book.record(ERROR.fingerprint)
    assert record is not None
    assert record.times == 1


def test_an_error_that_stays_away_is_forgotten(redis: Redis, key_prefix: str) -> None:
    book = RedisRemedyBook(redis, prefix=key_prefix)
    book.record_outcome("r1", [ErrorCase(OTHER, 1, ())], at_ms=0)
    book.record_outcome("r2", [ErrorCase(ERROR, 1, (HUMAN,))], at_ms=KEPT_S * 1_000 + 1)
    assert [record.fingerprint for record in book.records()] == [ERROR.fingerprint]
    assert all(redis.ttl(key) > 0 for key in redis.scan_iter(f"{key_prefix}error:*"))
    assert all(redis.ttl(key) > 0 for key in redis.scan_iter(f"{key_prefix}learned:*"))
