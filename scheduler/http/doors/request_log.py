"""Gives every request an id, writes a line about it, and answers with the headers that every answer has."""

from __future__ import annotations

import re
from collections.abc import Callable
from secrets import token_hex
from time import monotonic

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxagents.flows.texts.trace_context import TRACEPARENT, read_trace
from fluxagents.scheduler.http.problems import answer_problem
from fluxagents.scheduler.http.route_table import name_resource

REQUEST_ID = "X-Request-ID"
TRACE_ID = "X-Trace-ID"
"""Of the trace that the request came with, or of the run that it started."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}

LINKS = ("/answer/", "/shared/")
"""Below them a path is a secret of whoever it was sent to."""

_ID = re.compile(r"[A-Za-z0-9_.\-]{1,64}")

log = structlog.get_logger("api")


Note = Callable[[str, str, int, float | None], None]
"""Counts a request: what it is about, its method, the status, and the seconds unless it was a stream."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestLog:
    """The outermost part of the API; what fails inside without an answer is answered here."""

    def __init__(self, app: ASGIApp, note: Note) -> None:
        self._app = app
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = asked if _ID.fullmatch(asked) else token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        trace = read_trace(Headers(scope=scope).get(TRACEPARENT, ""))
        names = {"request": request_id} | ({"trace": trace} if trace else {})
        began, status, is_stream = monotonic(), 0, False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                is_stream = headers.get("content-type", "").startswith("text/event-stream")
                headers[REQUEST_ID] = request_id
                if trace:
                    headers.setdefault(TRACE_ID, trace)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        with structlog.contextvars.bound_contextvars(**names):
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception:
                log.exception("fault", method=scope["method"], path=_hide_link(scope["path"]))
                if status:
                    raise
                answer = answer_problem(
                    "internal", "something went wrong here, not with the request", request_id=request_id
                )
                await answer(scope, receive, send_with_headers)
            finally:
                actor = scope["state"].get("actor")
                seconds = monotonic() - began
                method = scope["method"] if scope["method"] in METHODS else "other"
                self._note(name_resource(scope["path"]), method, status, None if is_stream else seconds)
                log.info(
                    "request",
                    method=scope["method"],
                    # Without its query, which is where people put keys.
                    path=_hide_link(scope["path"]),
                    status=status,
                    duration_ms=round(seconds * 1_000, 1),
                    by=actor.name if actor else "",
                )


def _hide_link(path: str) -> str:
    """The path without what lets whoever has it answer a request or read a notebook."""
    return next((f"{links}***" for links in LINKS if path.startswith(links)), path)
