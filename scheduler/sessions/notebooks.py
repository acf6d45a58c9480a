"""Notebooks of sessions: written, put in order, and read by others under a link."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from pydantic import JsonValue

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.api_key import digest_secret
from fluxagents.flows.ports.notebook import (
    MAX_BLOCKS,
    Block,
    Notebook,
    NotebookBook,
    NotebookLink,
    RunBlock,
    TextBlock,
)
from fluxagents.flows.ports.session import unknown_session
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.sessions.notebook_contents import find_run, read_contents

Blocks = tuple[Block, ...]

DAY_MS = 86_400_000
LINK_DAYS = 7
MAX_LINK_DAYS = 90

TOKEN_BYTES = 32
SHOWN_DIGITS = 12
"""Of the digest of a link, which name it."""


class Notebooks:
    """What is done with notebooks, for whoever a client acts for.

    Args:
        client: Of whoever acts.
        book: Where notebooks and links are kept.
    """

    def __init__(self, client: RunClient, book: NotebookBook) -> None:
        self._client = client
        self._book = book

    def show(self, session: str) -> Notebook:
        """The notebook of a session, empty if nobody has written in it.

        Raises:
            FluxError: If there is no such session that whoever asks may see.
        """
        is_visible = self._client.authority.may(Action.RUN_READ, _resource(session))
        if not is_visible or self._client.store.sessions.get(session) is None:
            raise unknown_session(session)
        return self._book.get(session)

    def read(self, session: str) -> list[TextBlock | RunState]:
        """The blocks of a notebook, runs as they are now; those that have left the store are left out."""
        return read_contents(self.show(session), self._client.store.load)

    def write(
        self,
        session: str,
        change: Callable[[Blocks], Blocks],
        *,
        version: int | None = None,
        by: str | None = None,
    ) -> Notebook:
        """Change the blocks of a notebook.

        Args:
            session: Whose notebook.
            change: The blocks as they are to be, from those that are there: see `notebook_blocks`.
            version: Of the notebook as it was read; None for whatever it is now.
            by: In whose name, if not your own.

        Raises:
            FluxError: If it was changed since that version, a block names a run that is not of the session,
                there are too many blocks, or whoever acts may not.
        """
        while True:
            before = self.show(session)
            if version not in {None, before.version}:
                raise ConflictError(
                    f"the notebook of {quote(session)} is version {before.version} now, not {version}: "
                    f"{before.changed_by or 'nobody'} changed it",
                    suggestions=("read it again, then change it",),
                )
            blocks = self._check(session, change(before.blocks), before.blocks)
            details: dict[str, JsonValue] = {"version": before.version + 1, "blocks": len(blocks)}
            after = Notebook(
                session=session,
                version=before.version + 1,
                blocks=blocks,
                changed_by=self._record(Action.NOTEBOOK_WRITE, session, by, details),
                changed_ms=self._client.runs.clock.now_ms(),
            )
            if self._book.replace(before, after):
                return after

    def share(
        self, session: str, *, days: float = LINK_DAYS, by: str | None = None
    ) -> tuple[NotebookLink, str]:
        """Let whoever has a link read a notebook as it is then, with your rights.

        Args:
            session: Whose notebook.
            days: How long the link lasts.
            by: In whose name, if not your own.

        Returns:
            The link, and the path that it leads to: shown now and kept nowhere.

        Raises:
            FluxError: If the time is none, or whoever acts may not.
        """
        if not 0 < days <= MAX_LINK_DAYS:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"a link cannot last {days:g} days",
                suggestions=(f"name more than 0 and at most {MAX_LINK_DAYS}",),
            )
        self.show(session)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        digest = digest_secret(token)
        link_id, now_ms = digest[:SHOWN_DIGITS], self._client.runs.clock.now_ms()
        link = NotebookLink(
            id=link_id,
            session=session,
            by=self._record(Action.NOTEBOOK_SHARE, session, by, {"link": link_id, "days": days}),
            created_ms=now_ms,
            expires_ms=now_ms + round(days * DAY_MS),
        )
        self._book.add_link(digest, link)
        return link, f"/shared/{token}"

    def list_links(self, session: str) -> Sequence[NotebookLink]:
        """The links to a notebook that can be followed now."""
        self.show(session)
        return self._book.list_links(session)

    def revoke(self, session: str, link_id: str, *, by: str | None = None) -> NotebookLink:
        """End a link to a notebook.

        Raises:
            FluxError: If there is no such link, or whoever acts may not.
        """
        link = next((each for each in self.list_links(session) if each.id == link_id), None)
        if link is None:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no link {quote(link_id)} to the notebook of {quote(session)}",
                suggestions=(f"`fluxagents sessions notebook links {session}` shows them",),
            )
        self._record(Action.NOTEBOOK_REVOKE, session, by, {"link": link_id})
        self._book.remove_link(link)
        return link

    def open_link(self, token: str) -> NotebookLink:
        """The link that somebody follows, whoever they are.

        Raises:
            FluxError: If there is none: it never was, its time is over, or it was revoked.
        """
        link = self._book.find_link(digest_secret(token))
        if link is None:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                "this link leads nowhere: its time is over, or it was revoked",
                suggestions=("ask whoever sent it for another one",),
            )
        return link

    def _record(self, action: Action, session: str, by: str | None, details: dict[str, JsonValue]) -> str:
        return self._client.authority.record(action, _resource(session), by=by, details=details)

    def _check(self, session: str, blocks: Blocks, before: Blocks) -> Blocks:
        if len(blocks) > MAX_BLOCKS:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"the notebook would have {len(blocks):,} blocks, at most {MAX_BLOCKS} are taken",
            )
        for block in blocks:
            if not isinstance(block, RunBlock) or block in before:
                continue  # a run that has left the store since stays where it is told of
            if find_run(session, block.run, self._client.store.load) is None:
                raise FluxError(
                    ErrorClass.UNKNOWN_ID,
                    f"session {quote(session)} has no run {quote(block.run)}",
                    suggestions=(f"`fluxagents runs list --session {session}` shows its runs",),
                )
        return blocks


def _resource(session: str) -> Resource:
    return Resource(kind="session", id=session, session=session)
