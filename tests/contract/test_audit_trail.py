"""The audit log in two parts, sealed in files and kept in the store, is one chain."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from tests.contract.test_audit_log import record

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.audit_log import MemoryAuditLog
from fluxagents.flows.people.audit import AuditEntry, find_faults
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.scheduler.people import audit_trail
from fluxagents.scheduler.people.audit_trail import AuditTrail
from fluxagents.workers.files.audit_segments import AuditSegmentFiles
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.people.audit_log import RedisAuditLog

COUNT = 57
KEPT = 5


@pytest.fixture(params=["memory", "redis"])
def log(request: pytest.FixtureRequest, key_prefix: str) -> AuditLog:
    if request.param == "memory":
        return MemoryAuditLog(SystemClock())
    return RedisAuditLog(request.getfixturevalue("redis"), prefix=key_prefix)


@pytest.fixture
def segments(tmp_path: Path) -> AuditSegmentFiles:
    return AuditSegmentFiles(str(tmp_path))


@pytest.fixture
def trail(log: AuditLog, segments: AuditSegmentFiles, monkeypatch: pytest.MonkeyPatch) -> AuditTrail:
    """Of entries that leave ten at a time."""
    monkeypatch.setattr(audit_trail, "SEGMENT", 10)
    for number in range(COUNT):
        log.append(record(f"run{number}", reason="naïve — ✓"))
    return AuditTrail(log, segments)


def test_what_is_sealed_leaves_the_store_and_stays_in_the_chain(
    trail: AuditTrail, log: AuditLog, segments: AuditSegmentFiles, tmp_path: Path
) -> None:
    before = list(log.entries())
    assert trail.seal(KEPT) == 50
    assert [entry.number for entry in log.entries()] == list(range(51, COUNT + 1))
    assert len(list((tmp_path / "audit").iterdir())) == 5
    assert list(trail.entries()) == before
    assert [entry.number for entry in trail.entries(after=18)] == list(range(19, COUNT + 1))
    assert [entry.number for entry in log.entries(after=55)] == [56, 57]
    assert list(find_faults(trail.entries(), log.head())) == []
    assert [entry.number for entry in trail.newest(2)] == [57, 56]
    assert [entry.number for entry in trail.newest(20)] == list(range(57, 37, -1))
    assert trail.seal(KEPT) == 0
    log.append(record("next"))
    assert list(find_faults(trail.entries(), log.head())) == []
    assert max(entry.number for entry in segments.entries()) == 50


def test_an_interrupted_seal_is_done_again(
    trail: AuditTrail, log: AuditLog, segments: AuditSegmentFiles
) -> None:
    entries = list(log.entries())
    # As if the process had died between the two.
    segments.put(entries[:10])
    assert list(trail.entries()) == entries
    assert trail.seal(KEPT) == 50
    assert list(trail.entries()) == entries
    # As if another one had dropped them in between.
    assert not log.drop(after=40, last=50)
    assert list(trail.entries()) == entries


def test_entries_that_leave_while_they_are_read_are_not_missed(
    trail: AuditTrail, segments: AuditSegmentFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = segments.entries

    def read_then_seal(*, after: int = 0) -> Iterator[AuditEntry]:
        yield from read(after=after)
        trail.seal(KEPT)

    monkeypatch.setattr(segments, "entries", read_then_seal)
    assert [entry.number for entry in trail.entries()] == list(range(1, COUNT + 1))


def test_a_segment_that_is_changed_or_gone_is_found(trail: AuditTrail, log: AuditLog, tmp_path: Path) -> None:
    trail.seal(KEPT)
    second = tmp_path / "audit" / "000000000011-000000000020.jsonl.gz"
    text = gzip.decompress(second.read_bytes()).decode()
    second.write_bytes(gzip.compress(text.replace("run14", "run99").encode()))
    assert list(find_faults(trail.entries(), log.head())) == ["entry 15 was changed"]
    second.unlink()
    assert "entry 11 is missing: entry 21 follows entry 10" in find_faults(trail.entries(), log.head())
    second.write_bytes(b"nothing")
    with pytest.raises(FluxError, match="000000000011-000000000020") as damaged:
        list(trail.entries())
    assert damaged.value.kind is ErrorClass.SCHEMA


def test_acts_that_are_taken_out_of_the_store_do_not_pass_as_sealed(
    redis: Redis, key_prefix: str, tmp_path: Path
) -> None:
    log = RedisAuditLog(redis, prefix=key_prefix)
    trail = AuditTrail(log, AuditSegmentFiles(str(tmp_path)))
    for number in range(9):
        log.append(record(f"run{number}"))
    redis.ltrim(f"{key_prefix}audit", 3, -1)
    redis.hset(f"{key_prefix}audit-head", "sealed", 3)
    assert "entry 1 is missing: entry 4 follows entry 0" in find_faults(trail.entries(), log.head())
