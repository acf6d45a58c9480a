"""The client of runs over HTTP for asynchronous scripts: the methods of `HttpClient`, awaited."""

from __future__ import annotations

import builtins
from types import TracebackType
from typing import Any, Self

from fluxagents.workers.clients.awaited.async_script_client import AsyncScriptClient
from fluxagents.workers.clients.http.http_book import Document, HttpBook
from fluxagents.workers.clients.http.http_client import HttpClient
from fluxagents.workers.clients.threads import Threads


class AsyncHttpClient(AsyncScriptClient):
    """As `HttpClient`, for asyncio: the same methods with the same arguments, awaited.

    Requests go on in threads, and waiting for runs occupies none.

    Args:
        url: Of the API; `FLUXAGENTS_API_URL` when absent.
        key: The API key; `FLUXAGENTS_API_KEY` when absent.

    Raises:
        FluxError: If one of them is named nowhere; each method, as that of `Client`, or if no answer comes.
    """

    def __init__(self, url: str | None = None, key: str | None = None) -> None:
        self._http = HttpClient(url, key)
        super().__init__(self._http, Threads())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def schedules(self) -> AsyncHttpBook:
        """Schedules, as the API describes them."""
        return AsyncHttpBook(self._http.schedules, self._threads)

    @property
    def triggers(self) -> AsyncHttpBook:
        """Triggers, as the API describes them."""
        return AsyncHttpBook(self._http.triggers, self._threads)

    @property
    def webhooks(self) -> AsyncHttpBook:
        """Webhooks, as the API describes them."""
        return AsyncHttpBook(self._http.webhooks, self._threads)

    async def close(self) -> None:
        """Close the connections."""
        await self._threads.call(self._http.close)


class AsyncHttpBook:
    """As `HttpBook`; every method is awaited."""

    def __init__(self, book: HttpBook, threads: Threads) -> None:
        self._book = book
        self._threads = threads

    async def list(self) -> builtins.list[Document]:
        """All that one may see."""
        return await self._threads.call(self._book.list)

    async def show(self, name: str) -> Document:
        """One of them."""
        return await self._threads.call(self._book.show, name)

    async def add(self, name: str, **content: Any) -> Document:
        """Make one; raises `ConflictError` if the name is taken."""
        return await self._threads.call(self._book.add, name, **content)

    async def replace(self, name: str, **content: Any) -> Document:
        """Put another one in its place, unless somebody else does so meanwhile."""
        return await self._threads.call(self._book.replace, name, **content)

    async def remove(self, name: str) -> None:
        """Take it away."""
        await self._threads.call(self._book.remove, name)

    async def read(self, name: str, what: str, **query: Any) -> Any:
        """What belongs to it: the `history` of a schedule or trigger, the `deliveries` of a webhook."""
        return await self._threads.call(self._book.read, name, what, **query)

    async def act(self, name: str, what: str, **body: Any) -> Any:
        """Act on it: `pause`, `resume`, `backfill`, `trigger`, `rotate`, `enable`, `test`."""
        return await self._threads.call(self._book.act, name, what, **body)
