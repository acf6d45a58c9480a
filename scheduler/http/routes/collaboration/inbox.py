"""`/v1/inbox`: what waits for whoever asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from fluxagents.scheduler.collaboration.inbox import LIMIT, Inbox, InboxContents
from fluxagents.scheduler.http.access import Body, Client

router = APIRouter(prefix="/inbox", tags=["inbox"])

MAX_MS = 253_402_300_799_000
"""The end of the year 9999."""


class ReadUntil(Body):
    """Up to when an inbox is read."""

    until_ms: int | None = Field(None, ge=0, le=MAX_MS)
    """The `at_ms` of the inbox that was shown (Unix time in ms); now if absent."""


class ReadInbox(Body):
    """Up to when an inbox is read."""

    until_ms: int


@router.get("", summary="Your inbox")
def show_inbox(client: Client, limit: Annotated[int, Query(ge=1, le=500)] = LIMIT) -> InboxContents:
    """Requests to you, comments that mention you, and runs you watch that have ended; changes nothing."""
    return Inbox(client).look(limit=limit)


@router.post("/read", summary="Mark your inbox as read")
def mark_inbox_read(client: Client, body: ReadUntil | None = None) -> ReadInbox:
    """Let mentions and ended runs be read; requests stay until they are answered."""
    return ReadInbox(until_ms=Inbox(client).mark_read((body or ReadUntil()).until_ms))
