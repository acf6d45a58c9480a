"""What is kept under names behind an address: schedules, triggers or webhooks."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from fluxagents.workers.clients.http.api_calls import ApiCall, call_post
from fluxagents.workers.clients.http.connection import ApiConnection

Document = dict[str, Any]
"""As `docs/openapi.json` describes it."""


class HttpBook:
    """Lists, makes, changes and removes what has a name, and acts on it.

    Args:
        api: Where it is asked for.
        address: Where it is kept: `schedules`, `triggers` or `webhooks`.
    """

    def __init__(self, api: ApiConnection, address: str) -> None:
        self._api = api
        self._address = address

    def list(self) -> list[Document]:
        """All that one may see."""
        documents: list[Document] = json.loads(self._api.send(ApiCall("GET", f"/v1/{self._address}")))
        return documents

    def show(self, name: str) -> Document:
        """One of them."""
        return self._read(ApiCall("GET", self._path(name)))

    def add(self, name: str, **content: Any) -> Document:
        """Make one; raises `ConflictError` if the name is taken."""
        return self._read(call_post(f"/v1/{self._address}", {**content, "name": name}))

    def replace(self, name: str, **content: Any) -> Document:
        """Put another one in its place, unless somebody else does so meanwhile."""
        path = self._path(name)
        tag = self._api.read_tag(ApiCall("GET", path))
        return self._read(ApiCall("PUT", path, content, {"If-Match": tag}))

    def remove(self, name: str) -> None:
        """Take it away."""
        self._api.send(ApiCall("DELETE", self._path(name)))

    def read(self, name: str, what: str, **query: Any) -> Any:
        """What belongs to it: the `history` of a schedule or trigger, the `deliveries` of a webhook."""
        options = "&".join(f"{option}={quote(str(value), safe='')}" for option, value in query.items())
        return json.loads(self._api.send(ApiCall("GET", f"{self._path(name)}/{what}?{options}")))

    def act(self, name: str, what: str, **body: Any) -> Any:
        """Act on it: `pause`, `resume`, `backfill`, `trigger`, `rotate`, `enable`, `test`."""
        return json.loads(self._api.send(call_post(f"{self._path(name)}/{what}", body)))

    def _read(self, call: ApiCall) -> Document:
        document: Document = json.loads(self._api.send(call))
        return document

    def _path(self, name: str) -> str:
        return f"/v1/{self._address}/{quote(name, safe='')}"
