"""The sessions of browsers: who acts by cookie, and whether a page of this site sends the request."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from fluxagents.flows.people.actor import Actor
from fluxagents.flows.people.cross_site import check_same_site
from fluxagents.scheduler.people.sign_in import SESSION_COOKIE, SignIn


@dataclass(frozen=True, slots=True)
class BrowserSessions:
    """What it takes to let a browser in.

    Args:
        sign_in: Signs people in and out.
        origin: How browsers reach the API, such as `https://flux.lab.example`.
    """

    sign_in: SignIn
    origin: str

    def identify(self, method: str, headers: Headers) -> Actor:
        """Who acts with the cookie of a request.

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
            own=(self.origin,),
            token=headers.get("x-csrf-token", ""),
            expected=self.sign_in.csrf_token(cookie),
        )
        return actor


def read_cookie(headers: Headers, name: str) -> str:
    """The value of a cookie; empty if there is none."""
    return cookie_parser(headers.get("cookie", "")).get(name, "")
