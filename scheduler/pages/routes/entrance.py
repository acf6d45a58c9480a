"""`/enter` and `/leave`: somebody comes in with a key, a link or the OpenID provider, and goes out again."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote as quote_url

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.sign_in import local_path
from fluxagents.scheduler.http.access import Ports
from fluxagents.scheduler.http.browser_sessions import read_cookie
from fluxagents.scheduler.pages.form import read_form
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.rendering import render
from fluxagents.scheduler.pages.visitor import Who, go_to
from fluxagents.scheduler.people.sign_in import SESSION_COOKIE, SESSION_MS, format_cookie

router = APIRouter(route_class=PageRoute)

Next = Annotated[str, Query(alias="next", max_length=2_000)]


@router.get("/enter")
def show_entrance(request: Request, ports: Ports, next_path: Next = "/") -> Response:
    """The ways to come in."""
    return _show(request, ports.browser_sessions.sign_in.has_provider, local_path(next_path))


@router.post("/enter")
async def enter_with_key(request: Request, ports: Ports) -> Response:
    """Begin a session with an API key.

    No page of another site may do so: whoever looks would act as somebody else without knowing.
    """
    form = await read_form(request)
    next_path, sign_in = local_path(form.get("next")), ports.browser_sessions.sign_in
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return _show(request, sign_in.has_provider, next_path, "sign in on this page, not on another site")
    try:
        session = await run_sync(sign_in.enter_with_key, form.get("key"))
    except FluxError as error:
        if error.kind is not ErrorClass.PERMISSION:
            raise
        return _show(request, sign_in.has_provider, next_path, error.message)
    return _begin(session, next_path)


@router.get("/enter/link")
def enter_by_link(ports: Ports, once: Annotated[str, Query(max_length=100)]) -> Response:
    """Begin the session for which `fluxagents page` made a link."""
    return _begin(ports.browser_sessions.sign_in.enter_by_link(once), "/")


@router.post("/leave")
def leave(who: Who) -> Response:
    """End the session, in every copy of its cookie."""
    who.ports.browser_sessions.sign_in.end(read_cookie(who.request.headers, SESSION_COOKIE))
    answer = go_to("/enter")
    answer.headers.append("Set-Cookie", format_cookie(SESSION_COOKIE, "", max_age_s=0))
    return answer


def _show(request: Request, has_provider: bool, next_path: str, problem: str = "") -> Response:
    return render(
        request,
        "entrance.html.j2",
        status=403 if problem else 200,
        has_provider=has_provider,
        next_path=next_path,
        provider_path=f"/sign-in?next={quote_url(next_path, safe='')}",
        problem=problem,
    )


def _begin(session: str, path: str) -> Response:
    answer = go_to(path)
    answer.headers.append("Set-Cookie", format_cookie(SESSION_COOKIE, session, max_age_s=SESSION_MS // 1_000))
    return answer
