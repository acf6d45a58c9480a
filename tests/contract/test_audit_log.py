"""One suite for both audit logs: in memory, and Redis, whose entries a script chains."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from fluxagents.flows.errors import FluxError
from fluxagents.flows.memory.audit_log import MemoryAuditLog
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Proof, Resource
from fluxagents.flows.people.audit import AuditHead, AuditRecord, chain_entry, find_faults
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.people.audit_log import PAGE, RedisAuditLog


def record(run: str, **details: str) -> AuditRecord:
    return AuditRecord(
        action=Action.RUN_CANCEL,
        by="ana",
        channel="client",
        proof=Proof(kind="os-user", id="1000"),
        on=Resource(kind="run", id=run, session="nightly"),
        details=dict(details),
    )


@pytest.fixture(params=["memory", "redis"])
def log(request: pytest.FixtureRequest, key_prefix: str) -> AuditLog:
    if request.param == "memory":
        return MemoryAuditLog(SystemClock())
    return RedisAuditLog(request.getfixturevalue("redis"), prefix=key_prefix)


def test_each_entry_has_the_digest_that_an_independent_computation_gives(log: AuditLog) -> None:
    records = [record("a"), record("Zürich\n\"'\\/", reason="naïve — ✓ \x1b"), record("c" * 5_000)]
    heads = [log.append(each) for each in records]
    entries = list(log.entries())
    assert [entry.act for entry in entries] == records
    head = AuditHead()
    for entry, each, known in zip(entries, records, heads, strict=True):
        assert entry == chain_entry(head, each, entry.at_ms)
        head = AuditHead(number=entry.number, digest=entry.digest)
        assert head == known
    assert log.head() == head
    assert list(find_faults(entries, log.head())) == []


def test_an_empty_log_is_whole(log: AuditLog) -> None:
    assert list(log.entries()) == []
    assert log.newest(5) == []
    assert log.head() == AuditHead()
    assert list(find_faults([], log.head())) == []


def test_entries_are_read_from_any_place(log: AuditLog) -> None:
    count = PAGE + 3
    for number in range(count):
        log.append(record(f"run{number}"))
    assert [entry.number for entry in log.entries()] == list(range(1, count + 1))
    assert [entry.number for entry in log.entries(after=count - 2)] == [count - 1, count]
    assert [entry.number for entry in log.newest(2)] == [count, count - 1]


def test_acts_at_once_make_one_chain_with_all_of_them(log: AuditLog) -> None:
    with ThreadPoolExecutor(8) as pool:
        heads = list(pool.map(log.append, (record(f"run{number}") for number in range(200))))
    entries = list(log.entries())
    assert sorted(entry.act.on.id for entry in entries) == sorted(f"run{number}" for number in range(200))
    assert {head.digest for head in heads} == {entry.digest for entry in entries}
    assert list(find_faults(entries, log.head())) == []


def test_a_line_that_is_no_entry_is_named(redis: Redis, key_prefix: str) -> None:
    log = RedisAuditLog(redis, prefix=key_prefix)
    log.append(record("a"))
    redis.rpush(f"{key_prefix}audit", json.dumps({"number": 2}))
    with pytest.raises(FluxError, match="a line that is no entry"):
        list(log.entries())
