"""`fluxagents people add`, `change`, `remove` and `role`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.digest import read_digest
from fluxagents.flows.people.members import (
    CHANNELS,
    SKILL,
    SLACK_USER,
    Group,
    Member,
    NotifyBy,
    Person,
    ServiceAccount,
    check_member_name,
)
from fluxagents.flows.people.quiet_hours import read_quiet_hours
from fluxagents.flows.people.roles import Grant, Role, place_of
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.people.people_store import open_people

Command = TypeVar("Command", bound=Callable[..., Any])

ROLES = click.Choice([role.value for role in Role])


def place_options(command: Command) -> Command:
    """Give a command `--session` and `--project`: where a role is held; everywhere without them."""
    for name in ("project", "session"):
        command = click.option(f"--{name}", default="", help=f"Only in this {name}.")(command)
    return command


def contact_options(command: Command) -> Command:
    """Give a command `--skill`, `--slack`, `--notify`, `--quiet`, `--digest`: what they are asked and how."""
    options = (
        click.option(
            "--skill",
            "skills",
            multiple=True,
            callback=_check_skills,
            metavar="SKILL",
            help="What they know about: who asks `skill:SKILL` asks them; '' for nothing.",
        ),
        click.option(
            "--slack", callback=_check_slack, metavar="ID", help="Their user id, such as U012AB3CD."
        ),
        click.option(
            "--notify",
            multiple=True,
            type=click.Choice([*CHANNELS, "inbox"]),
            help="How they are told of requests, beside the inbox; `inbox` for the inbox alone.",
        ),
        click.option(
            "--quiet", metavar="'22:00-07:00 ZONE'", help="When what can wait is not told; '' for never."
        ),
        click.option(
            "--digest",
            metavar="'daily 08:00 ZONE'",
            help="When one mail tells of all that can wait, as 'Mon-Fri 08:00 ZONE' too; '' for a mail each.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _check_slack(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value and not re.fullmatch(SLACK_USER, value):
        raise click.BadParameter(f"{value!r} is no user id of Slack; it looks like U012AB3CD")
    return value


def _check_skills(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    """The skills, sorted, each once; None where the option was left out."""
    for skill in filter(None, value):
        if not re.fullmatch(SKILL, skill):
            raise click.BadParameter(f"{skill!r} is no skill; it looks like `yeast` or `flux-analysis`")
    return tuple(sorted(set(filter(None, value)))) if value else None


def _read_notify(channels: tuple[str, ...]) -> tuple[NotifyBy, ...]:
    return tuple(channel for channel in CHANNELS if channel in channels)


def _place(session: str, project: str) -> str:
    if session and project:
        raise click.UsageError("give --session or --project, not both")
    return place_of(session=session, project=project)


@click.command(
    epilog=examples(
        "fluxagents people add ana --role runner --os-user ana",
        "fluxagents people add bob --role approver --project yeast --email bob@lab.example",
        "fluxagents people add ci --service --purpose 'nightly builds' --role runner",
    )
)
@click.argument("name")
@click.option("--role", type=ROLES, default="viewer", show_default=True, help="What they may do.")
@place_options
@click.option("--os-user", "os_users", multiple=True, metavar="USER", help="A user of the machines.")
@click.option(
    "--sign-in", "sign_ins", multiple=True, metavar="'ISSUER SUBJECT'", help="Of an OpenID provider."
)
@click.option("--display", default="", help="What others call them.")
@click.option("--email", default="", help="Mail from it is taken as theirs.")
@contact_options
@click.option("--service", is_flag=True, help="A program, which acts by keys only.")
@click.option("--purpose", default="", help="What a service is for.")
@click.option(
    "--speaks-for-others",
    is_flag=True,
    help="A service that has checked in whose name it acts: a gateway.",
)
@json_option
def add(
    name: str,
    role: str,
    session: str,
    project: str,
    os_users: tuple[str, ...],
    sign_ins: tuple[str, ...],
    display: str,
    email: str,
    skills: tuple[str, ...] | None,
    slack: str | None,
    notify: tuple[str, ...],
    quiet: str | None,
    digest: str | None,
    service: bool,
    purpose: str,
    speaks_for_others: bool,
    as_json: bool,
) -> None:
    """Let a person, or with --service a program, in. A person is recognised by a user, a sign-in or a key."""
    check_member_name(name)
    grants = (Grant(role=Role(role), place=_place(session, project)),)
    people = open_people()
    if service:
        if os_users or sign_ins or display or email or skills or slack or notify or quiet or digest:
            raise click.UsageError("--os-user, --sign-in, --display, --email and so on are for persons")
        account = ServiceAccount(
            name=name, purpose=purpose, grants=grants, speaks_for_others=speaks_for_others
        )
        _print_member(people.add(account), "is let in", as_json=as_json)
        return
    if purpose or speaks_for_others:
        raise click.UsageError("--purpose and --speaks-for-others are for services: add --service")
    person = Person(
        name=name,
        display=display,
        email=email,
        skills=skills or (),
        slack=slack or "",
        notify=_read_notify(notify),
        quiet=read_quiet_hours(quiet or ""),
        digest=read_digest(digest or ""),
        os_users=os_users,
        sign_ins=sign_ins,
        grants=grants,
    )
    _print_member(people.add(person), "is let in", as_json=as_json)


@click.command(
    epilog=examples(
        "fluxagents people change ana --os-user ana --os-user amaria",
        "fluxagents people change ana --notify email --quiet '20:00-07:00 Europe/Vienna'",
        "fluxagents people change ana --skill yeast --skill fermentation",
        "fluxagents people change ana --digest 'Mon-Fri 08:00 Europe/Vienna'",
        "fluxagents people change ana --disable",
        "fluxagents people change ana --enable",
    )
)
@click.argument("name")
@click.option(
    "--os-user", "os_users", multiple=True, metavar="USER", help="Instead of those before; '' for none."
)
@click.option("--sign-in", "sign_ins", multiple=True, metavar="'ISSUER SUBJECT'", help="As --os-user.")
@click.option("--display", help="What others call them.")
@click.option("--email", help="Mail from it is taken as theirs.")
@contact_options
@click.option("--disable/--enable", "disabled", default=None, help="Whether they may do nothing any more.")
@json_option
def change(
    name: str,
    os_users: tuple[str, ...],
    sign_ins: tuple[str, ...],
    display: str | None,
    email: str | None,
    skills: tuple[str, ...] | None,
    slack: str | None,
    notify: tuple[str, ...],
    quiet: str | None,
    digest: str | None,
    disabled: bool | None,
    as_json: bool,
) -> None:
    """Change what is known of a person, or whether a person or a service may act."""
    given: dict[str, Any] = {
        "display": display,
        "email": email,
        "skills": skills,
        "slack": slack,
        "notify": _read_notify(notify) if notify else None,
        "disabled": disabled,
        "os_users": tuple(filter(None, os_users)) if os_users else None,
        "sign_ins": tuple(filter(None, sign_ins)) if sign_ins else None,
    }
    update = {field: value for field, value in given.items() if value is not None}
    if quiet is not None:
        update["quiet"] = read_quiet_hours(quiet)
    if digest is not None:
        update["digest"] = read_digest(digest)
    if not update:
        raise click.UsageError("say what is to change: --os-user, --sign-in, --display, --email, --disable …")

    def apply(member: Member) -> Member:
        unknown = sorted(update.keys() - set(type(member).model_fields))
        if unknown:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{name} is a service and has no {', '.join(unknown)}",
                suggestions=("services act by keys: `fluxagents api-keys create --owner NAME`",),
            )
        return member.model_copy(update=update)

    _print_member(open_people().change(name, apply), "is changed", as_json=as_json)


@click.command(epilog=examples("fluxagents people remove ana"))
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Forget a person or a service. Their keys count no more; what they did stays theirs."""
    open_people().remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        echo(f"{name} is removed")


@click.command(
    epilog=examples(
        "fluxagents people role ana approver",
        "fluxagents people role ana runner --session nightly",
        "fluxagents people role group:curators approver --project yeast",
        "fluxagents people role ana none --session nightly",
    )
)
@click.argument("name", metavar="NAME|group:NAME")
@click.argument("role", type=click.Choice([*ROLES.choices, "none"]))
@place_options
@json_option
def role(name: str, role: str, session: str, project: str, as_json: bool) -> None:
    """Give a role everywhere, in a project or in a session, instead of the one held there; `none` takes it.

    A project is what the names of its sessions have before the first `/`.
    """
    granted = None if role == "none" else Role(role)
    holder = open_people().grant(name, granted, place=_place(session, project))
    _print_member(holder, f"is {', '.join(map(str, holder.grants)) or 'nothing any more'}", as_json=as_json)


def _print_member(member: Member | Group, note: str, *, as_json: bool) -> None:
    if as_json:
        print_json(member.model_dump(mode="json"))
    else:
        echo(f"{member.name} {note}")
