"""Notebooks of sessions over HTTP: the methods of `Notebooks`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import JsonValue, TypeAdapter

from fluxagents.flows.errors import ConflictError
from fluxagents.flows.ports.notebook import Notebook, NotebookLink, TextBlock
from fluxagents.flows.state import RunState
from fluxagents.scheduler.sessions.notebook_blocks import Change
from fluxagents.scheduler.sessions.notebook_contents import read_contents
from fluxagents.scheduler.sessions.notebooks import LINK_DAYS
from fluxagents.workers.clients.http.api_calls import ApiCall, call_session, refuse_other
from fluxagents.workers.clients.http.connection import ApiConnection
from fluxagents.workers.clients.http.http_runs import HttpRuns

LINKS: TypeAdapter[list[NotebookLink]] = TypeAdapter(list[NotebookLink])


class HttpNotebooks:
    """What is done with notebooks, for whoever owns the key.

    Args:
        api: Where notebooks are asked for.
        runs: Where the runs that they tell of are read.
    """

    def __init__(self, api: ApiConnection, runs: HttpRuns) -> None:
        self._api = api
        self._runs = runs

    def show(self, session: str) -> Notebook:
        """The notebook of a session, empty if nobody has written in it."""
        return Notebook.model_validate_json(self._api.send(call_session(session, "/notebook")))

    def read(self, session: str) -> list[TextBlock | RunState]:
        """The blocks of a notebook, runs as they are now; those that have left the store are left out."""
        return read_contents(self.show(session), self._runs.load)

    def write(
        self, session: str, change: Change, *, version: int | None = None, by: str | None = None
    ) -> Notebook:
        """Change the blocks of a notebook; see `Notebooks.write`."""
        refuse_other(by)
        path = call_session(session, "/notebook").path
        while True:
            before = self.show(session)
            body: dict[str, JsonValue] = {
                "version": before.version if version is None else version,
                "blocks": [block.model_dump(mode="json") for block in change(before.blocks)],
            }
            try:
                return Notebook.model_validate_json(self._api.send(ApiCall("PUT", path, body)))
            except ConflictError:
                # Somebody else was faster; any other conflict would come again.
                if version is not None or self.show(session).version == before.version:
                    raise

    def share(
        self, session: str, *, days: float = LINK_DAYS, by: str | None = None
    ) -> tuple[NotebookLink, str]:
        """Let whoever has a link read a notebook, with your rights; see `Notebooks.share`."""
        refuse_other(by)
        made = json.loads(self._api.send(call_session(session, "/notebook/links", {"days": days})))
        return NotebookLink.model_validate(made["link"]), str(made["path"])

    def list_links(self, session: str) -> Sequence[NotebookLink]:
        """The links to a notebook that can be followed now."""
        return LINKS.validate_json(self._api.send(call_session(session, "/notebook/links")))

    def revoke(self, session: str, link_id: str, *, by: str | None = None) -> NotebookLink:
        """End a link to a notebook."""
        refuse_other(by)
        path = call_session(session, f"/notebook/links/{link_id}").path
        return NotebookLink.model_validate_json(self._api.send(ApiCall("DELETE", path)))
