"""The audit log: what was done, by whom and with which proof, as a chain of digests that shows every change.

An entry's digest is the SHA-256 of the digest before it, the SHA-256 of its record as canonical JSON, its
number and its time. So an entry cannot be changed, removed or moved without changing all digests after it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator

from pydantic import Field, JsonValue

from fluxagents.flows.events import Frozen
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Channel, Proof, Resource

FIRST = "0" * 64
"""What stands before the first entry."""


class AuditRecord(Frozen):
    """What is known of an act before the log gives it a number and a time."""

    action: Action
    by: str
    """The person or service that acted."""
    for_person: str = ""
    """The person in whose name it was; empty when in their own."""
    channel: Channel
    proof: Proof
    on: Resource
    shown: str = ""
    """The sha256 of what was shown, of an answer."""
    details: dict[str, JsonValue] = Field(default_factory=dict)
    """What else says what was done: a reason, other runs. No secret."""

    def canonical_json(self) -> str:
        """The text that the log keeps and digests."""
        return canonical_json(self.model_dump(mode="json", exclude_defaults=True))


class AuditEntry(Frozen):
    """A record in its place in the chain."""

    number: int = Field(ge=1)
    at_ms: int
    """By the clock of the store (Unix time in ms)."""
    previous: str
    """The digest of the entry before."""
    digest: str
    record: dict[str, JsonValue]
    """As it was written, perhaps by another version: its digest is over this."""

    @property
    def act(self) -> AuditRecord:
        """The record as this version reads it.

        Raises:
            ValidationError: If it is none, or one of a later version.
        """
        return AuditRecord.model_validate(self.record)


class AuditHead(Frozen):
    """The last entry, kept beside the log: without it nobody sees that the newest entries are gone."""

    number: int = 0
    digest: str = FIRST

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"

    @classmethod
    def read(cls, text: str) -> AuditHead | None:
        """A head as `str` writes it; None if the text is none."""
        match = re.fullmatch(r"(\d{1,15}):([0-9a-f]{64})", text)
        return None if match is None else cls(number=int(match[1]), digest=match[2])


class AuditCheck(Frozen):
    """Whether a log is whole."""

    entries: int
    last: AuditHead
    faults: tuple[str, ...]
    """A line each, in the order of the entries."""


def canonical_json(document: dict[str, JsonValue]) -> str:
    """The one text of a document: sorted keys, no blanks, characters as they are."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chain_digest(previous: str, record_json: str, number: int, at_ms: int) -> str:
    """The digest of an entry.

    Two blocks of SHA-256 whatever the record's size, since the store computes it while others wait.

    Args:
        previous: The digest of the entry before, or `FIRST`.
        record_json: The record as canonical JSON.
        number: Of the entry, from 1.
        at_ms: Unix time in ms.
    """
    content = hashlib.sha256(record_json.encode()).digest()
    return hashlib.sha256(bytes.fromhex(previous) + content + f"{number} {at_ms}".encode()).hexdigest()


def chain_entry(head: AuditHead, record: AuditRecord, at_ms: int) -> AuditEntry:
    """The entry that follows the head."""
    number, text = head.number + 1, record.canonical_json()
    return AuditEntry(
        number=number,
        at_ms=at_ms,
        previous=head.digest,
        digest=chain_digest(head.digest, text, number, at_ms),
        record=json.loads(text),
    )


def find_faults(entries: Iterable[AuditEntry], *heads: AuditHead) -> Iterator[str]:
    """What is wrong with a log, a line each, in the order of its entries; nothing when it is whole.

    Args:
        entries: All entries of the log, the oldest first; read once.
        heads: The last entry as it was kept elsewhere: beside the log, or outside of the store.
    """
    last = AuditHead()
    digests = {head.number: FIRST for head in heads}
    for entry in entries:
        if entry.number != last.number + 1:
            yield f"entry {last.number + 1} is missing: entry {entry.number} follows entry {last.number}"
        if entry.previous != last.digest:
            yield f"entry {entry.number} does not follow the entry before it"
        expected = chain_digest(entry.previous, canonical_json(entry.record), entry.number, entry.at_ms)
        if entry.digest != expected:
            yield f"entry {entry.number} was changed"
        last = AuditHead(number=entry.number, digest=entry.digest)
        if entry.number in digests:
            digests[entry.number] = entry.digest
    for head in dict.fromkeys(heads):
        if last.number < head.number:
            yield f"entries {last.number + 1} to {head.number} are missing at the end"
        elif head.number and digests[head.number] != head.digest:
            yield f"entry {head.number} is not the one that was recorded as the last"


def check_entries(entries: Iterable[AuditEntry], *heads: AuditHead) -> AuditCheck:
    """Check a whole log; see `find_faults`."""
    last, count = AuditHead(), 0

    def note() -> Iterator[AuditEntry]:
        nonlocal last, count
        for entry in entries:
            last, count = AuditHead(number=entry.number, digest=entry.digest), count + 1
            yield entry

    faults = tuple(find_faults(note(), *heads))
    return AuditCheck(entries=count, last=last, faults=faults)
