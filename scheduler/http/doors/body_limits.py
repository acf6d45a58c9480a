"""Refuses bodies that are too large, too slow or compressed, before anything reads them."""

from __future__ import annotations

import asyncio
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxagents.scheduler.http.ports import Limits
from fluxagents.scheduler.http.problems import answer_problem

UPLOADS = "/v1/uploads/"
"""Below it bodies are parts of files."""


class _TooLargeError(Exception):
    pass


class BodyLimits:
    """Lets a body through while it keeps to the limits."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limits.part_bytes if scope["path"].startswith(UPLOADS) else self._limits.body_bytes
        request_id = scope.get("state", {}).get("request_id", "")
        if headers.get("content-encoding", "identity") != "identity":
            answer = answer_problem(
                "media_type",
                f"the body is compressed ({headers['content-encoding'][:40]})",
                request_id=request_id,
                headers={"Accept-Encoding": "identity"},
            )
            await answer(scope, receive, send)
            return
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            await _refuse_size(length, limit, request_id)(scope, receive, send)
            return
        counted = _CountedBody(receive, limit, self._limits.body_s)
        started = False

        async def watch_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, counted.receive, watch_start)
        except _TooLargeError:
            if started:
                raise
            await _refuse_size(f"more than {limit:,}", limit, request_id)(scope, receive, send)
        except TimeoutError:
            if started or counted.is_complete:
                raise
            answer = answer_problem(
                "too_slow",
                f"the body did not arrive within {self._limits.body_s:g} s",
                request_id=request_id,
                headers={"Connection": "close"},
            )
            await answer(scope, receive, send)


class _CountedBody:
    """A body that is counted and timed while it is received."""

    def __init__(self, receive: Receive, limit: int, body_s: float) -> None:
        self._receive = receive
        self._limit = limit
        self._deadline = monotonic() + body_s
        self._size = 0
        self.is_complete = False

    async def receive(self) -> Message:
        if self.is_complete:
            return await self._receive()
        async with asyncio.timeout(max(self._deadline - monotonic(), 0)):
            message = await self._receive()
        if message["type"] != "http.request":
            self.is_complete = True
            return message
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise _TooLargeError
        self.is_complete = not message.get("more_body", False)
        return message


def _refuse_size(size: str, limit: int, request_id: str) -> ASGIApp:
    return answer_problem(
        "too_large",
        f"the body has {size[:40]} bytes, at most {limit:,} are taken here",
        request_id=request_id,
        headers={"Connection": "close"},
        suggestions=["upload large files in parts: POST /v1/uploads"],
    )
