"""The sessions of browsers: who acts by cookie, and whether a page of this site sends the request."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from fluxagents.flows.people.actor import Actor
from fluxagents.flows.people.cross_site import check_same_site
from fluxagents.scheduler.people.sign_in import SESSION_COOKIE, SignIn

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class BrowserSessions:
    """What it takes to let a browser in.

    Args:
        sign_in: Signs people in and out.
        origin: How browsers reach the API, such as `https://flux.lab.example`; empty where only those of this
            machine do, by whatever port.
    """

    sign_in: SignIn
    origin: str

    def identify(self, method: str, headers: Headers, form_token: str = "") -> Actor:
        """Who acts with the cookie of a request.

        Args:
            method: Of the request.
            headers: Of the request.
            form_token: The CSRF token of its form, where it is sent by one.

        Raises:
            FluxError: `PERMISSION` if it is no session, or another site may have sent a request that changes
                something.
        """
        cookie = read_cookie(headers, SESSION_COOKIE)
        actor = self.sign_in.identify(cookie)
        check_same_site(
            method,
            origin=headers.get("origin"),
            referer=headers.get("referer"),
            own=self._list_own(headers),
            token=form_token or headers.get("x-csrf-token", ""),
            expected=self.sign_in.csrf_token(cookie),
        )
        return actor

    def _list_own(self, headers: Headers) -> tuple[str, ...]:
        """The origins of this site. A name that leads here without being this machine's is no such origin."""
        if self.origin:
            return (self.origin,)
        host = headers.get("host", "")
        return (f"http://{host}",) if urlsplit(f"//{host}").hostname in LOOPBACK else ()


def read_cookie(headers: Headers, name: str) -> str:
    """The value of a cookie; empty if there is none."""
    return cookie_parser(headers.get("cookie", "")).get(name, "")
