"""Remarks and presence in this process's memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from threading import RLock

from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.people.remarks import Comment, Remark, RemarkBody, RunRemark
from fluxagents.flows.people.request_claims import list_watchers
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.presence import PRESENT_MS


class MemoryRemarkBook:
    """As `fluxagents.flows.ports.remark_book.RemarkBook`."""

    def __init__(self, clock: Clock, audit_log: AuditLog) -> None:
        self._clock = clock
        self._audit_log = audit_log
        self._lock = RLock()
        self._remarks: defaultdict[str, list[Remark]] = defaultdict(list)
        self._mentions: list[RunRemark] = []
        self._read_until: defaultdict[str, int] = defaultdict(int)

    def append(
        self,
        run_id: str,
        session: str,  # noqa: ARG002 # nobody watches the memory of a process
        *,
        by: str,
        on: str,
        body: RemarkBody,
        after: int,
        record: AuditRecord,
    ) -> Remark | None:
        with self._lock:
            remarks = self._remarks[run_id]
            if len(remarks) != after:
                return None
            remark = Remark(number=after + 1, at_ms=self._clock.now_ms(), by=by, on=on, body=body)
            self._audit_log.append(record)
            remarks.append(remark)
            if isinstance(body, Comment) and body.mentions:
                self._mentions.append(RunRemark(run_id, remark))
            return remark

    def of(self, run_id: str) -> tuple[Remark, ...]:
        with self._lock:
            return tuple(self._remarks.get(run_id, ()))

    def of_many(self, run_ids: Sequence[str]) -> list[tuple[Remark, ...]]:
        return [self.of(run_id) for run_id in run_ids]

    def count(self, run_id: str) -> int:
        return len(self.of(run_id))

    def put_back(self, run_id: str, remarks: Sequence[Remark]) -> bool:
        with self._lock:
            if self.of(run_id):
                return False
            self._remarks[run_id] = list(remarks)
            return True

    def mentions(self, names: Sequence[str], *, limit: int) -> list[RunRemark]:
        with self._lock:
            newest_first = reversed(self._mentions)
            mentions = [
                mention
                for mention in newest_first
                if isinstance(mention.remark.body, Comment)
                and not set(mention.remark.body.mentions).isdisjoint(names)
            ]
            return mentions[:limit]

    def list_watched(self, person: str) -> list[str]:
        with self._lock:
            return sorted(
                run_id for run_id, remarks in self._remarks.items() if person in list_watchers(remarks)
            )

    def mark_read(self, person: str, until_ms: int) -> None:
        with self._lock:
            self._read_until[person] = max(self._read_until[person], until_ms)

    def read_until(self, person: str) -> int:
        with self._lock:
            return self._read_until[person]


class MemoryPresence:
    """As `fluxagents.flows.ports.presence.Presence`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = RLock()
        self._signs: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def enter(self, run_id: str, person: str) -> None:
        with self._lock:
            self._signs[run_id][person] = self._clock.now_ms()

    def leave(self, run_id: str, person: str) -> None:
        with self._lock:
            self._signs[run_id].pop(person, None)

    def present(self, run_id: str) -> Mapping[str, int]:
        with self._lock:
            last_ms = self._clock.now_ms() - PRESENT_MS
            return {person: at for person, at in self._signs[run_id].items() if at > last_ms}
