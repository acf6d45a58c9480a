"""Nobody comes in without a key or a session: it is asked for before a body is read."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from anyio.to_thread import run_sync
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actor import Actor
from fluxagents.scheduler.http.addresses import takes_key
from fluxagents.scheduler.http.browser_sessions import BrowserSessions
from fluxagents.scheduler.http.ports import Quota, RateLimits
from fluxagents.scheduler.http.problems import answer_flux_error, answer_problem
from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.sign_in import SESSION_COOKIE

KEY_NAMES = frozenset(
    {"key", "api_key", "apikey", "api-key", "access_token", "token", "authorization", "bearer"}
)
"""Parameters that people put keys into."""

_SCHEME = "bearer"


class Authentication:
    """Finds out who acts, counts their requests, and lets them in."""

    def __init__(
        self, app: ASGIApp, api_keys: ApiKeys, sessions: BrowserSessions, limits: RateLimits
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._api_keys = api_keys
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not takes_key(scope["path"]):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        quota, refusal = await self._check(scope, state)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif quota is None:
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send, _quota_headers(quota)))

    async def _check(self, scope: Scope, state: dict[str, Any]) -> tuple[Quota | None, ASGIApp | None]:
        """Where the actor stands in this minute, or the answer for one who may not come in."""
        request_id = state.get("request_id", "")
        if _has_key_in_url(scope):
            return None, answer_problem("key_in_url", "the URL holds a key", request_id=request_id)
        headers = Headers(scope=scope)
        by_cookie = SESSION_COOKIE in headers.get("cookie", "")
        if "authorization" not in headers and not by_cookie:
            return None, _ask_for_key("no key came with the request", request_id)
        try:
            actor, quota = await run_sync(self._admit, scope["method"], headers)
        except FluxError as error:
            if error.kind is not ErrorClass.PERMISSION or (by_cookie and "authorization" not in headers):
                return None, answer_flux_error(error, request_id)
            # Whether it was never one, has expired or was revoked is nobody's business without a key.
            return None, _ask_for_key("the key is not valid", request_id)
        state["actor"] = actor
        if quota is not None and quota.remaining < 0:
            return None, _refuse_rate(actor, quota, request_id)
        return quota, None

    def _admit(self, method: str, headers: Headers) -> tuple[Actor, Quota | None]:
        """Who acts, by key or else by the session of a browser, and how often they did."""
        header = headers.get("authorization")
        if header is None:
            actor = self._sessions.identify(method, headers)
        else:
            scheme, _, key = header.partition(" ")
            actor = self._api_keys.identify(key.strip() if scheme.lower() == _SCHEME else "", "http")
        return actor, self._limits.count(str(actor.proof))


def _has_key_in_url(scope: Scope) -> bool:
    query = scope.get("query_string", b"")
    if not query:
        return False
    names = (name.lower() for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    return not KEY_NAMES.isdisjoint(names)


def _ask_for_key(detail: str, request_id: str) -> ASGIApp:
    return answer_problem(
        "unauthenticated",
        detail,
        request_id=request_id,
        headers={"WWW-Authenticate": 'Bearer realm="fluxagents"'},
        suggestions=[
            "send the header `Authorization: Bearer KEY`",
            "`fluxagents api-keys create` makes a key",
        ],
    )


def _refuse_rate(actor: Actor, quota: Quota, request_id: str) -> ASGIApp:
    return answer_problem(
        "rate_limited",
        f"{quota.limit:,} requests a minute are taken from {actor.name}",
        request_id=request_id,
        headers={"Retry-After": str(quota.reset_s), **_quota_headers(quota)},
    )


def _quota_headers(quota: Quota) -> dict[str, str]:
    return {
        "RateLimit-Policy": f'"minute";q={quota.limit};w=60',
        "RateLimit": f'"minute";r={max(quota.remaining, 0)};t={quota.reset_s}',
    }


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return send_with_headers
