"""Reads the body of a request before a route does, and refuses what is too large, too slow or compressed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxagents.scheduler.http.addresses import FILE_FORMS, HOOKS, UPLOADS
from fluxagents.scheduler.http.ports import Limits
from fluxagents.scheduler.http.problems import ProblemError, answer_problem
from fluxagents.scheduler.http.route_table import is_page


class BodyLimits:
    """Lets a request through with a body that keeps to the limits, or without one.

    A body is held whole: no route takes one that is larger than what memory has room for many times.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if "content-length" not in headers and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        limit, seconds = self._find_limits(scope["path"])
        try:
            _check_headers(headers, limit)
        except ProblemError as error:
            if is_page(scope["path"]):
                # A browser shows no answer that comes before it has sent all.
                await _discard_body(receive, seconds)
            await self._refuse(error, scope, receive, send)
            return
        try:
            body = await _read_in_time(receive, limit, seconds)
        except ProblemError as error:
            await self._refuse(error, scope, receive, send)
        except ClientDisconnect:
            return
        else:
            await self._app(scope, give_again(body, receive), send)

    async def _refuse(self, error: ProblemError, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the problem; a page tells of it in its own way, when it comes to read the body."""
        if is_page(scope["path"]):
            await self._app(scope, _raise_instead(error), send)
            return
        request_id = scope.get("state", {}).get("request_id", "")
        answer = answer_problem(
            error.name, error.detail, headers=error.headers, request_id=request_id, **error.more
        )
        await answer(scope, receive, send)

    def _find_limits(self, path: str) -> tuple[int, float]:
        """How many bytes are taken at an address, and in how many seconds."""
        if path.startswith(HOOKS):
            return self._limits.hook_bytes, self._limits.hook_s
        is_part = path.startswith(UPLOADS) or path in FILE_FORMS
        return self._limits.part_bytes if is_part else self._limits.body_bytes, self._limits.body_s


def _check_headers(headers: Headers, limit: int) -> None:
    if (encoding := headers.get("content-encoding", "identity")) != "identity":
        raise ProblemError("media_type", f"the body is compressed ({encoding[:40]})")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > limit:
        raise _too_large(f"{int(length):,}" if length.isdecimal() else length[:40], limit)


async def _read_in_time(receive: Receive, limit: int, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await read_body(receive, limit)
    except TimeoutError:
        raise ProblemError(
            "too_slow",
            f"the body did not arrive within {seconds:g} s",
            headers={"Connection": "close"},
        ) from None


async def _discard_body(receive: Receive, seconds: float) -> None:
    """Take what is sent for a while and keep none of it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive()).get("more_body", False):
                pass


def _raise_instead(error: ProblemError) -> Receive:
    """A `receive` for whoever reads a body that was refused."""

    async def refuse() -> Message:
        raise error

    return refuse


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body of a request.

    Raises:
        ProblemError: If it is longer than `limit` bytes.
        ClientDisconnect: If whoever sends it goes away.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large("more", limit)
        if not message.get("more_body", False):
            return bytes(body)


def give_again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that first gives a body that was read already."""
    is_sent = False

    async def receive_again() -> Message:
        nonlocal is_sent
        if is_sent:
            return await receive()
        is_sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _too_large(size: str, limit: int) -> ProblemError:
    return ProblemError(
        "too_large",
        f"what was sent has {size} bytes, at most {limit:,} are taken here",
        headers={"Connection": "close"},
        suggestions=[
            "send a large file in parts: drop it on the page, add it by the command line, or use /v1/uploads"
        ],
    )
