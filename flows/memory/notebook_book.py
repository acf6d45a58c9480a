"""Notebooks of sessions in this process's memory."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.notebook import Notebook, NotebookLink


class MemoryNotebookBook:
    """Notebooks, and links to them, in memory.

    Args:
        clock: Says whether the time of a link is over.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._notebooks: dict[str, Notebook] = {}
        self._links: dict[str, NotebookLink] = {}

    def get(self, session: str) -> Notebook:
        return self._notebooks.get(session, Notebook(session=session))

    def replace(self, before: Notebook, after: Notebook) -> bool:
        if self.get(before.session) != before:
            return False
        self._notebooks[before.session] = after
        return True

    def add_link(self, digest: str, link: NotebookLink) -> None:
        self._links[digest] = link

    def find_link(self, digest: str) -> NotebookLink | None:
        link = self._links.get(digest)
        return link if link and link.expires_ms > self._clock.now_ms() else None

    def list_links(self, session: str) -> Sequence[NotebookLink]:
        found = filter(None, map(self.find_link, self._links))
        return sorted((link for link in found if link.session == session), key=lambda link: link.created_ms)

    def remove_link(self, link: NotebookLink) -> None:
        self._links = {digest: each for digest, each in self._links.items() if each != link}
