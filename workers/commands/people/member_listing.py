"""`fluxagents people list`, `show` and `me`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from fluxagents.flows.people.members import Group, Member, Person
from fluxagents.flows.texts.display import visible
from fluxagents.scheduler.people.directory import require_member
from fluxagents.workers.commands.command_client import open_authority
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.people.people_store import open_people
from fluxagents.workers.settings import Settings


@click.command("list", epilog=examples("fluxagents people list", "fluxagents people list --json"))
@json_option
def list_members(as_json: bool) -> None:
    """List persons, services and groups: their roles, and how they are recognised."""
    directory = open_people().directory
    members, groups = directory.members(), directory.groups()
    if as_json:
        print_json(
            {
                "members": [member.model_dump(mode="json") for member in members],
                "groups": [group.model_dump(mode="json") for group in groups],
            }
        )
        return
    print_table(
        ("name", "kind", "roles", "groups", "recognised by"),
        [
            *(_member_row(member, groups) for member in members),
            *((group.name, "group", _roles(group), "", ", ".join(group.members)) for group in groups),
        ],
        empty="nobody yet: the first who acts on this machine becomes the admin",
    )


def _member_row(member: Member, groups: Any) -> tuple[str, ...]:
    kind = f"{member.kind} (disabled)" if member.disabled else member.kind
    in_groups = ", ".join(group.name for group in groups if member.name in group.members)
    return (member.name, kind, _roles(member), in_groups, _proofs(member))


def _roles(holder: Member | Group) -> str:
    return ", ".join(map(str, holder.grants)) or "none"


def _proofs(member: Member) -> str:
    if not isinstance(member, Person):
        return "keys"
    users = (f"user {user}" for user in member.os_users)
    return ", ".join((*users, *member.sign_ins)) or "keys"


@click.command(epilog=examples("fluxagents people show ana", "fluxagents people show ana --json"))
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show one person or service: what they may do and know, how they are reached, and who stands in."""
    who = require_member(open_people().directory, name)
    groups = [group.name for group in who.groups]
    if as_json:
        print_json({**who.member.model_dump(mode="json"), "groups": groups})
        return
    for what, text in _describe(who.member, groups):
        if text:
            echo(visible(f"{what}: {text}"))


def _describe(member: Member, groups: list[str]) -> Iterator[tuple[str, str]]:
    yield member.kind, f"{member.name}{' (disabled)' if member.disabled else ''}"
    yield "roles", _roles(member)
    yield "groups", ", ".join(groups)
    if not isinstance(member, Person):
        yield "purpose", member.purpose
        return
    yield "called", member.display
    yield "skills", ", ".join(member.skills)
    yield "told by", ", ".join(("inbox", *member.notify))
    yield "quiet hours", str(member.quiet or "")
    yield "away", str(member.away or "")
    yield "recognised by", _proofs(member)


@click.command(epilog=examples("fluxagents people me", "fluxagents people me --json"))
@json_option
def me(as_json: bool) -> None:
    """Show who you are here, what proves it, and your roles."""
    authority = open_authority(Settings.load())
    actor = authority.actor
    who = require_member(authority.directory, actor.name)
    if as_json:
        print_json(
            {
                "name": actor.name,
                "proof": actor.proof.model_dump(),
                "scopes": None if actor.scopes is None else sorted(actor.scopes),
                "groups": [group.name for group in who.groups],
                "grants": [grant.model_dump(mode="json") for grant in who.grants],
            }
        )
        return
    scopes = "" if actor.scopes is None else f", with the scopes {', '.join(sorted(actor.scopes))}"
    echo(f"{actor.name}, by {actor.proof}{scopes}")
    echo(f"roles: {', '.join(map(str, who.grants)) or 'none'}")
    if who.groups:
        echo(f"groups: {', '.join(group.name for group in who.groups)}")
