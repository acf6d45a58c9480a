"""What the store keeps beside a waiting request, so that all of them are counted without reading one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fluxagents.flows.humans.human_request import HumanRequest

SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class RequestMark:
    """As much of a request as metrics need."""

    kind: str
    level: int
    """How many steps of its ladder were reached."""
    due_ms: int
    """Until when it should be answered (Unix time in ms); 0 for no time."""

    def is_overdue(self, now_ms: int) -> bool:
        """Whether nobody answered in time."""
        return self.level > 0 or 0 < self.due_ms < now_ms


def mark_request(request: HumanRequest) -> str:
    """The mark of a request, as the store keeps it."""
    times = [at_ms for at_ms in (request.next_ms, request.deadline_ms) if at_ms]
    return SEPARATOR.join((request.kind, str(request.level), str(min(times, default=0))))


def read_marks(marks: Iterable[str]) -> Iterable[RequestMark]:
    """The marks of the store."""
    for mark in marks:
        kind, level, due_ms = mark.split(SEPARATOR)
        yield RequestMark(kind, int(level), int(due_ms))
