"""`/keys`: keys by which programs act: created, shown once, and revoked."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action, Scope
from fluxagents.flows.people.actor import Resource
from fluxagents.scheduler.pages.form import Form
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to

router = APIRouter(route_class=PageRoute)

DAY_MS = 86_400_000
MAX_DAYS = 3_650
MAX_PURPOSE = 200


@router.get("/keys")
def list_keys(who: Who) -> Response:
    """Their keys, or all keys for an admin."""
    return _show(who)


@router.post("/keys")
def create_key(who: Who) -> Response:
    """Create a key; the page that answers is the only one that shows it."""
    form = who.form
    text, _ = who.ports.api_keys.create(
        who.client.authority,
        owner=form.get("owner") or None,
        scopes=_read_scopes(form),
        expires_ms=_read_end(form, who.ports.clock.now_ms()),
        purpose=form.get("purpose")[:MAX_PURPOSE],
    )
    return _show(who, created=str(text))


@router.post("/keys/{prefix}")
def revoke_key(prefix: str, who: Who) -> Response:
    """Let a key count no more, at once."""
    who.ports.api_keys.revoke(who.client.authority, prefix)
    return go_to("/keys")


def _show(who: Visitor, created: str = "") -> Response:
    authority = who.client.authority
    scopes = who.actor.scopes
    return who.show(
        "people/keys.html.j2",
        status=201 if created else 200,
        created=created,
        keys=who.ports.api_keys.list(authority),
        now_ms=who.ports.clock.now_ms(),
        scopes=[scope for scope in Scope if scopes is None or scope in scopes],
        is_admin=authority.may(Action.KEY_CREATE_FOR_OTHER, Resource(kind="key", id="")),
        max_days=MAX_DAYS,
    )


def _read_scopes(form: Form) -> frozenset[Scope]:
    chosen = form.all("scope")
    if not chosen or not set(chosen) <= set(Scope):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, "a key is good for something", suggestions=("tick what it is good for",)
        )
    return frozenset(map(Scope, chosen))


def _read_end(form: Form, now_ms: int) -> int:
    """Until when the key counts (Unix time in ms); 0 for as long as it is not revoked."""
    days = form.get("days")
    if not days:
        return 0
    if not days.isdecimal() or not 1 <= int(days) <= MAX_DAYS:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"a key ends after 1 to {MAX_DAYS:,} days")
    return now_ms + int(days) * DAY_MS
