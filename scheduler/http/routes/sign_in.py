"""`/sign-in`: a browser comes in by the OpenID provider of the installation, and goes out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from starlette.responses import RedirectResponse

from fluxagents.scheduler.http.access import Ports
from fluxagents.scheduler.http.browser_sessions import BrowserSessions, read_cookie
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.people.sign_in import (
    PENDING_COOKIE,
    PENDING_MS,
    SESSION_COOKIE,
    SESSION_MS,
    format_cookie,
)

router = APIRouter(tags=["sign-in"])


class BrowserSession(BaseModel):
    """Who is signed in, and what a page sends with each request that changes something."""

    name: str
    csrf_token: str
    """For the header `X-CSRF-Token`."""


def _require_provider(ports: ApiPorts) -> BrowserSessions:
    if not ports.browser_sessions.sign_in.has_provider:
        raise ProblemError("no_such_page", "no OpenID provider is named: FLUXAGENTS_OIDC_ISSUER")
    return ports.browser_sessions


@router.get("/sign-in", summary="Sign in", status_code=303, response_class=RedirectResponse)
def begin_sign_in(
    ports: Ports, next_path: Annotated[str, Query(alias="next", max_length=2_000)] = "/"
) -> RedirectResponse:
    """Send a browser to the provider; it comes back to `/sign-in/done`, and goes on to `next`."""
    url, pending = _require_provider(ports).sign_in.begin(next_path)
    answer = RedirectResponse(url, status_code=303)
    answer.headers.append("Set-Cookie", format_cookie(PENDING_COOKIE, pending, max_age_s=PENDING_MS // 1_000))
    return answer


@router.get(
    "/sign-in/done", summary="Come back from the provider", status_code=303, response_class=RedirectResponse
)
def finish_sign_in(
    ports: Ports,
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4_000)] = "",
) -> RedirectResponse:
    """Begin the session of a person for whom the provider vouches."""
    pending = read_cookie(request.headers, PENDING_COOKIE)
    session, path = _require_provider(ports).sign_in.finish(pending, state=state, code=code)
    answer = RedirectResponse(path, status_code=303)
    answer.headers.append("Set-Cookie", format_cookie(PENDING_COOKIE, "", max_age_s=0))
    answer.headers.append("Set-Cookie", format_cookie(SESSION_COOKIE, session, max_age_s=SESSION_MS // 1_000))
    return answer


@router.get("/sign-in/session", summary="Who is signed in")
def show_session_of_browser(ports: Ports, request: Request) -> BrowserSession:
    """The person of the browser's session, with the token that its pages need."""
    sessions, cookie = ports.browser_sessions, read_cookie(request.headers, SESSION_COOKIE)
    actor = sessions.sign_in.identify(cookie)
    return BrowserSession(name=actor.name, csrf_token=sessions.sign_in.csrf_token(cookie))


@router.post("/sign-out", summary="Sign out", status_code=204)
def sign_out(ports: Ports, request: Request, response: Response) -> None:
    """End the session, in every copy of its cookie."""
    sessions = ports.browser_sessions
    sessions.identify(request.method, request.headers)
    sessions.sign_in.end(read_cookie(request.headers, SESSION_COOKIE))
    response.headers.append("Set-Cookie", format_cookie(SESSION_COOKIE, "", max_age_s=0))
