"""The chain of the audit log shows every change to it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Proof, Resource
from fluxagents.flows.people.audit import AuditEntry, AuditHead, AuditRecord, chain_entry, find_faults


def record(run: str) -> AuditRecord:
    return AuditRecord(
        action=Action.REQUEST_APPROVE,
        by="ana",
        channel="http",
        proof=Proof(kind="api-key", id="flux_0123abcd"),
        on=Resource(kind="request", id=run),
        shown="ab" * 32,
    )


def make_log(length: int) -> tuple[list[AuditEntry], AuditHead]:
    entries: list[AuditEntry] = []
    head = AuditHead()
    for number in range(length):
        entry = chain_entry(head, record(f"run{number}"), at_ms=1_000 + number)
        entries.append(entry)
        head = AuditHead(number=entry.number, digest=entry.digest)
    return entries, head


def faults(entries: list[AuditEntry], head: AuditHead) -> list[str]:
    return list(find_faults(entries, head))


def test_the_digest_is_the_sha256_of_the_one_before_the_record_the_number_and_the_time() -> None:
    (entry,), _ = make_log(1)
    text = (
        '{"action":"request.approve","by":"ana","channel":"http","on":{"id":"run0","kind":"request"},'
        f'"proof":{{"id":"flux_0123abcd","kind":"api-key"}},"shown":"{"ab" * 32}"}}'
    )
    content = hashlib.sha256(text.encode()).digest()
    assert entry.digest == hashlib.sha256(bytes(32) + content + b"1 1000").hexdigest()


@given(st.integers(1, 8), st.data())
def test_one_change_anywhere_is_found(length: int, data: st.DataObject) -> None:
    entries, head = make_log(length)
    index = data.draw(st.integers(0, length - 1))
    entry = entries[index]
    changed = data.draw(
        st.sampled_from(
            [
                entry.model_copy(update={"record": {**entry.record, "by": "eve"}}),
                entry.model_copy(update={"record": {**entry.record, "extra": ""}}),
                entry.model_copy(update={"at_ms": entry.at_ms + 1}),
                entry.model_copy(update={"number": entry.number + 1}),
                entry.model_copy(update={"digest": "0" * 64}),
                entry.model_copy(update={"previous": "1" * 64}),
            ]
        )
    )
    assert faults([*entries[:index], changed, *entries[index + 1 :]], head)


@given(st.integers(2, 8), st.data())
def test_a_removed_or_moved_entry_is_found(length: int, data: st.DataObject) -> None:
    entries, head = make_log(length)
    index = data.draw(st.integers(0, length - 2))
    assert faults([*entries[:index], *entries[index + 1 :]], head)
    swapped = [*entries[:index], entries[index + 1], entries[index], *entries[index + 2 :]]
    assert faults(swapped, head)
    assert faults([*entries[: index + 1], entries[index], *entries[index + 1 :]], head)


def test_a_record_that_is_forged_with_its_digest_breaks_the_chain_after_it() -> None:
    entries, head = make_log(3)
    forged = chain_entry(AuditHead(number=1, digest=entries[0].digest), record("other"), entries[1].at_ms)
    assert faults([entries[0], forged, entries[2]], head) == ["entry 3 does not follow the entry before it"]


def test_a_cut_end_is_found_by_the_head_that_is_kept_beside() -> None:
    entries, head = make_log(5)
    assert faults(entries[:3], head) == ["entries 4 to 5 are missing at the end"]
    assert faults([], head) == ["entries 1 to 5 are missing at the end"]


def test_a_log_written_anew_is_found_by_a_head_that_was_kept_elsewhere() -> None:
    _, head = make_log(3)
    anew, _ = make_log(0)
    last = AuditHead()
    for number in range(4):
        entry = chain_entry(last, record(f"other{number}"), at_ms=number)
        anew.append(entry)
        last = AuditHead(number=entry.number, digest=entry.digest)
    assert faults(anew, last) == []
    assert faults(anew, head) == ["entry 3 is not the one that was recorded as the last"]


def test_a_log_that_has_grown_since_a_head_was_kept_is_whole() -> None:
    entries, _ = make_log(5)
    _, earlier = make_log(3)
    assert faults(entries, earlier) == []


@pytest.mark.parametrize("text", ["1", f"1:{'0' * 63}", f"x:{'0' * 64}", ""])
def test_a_head_is_read_as_it_is_printed(text: str) -> None:
    _, head = make_log(2)
    assert AuditHead.read(str(head)) == head
    assert AuditHead.read(text) is None
