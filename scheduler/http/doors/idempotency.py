"""A request with an `Idempotency-Key` is carried out once; a second one gets the same answer for a day."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode, b64encode
from typing import Any

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.http.doors.body_limits import give_again, read_body
from fluxagents.scheduler.http.ports import IdempotencyKeys
from fluxagents.scheduler.http.problems import answer_flux_error, answer_problem

HEADER = "Idempotency-Key"

MAX_BODY = 100_000_000
"""Bytes; no body gets so far, since the limits come before."""

MAX_RESPONSE = 1_000_000
"""Bytes of an answer that are kept; after a larger one the same request is carried out again."""

_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,200})"?')
_KEPT_HEADERS = frozenset({"content-type", "location", "etag", "link"})
_SERVER_ERROR = 500


class Idempotency:
    """Remembers the answers to requests that carry a key."""

    def __init__(self, app: ASGIApp, keys: IdempotencyKeys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        state = scope.get("state", {})
        if HEADER not in headers or scope["method"] != "POST" or "actor" not in state:
            await self._app(scope, receive, send)
            return
        request_id = state.get("request_id", "")
        match = _KEY.fullmatch(headers[HEADER])
        if match is None:
            answer = answer_problem(
                "invalid_request", f"{HEADER} is 1 to 200 visible characters", request_id=request_id
            )
            await answer(scope, receive, send)
            return
        body = await read_body(receive, MAX_BODY)
        key = f"{state['actor'].name}:{match[1]}"
        try:
            known = await run_sync(self._keys.begin, key, _digest(scope, body))
        except FluxError as error:
            await answer_flux_error(error, request_id)(scope, receive, send)
            return
        if known.status == "done":
            await _replay(known.response)(scope, receive, send)
        elif known.status == "in_flight":
            detail = f"the request with {HEADER} {match[1]} is being carried out"
            retry = {"Retry-After": "1"}
            await answer_problem("in_flight", detail, request_id=request_id, headers=retry)(
                scope, receive, send
            )
        elif known.status == "other":
            detail = f"{HEADER} {match[1]} came with another request before"
            await answer_problem("key_reused", detail, request_id=request_id)(scope, receive, send)
        else:
            state["idempotency"] = (key, known.first_ms)
            await self._carry_out(scope, give_again(body, receive), send, key)

    async def _carry_out(self, scope: Scope, receive: Receive, send: Send, key: str) -> None:
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer.send)
        except BaseException:
            await run_sync(self._keys.abandon, key)
            raise
        if answer.is_repeatable:
            await run_sync(self._keys.finish, key, answer.dump())
        else:
            await run_sync(self._keys.abandon, key)


class _Answer:
    """An answer that is sent and kept."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._size = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = Headers(raw=message["headers"])
            self._headers = {name: value for name, value in headers.items() if name in _KEPT_HEADERS}
        elif message["type"] == "http.response.body":
            part = message.get("body", b"")
            self._size += len(part)
            if self._size <= MAX_RESPONSE:
                self._body += part
        await self._send(message)

    @property
    def is_repeatable(self) -> bool:
        """Whether the same answer may be given again: not where the fault was here."""
        return 0 < self._status < _SERVER_ERROR and self._size <= MAX_RESPONSE

    def dump(self) -> bytes:
        document = {
            "status": self._status,
            "headers": self._headers,
            "body": b64encode(bytes(self._body)).decode(),
        }
        return json.dumps(document).encode()


def _replay(kept: bytes) -> Response:
    document: dict[str, Any] = json.loads(kept)
    headers = {**document["headers"], "Idempotent-Replayed": "true"}
    return Response(b64decode(document["body"]), document["status"], headers=headers)


def _digest(scope: Scope, body: bytes) -> str:
    head = f"{scope['method']} {scope['path']}?{scope.get('query_string', b'').decode('latin-1')}\n"
    return hashlib.sha256(head.encode() + body).hexdigest()
