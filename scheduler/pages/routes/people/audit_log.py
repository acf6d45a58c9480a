"""`/audit`: who did what, page by page, and whether the log of it is whole."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.audit import AuditEntry, AuditRecord, check_entries
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who

router = APIRouter(route_class=PageRoute)

PAGE = 50
LOG = Resource(kind="audit log", id="entries")
FAULTS = 100
"""That are shown."""


@router.get("/audit")
def list_entries(
    who: Who,
    before: Annotated[int, Query(ge=0, le=10**12)] = 0,
    by: Annotated[str, Query(max_length=MAX_NAME)] = "",
) -> Response:
    """A page of the log, the newest entries first."""
    who.client.authority.permit(Action.AUDIT_READ, LOG)
    end = before or who.client.authority.log.head().number + 1
    entries = _find_entries(who, end, by.strip())
    return who.show(
        "people/audit.html.j2",
        entries=[(entry, _read(entry)) for entry in entries],
        by=by.strip(),
        is_first=not before,
        following=entries[-1].number if len(entries) == PAGE and entries[-1].number > 1 else None,
    )


@router.get("/audit/check")
def check_log(who: Who) -> Response:
    """Whether no entry was changed, removed or moved."""
    who.client.authority.permit(Action.AUDIT_READ, LOG)
    # The head first: what is written meanwhile comes after it.
    head = who.client.authority.log.head()
    check = check_entries(who.ports.audit_trail.entries(), head)
    return who.show(
        "people/audit_check.html.j2",
        check=check,
        faults=check.faults[:FAULTS],
        lacks_archive=who.ports.audit_trail.lacks_archive(),
    )


def _find_entries(who: Visitor, end: int, by: str) -> list[AuditEntry]:
    """The last entries before a number, the newest first: all, or what one person or service did."""
    trail = who.ports.audit_trail
    if not by:
        return list(islice(trail.entries(after=max(end - 1 - PAGE, 0)), min(PAGE, end - 1)))[::-1]
    earlier = (entry for entry in trail.entries() if entry.number < end)
    wanted = (entry for entry in earlier if by in {entry.record.get("by"), entry.record.get("for_person")})
    return list(deque(wanted, maxlen=PAGE))[::-1]


def _read(entry: AuditEntry) -> AuditRecord | None:
    """What an entry says; None for one of a later version."""
    try:
        return entry.act
    except ValidationError:
        return None
