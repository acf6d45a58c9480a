"""Notebooks of sessions, awaited."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.ports.notebook import Notebook, NotebookLink, TextBlock
from fluxagents.flows.state import RunState
from fluxagents.scheduler.sessions.notebook_blocks import Change
from fluxagents.scheduler.sessions.notebooks import LINK_DAYS, Notebooks
from fluxagents.workers.clients.http.http_notebooks import HttpNotebooks
from fluxagents.workers.clients.threads import Threads


class AsyncNotebooks:
    """As `Notebooks`; every method is awaited."""

    def __init__(self, notebooks: Notebooks | HttpNotebooks, threads: Threads) -> None:
        self._notebooks = notebooks
        self._threads = threads

    async def show(self, session: str) -> Notebook:
        """The notebook of a session, empty if nobody has written in it."""
        return await self._threads.call(self._notebooks.show, session)

    async def read(self, session: str) -> list[TextBlock | RunState]:
        """The blocks of a notebook, runs as they are now; those that have left the store are left out."""
        return await self._threads.call(self._notebooks.read, session)

    async def write(
        self, session: str, change: Change, *, version: int | None = None, by: str | None = None
    ) -> Notebook:
        """Change the blocks of a notebook; see `Notebooks.write`."""
        return await self._threads.call(self._notebooks.write, session, change, version=version, by=by)

    async def share(
        self, session: str, *, days: float = LINK_DAYS, by: str | None = None
    ) -> tuple[NotebookLink, str]:
        """Let whoever has a link read a notebook, with your rights; see `Notebooks.share`."""
        return await self._threads.call(self._notebooks.share, session, days=days, by=by)

    async def list_links(self, session: str) -> Sequence[NotebookLink]:
        """The links to a notebook that can be followed now."""
        return await self._threads.call(self._notebooks.list_links, session)

    async def revoke(self, session: str, link_id: str, *, by: str | None = None) -> NotebookLink:
        """End a link to a notebook."""
        return await self._threads.call(self._notebooks.revoke, session, link_id, by=by)
