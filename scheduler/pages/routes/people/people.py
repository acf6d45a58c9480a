"""`/people`: who belongs to the installation, with which roles and in which groups."""

from __future__ import annotations

from urllib.parse import quote as quote_url

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.seats import GROUP_PREFIX
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.members import Member, Person, ServiceAccount, check_member_name
from fluxagents.flows.people.roles import EVERYWHERE, Grant, Role
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.pages.form import Form
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.people.directory import require_member

router = APIRouter(route_class=PageRoute)


@router.get("/people")
def list_people(who: Who) -> Response:
    """Everybody, for admins; who they are themselves, for others."""
    directory = who.client.authority.directory
    me = require_member(directory, who.name)
    is_admin = _is_admin(who)
    return who.show(
        "people/people.html.j2",
        me=me,
        is_admin=is_admin,
        members=directory.members() if is_admin else [],
        groups=directory.groups() if is_admin else [],
        roles=tuple(Role),
    )


@router.post("/people")
def add_member(who: Who) -> Response:
    """Let a person or a service in, or begin a group with its first member."""
    form, people = who.form, who.ports.people(who.client)
    name, kind = form.get("name"), form.get("kind")
    if kind == "group":
        people.add_to_group(name, [form.get("member")])
        return go_to(_address_group(name))
    check_member_name(name)
    role = _read_role(form)
    grants = (Grant(role=role),) if role else ()
    if kind == "service":
        people.add(ServiceAccount(name=name, purpose=form.get("about"), grants=grants))
    else:
        people.add(Person(name=name, display=form.get("about"), email=form.get("email"), grants=grants))
    return go_to(_address_member(name))


@router.get("/people/groups/{name}")
def show_group(name: str, who: Who) -> Response:
    """A group: its members and its roles."""
    _check_admin(who, name)
    group = who.ports.people(who.client).require_group(name)
    names = [member.name for member in who.client.authority.directory.members()]
    return who.show("people/group.html.j2", group=group, names=names, roles=tuple(Role))


@router.post("/people/groups/{name}")
def change_group(name: str, who: Who) -> Response:
    """Take a member in or out, give a role, or forget the group."""
    form, people = who.form, who.ports.people(who.client)
    match form.get("act"):
        case "add":
            people.add_to_group(people.require_group(name).name, [form.get("member")])
        case "take out":
            people.take_from_group(name, [form.get("member")])
        case "role":
            people.grant(f"{GROUP_PREFIX}{name}", _read_role(form), place=_read_place(form))
        case "remove":
            people.remove_group(name)
            return go_to("/people")
        case _:
            raise _no_act()
    return go_to(_address_group(name))


@router.get("/people/{name}")
def show_member(name: str, who: Who) -> Response:
    """A person or a service: roles, groups, how they are recognised, and their keys."""
    _check_admin(who, name)
    membership = require_member(who.client.authority.directory, name)
    return who.show(
        "people/member.html.j2",
        member=membership.member,
        groups=membership.groups,
        keys=[key for key in who.ports.api_keys.list(who.client.authority) if key.owner == name],
        now_ms=who.ports.clock.now_ms(),
        roles=tuple(Role),
    )


@router.post("/people/{name}")
def change_member(name: str, who: Who) -> Response:
    """Give a role at a place, disable, enable or remove somebody."""
    form, people = who.form, who.ports.people(who.client)
    match form.get("act"):
        case "role":
            people.grant(name, _read_role(form), place=_read_place(form))
        case "disable":
            people.change(name, _disable)
        case "enable":
            people.change(name, _enable)
        case "remove":
            people.remove(name)
            return go_to("/people")
        case _:
            raise _no_act()
    return go_to(_address_member(name))


def _is_admin(who: Visitor) -> bool:
    return who.client.authority.may(Action.AUDIT_READ, Resource(kind="person", id="all"))


def _check_admin(who: Visitor, name: str) -> None:
    who.client.authority.permit(Action.AUDIT_READ, Resource(kind="person", id=name))


def _read_role(form: Form) -> Role | None:
    text = form.get("role")
    if text and text not in set(Role):
        raise FluxError(ErrorClass.BAD_ARGUMENT, "there is no such role", suggestions=tuple(Role))
    return Role(text) if text else None


def _read_place(form: Form) -> str:
    where, name = form.get("where"), form.get("place")
    try:
        grant = Grant(role=Role.VIEWER, place=f"{where}:{name}" if name else EVERYWHERE)
    except ValidationError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(name)} is no {quote(where)} in which somebody can have a role",
            suggestions=("choose project or session, and write its name",),
        ) from error
    return grant.place


def _disable(member: Member) -> Member:
    return member.model_copy(update={"disabled": True})


def _enable(member: Member) -> Member:
    return member.model_copy(update={"disabled": False})


def _no_act() -> FluxError:
    return FluxError(ErrorClass.BAD_ARGUMENT, "no act is chosen")


def _address_member(name: str) -> str:
    return f"/people/{quote_url(name, safe='')}"


def _address_group(name: str) -> str:
    return f"/people/groups/{quote_url(name, safe='')}"
