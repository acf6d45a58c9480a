"""Who looks at a page, and what they send with a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor, Resource
from fluxagents.flows.people.cross_site import SAFE
from fluxagents.scheduler.http.browser_sessions import read_cookie
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.pages.form import CSRF_FIELD, Form, read_form
from fluxagents.scheduler.pages.page_route import NotSignedInError
from fluxagents.scheduler.pages.rendering import render
from fluxagents.scheduler.people.sign_in import SESSION_COOKIE
from fluxagents.scheduler.runs.run_client import RunClient

METRICS = Resource(kind="metrics", id="all")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in with a browser."""

    actor: Actor
    client: RunClient
    """Acts for them."""
    is_admin: bool
    """Whether they see what concerns the whole installation."""
    csrf_token: str
    """What each form of their pages brings back."""
    ports: ApiPorts
    request: Request
    form: Form

    @property
    def name(self) -> str:
        return self.actor.name

    def may(self, action: Action, session: str = "") -> bool:
        """Whether they may do something to runs of a session, so that a page offers it."""
        return self.client.authority.may(action, Resource(kind="run", id="", session=session))

    def show(self, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page for them; see `render`."""
        return render(self.request, template, status=status, **values)


def go_to(address: str) -> RedirectResponse:
    """Where a browser goes after a form was carried out."""
    return RedirectResponse(address, status_code=303)


async def _admit(request: Request) -> Visitor:
    form = await read_form(request) if request.method not in SAFE else Form()
    visitor = await run_sync(_identify, request, form)
    request.state.actor, request.state.visitor = visitor.actor, visitor
    return visitor


def _identify(request: Request, form: Form) -> Visitor:
    ports: ApiPorts = request.app.state.ports
    sessions = ports.browser_sessions
    cookie = read_cookie(request.headers, SESSION_COOKIE)
    try:
        csrf_token = sessions.sign_in.csrf_token(cookie)
        sessions.sign_in.identify(cookie)
    except FluxError as error:
        if error.kind is not ErrorClass.PERMISSION:
            raise
        raise NotSignedInError from error
    actor = sessions.identify(request.method, request.headers, form.get(CSRF_FIELD))
    quota = ports.rate_limits.count(str(actor.proof))
    if quota is not None and quota.remaining < 0:
        raise ProblemError("rate_limited", f"{quota.limit:,} requests a minute are taken from {actor.name}")
    client = ports.client.acting_as(actor)
    is_admin = client.authority.may(Action.AUDIT_READ, METRICS)
    return Visitor(actor, client, is_admin, csrf_token, ports, request, form)


Who = Annotated[Visitor, Depends(_admit)]
"""Whoever is signed in; nobody else comes to a route that asks for them."""
