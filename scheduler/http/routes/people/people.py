"""`/v1/people`, `/v1/keys` and `/v1/me`: who may do what, and with which keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action, Scope
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.api_key import ApiKey
from fluxagents.flows.people.digest import read_digest
from fluxagents.flows.people.members import Group, NotifyBy, Person, ServiceAccount
from fluxagents.flows.people.quiet_hours import read_quiet_hours
from fluxagents.flows.people.roles import Grant
from fluxagents.flows.ports.session import PersonQuota
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.http.access import Body, Client, IfMatch, Ports, Who, check_match, tag_content
from fluxagents.scheduler.http.times import Time, to_milliseconds
from fluxagents.scheduler.people.directory import require_member
from fluxagents.scheduler.runs.run_client import RunClient

router = APIRouter()

MAX_RUNS = 10**9


class Me(Body):
    """Who you are here."""

    name: str
    proof: str
    scopes: list[Scope] | None
    """What your key is good for."""
    grants: list[Grant]
    groups: list[str]


class Notifications(Body):
    """How you are told of what waits for you, beside the inbox."""

    notify: tuple[NotifyBy, ...] = ()
    """By which channels; an admin notes where they reach you."""
    quiet: str = Field("", max_length=100, examples=["20:00-07:00 Europe/Vienna"])
    """When you are told of nothing that can wait; empty for never."""
    digest: str = Field("", max_length=100, examples=["Mon-Fri 08:00 Europe/Vienna"])
    """When one mail tells of all that can wait; empty for a mail each."""


class KeyView(Body):
    """A key, without what makes it one."""

    prefix: str
    owner: str
    purpose: str
    scopes: list[Scope]
    status: str
    created: datetime
    expires: datetime | None
    last_used: datetime | None


class NewKey(Body):
    """A key to be made."""

    owner: str | None = Field(None, max_length=64)
    """The person or service that will act with it; you if absent."""
    scopes: set[Scope] = Field(default_factory=lambda: set(Scope), min_length=1)
    expires: Time | None = None
    purpose: str = Field("", max_length=200, examples=["nightly script"])


class NewQuota(Body):
    """What a person may have in all sessions together; null for any number."""

    runs_at_once: Annotated[int, Field(ge=1, le=MAX_RUNS)] | None = None
    """Of their own that have not ended."""
    runs_per_day: Annotated[int, Field(ge=1, le=MAX_RUNS)] | None = None
    """That they start on one day (UTC)."""
    weight: Annotated[float, Field(ge=1e-6, le=1e6)] = 1.0
    """Of their share of busy workers."""


class CreatedKey(KeyView):
    """A key as its owner needs it."""

    key: str
    """Shown now and never again."""


@router.get("/me", summary="Who you are", tags=["people"])
def show_me(who: Who, client: Client) -> Me:
    """Your name, your roles, and what your key is good for."""
    member = require_member(client.authority.directory, who.name)
    return Me(
        name=who.name,
        proof=str(who.proof),
        scopes=None if who.scopes is None else sorted(who.scopes),
        grants=list(member.grants),
        groups=[group.name for group in member.groups],
    )


@router.get("/me/notifications", summary="Show how you are told", tags=["people"])
def show_notifications(who: Who, client: Client) -> Notifications:
    """By which channels you are told of what waits for you, and when."""
    return _describe_notifications(require_member(client.authority.directory, who.name).member)


@router.put("/me/notifications", summary="Choose how you are told", tags=["people"])
def choose_notifications(body: Notifications, who: Who, client: Client, ports: Ports) -> Notifications:
    """Say by which channels you are told of what waits for you, and when; it replaces what you had said."""
    chosen = {
        "notify": body.notify,
        "quiet": read_quiet_hours(body.quiet),
        "digest": read_digest(body.digest),
    }

    def apply(member: Person | ServiceAccount) -> Person | ServiceAccount:
        if isinstance(member, ServiceAccount):
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"{quote(who.name)} is a service, and told nothing")
        return member.model_copy(update=chosen)

    return _describe_notifications(ports.people(client).change(who.name, apply))


def _describe_notifications(member: Person | ServiceAccount) -> Notifications:
    if isinstance(member, ServiceAccount):
        return Notifications()
    quiet, digest = member.quiet, member.digest
    return Notifications(
        notify=member.notify, quiet=str(quiet) if quiet else "", digest=str(digest) if digest else ""
    )


@router.get("/people", summary="List people and services", tags=["people"])
def list_people(client: Client) -> list[Person | ServiceAccount]:
    """All persons and services of the installation, for admins."""
    _check_admin(client, "all")
    return list(client.authority.directory.members())


@router.get("/people/{name}", summary="Show a person or service", tags=["people"])
def show_person(name: str, client: Client) -> Person | ServiceAccount:
    """A person or a service, for admins."""
    _check_admin(client, name)
    return require_member(client.authority.directory, name).member


@router.get("/people/{name}/quota", summary="Show a quota", tags=["people"])
def show_quota(name: str, who: Who, client: Client, ports: Ports, response: Response) -> PersonQuota:
    """What a person may have at once and start in a day: your own, or anybody's for an admin."""
    if name != who.name:
        _check_admin(client, name)
    require_member(client.authority.directory, name)
    return _answer_quota(ports.sessions(client).quota(name), response)


@router.get("/quotas", summary="List quotas", tags=["people"])
def list_quotas(client: Client, ports: Ports) -> dict[str, PersonQuota]:
    """The quotas that somebody set, by person, for admins."""
    _check_admin(client, "all")
    return ports.sessions(client).quotas()


@router.put("/people/{name}/quota", summary="Set a quota", tags=["people"])
def set_quota(
    name: str, body: NewQuota, client: Client, ports: Ports, response: Response, if_match: IfMatch = ""
) -> PersonQuota:
    """Hold a person to a quota from the next start on; it replaces the one before."""
    _check_admin(client, name)
    sessions = ports.sessions(client)
    check_match(if_match, tag_content(sessions.quota(name)), f"the quota of {quote(name)}")
    return _answer_quota(sessions.set_quota(name, PersonQuota(**body.model_dump())), response)


def _answer_quota(quota: PersonQuota, response: Response) -> PersonQuota:
    response.headers["ETag"] = tag_content(quota)
    return quota


@router.get("/groups", summary="List groups", tags=["people"])
def list_groups(client: Client) -> list[Group]:
    """All groups with their members, for admins."""
    _check_admin(client, "all")
    return list(client.authority.directory.groups())


def _check_admin(client: RunClient, name: str) -> None:
    client.authority.permit(Action.AUDIT_READ, Resource(kind="person", id=name))


@router.get("/keys", summary="List keys", tags=["keys"])
def list_keys(client: Client, ports: Ports) -> list[KeyView]:
    """Your keys, or all keys for an admin, the newest first."""
    now_ms = ports.clock.now_ms()
    return [KeyView(**_describe(key, now_ms)) for key in ports.api_keys.list(client.authority)]


@router.post("/keys", status_code=201, summary="Create a key", tags=["keys"])
def create_key(body: NewKey, client: Client, ports: Ports, response: Response) -> CreatedKey:
    """Create a key; it is shown once."""
    text, key = ports.api_keys.create(
        client.authority,
        owner=body.owner,
        scopes=body.scopes,
        expires_ms=to_milliseconds(body.expires) if body.expires else 0,
        purpose=body.purpose,
    )
    response.headers["Location"] = f"/v1/keys/{key.prefix}"
    return CreatedKey(**_describe(key, ports.clock.now_ms()), key=str(text))


@router.delete("/keys/{prefix}", summary="Revoke a key", tags=["keys"])
def revoke_key(prefix: str, client: Client, ports: Ports) -> KeyView:
    """Let a key count no more, at once."""
    key = ports.api_keys.revoke(client.authority, prefix)
    return KeyView(**_describe(key, ports.clock.now_ms()))


def _describe(key: ApiKey, now_ms: int) -> dict[str, object]:
    return {
        "prefix": key.prefix,
        "owner": key.owner,
        "purpose": key.purpose,
        "scopes": sorted(key.scopes),
        "status": key.status(now_ms),
        "created": _time(key.created_ms),
        "expires": _time(key.expires_ms),
        "last_used": _time(key.last_used_ms),
    }


def _time(at_ms: int) -> datetime | None:
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC) if at_ms else None
