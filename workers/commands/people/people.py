"""`fluxagents people`: who belongs to the installation; each command is imported when called."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.lazy_group import LazyGroup
from fluxagents.workers.commands.display.options import examples

COMMANDS = {
    "list": ("people.member_listing:list_members", "List persons, services and groups, with their roles."),
    "show": (
        "people.member_listing:show",
        "Show one person: roles, skills, how they are told, absence.",
    ),
    "me": ("people.member_listing:me", "Show who you are here, and what proves it."),
    "add": ("people.member_changes:add", "Let a person or a service in."),
    "change": ("people.member_changes:change", "Change a person's name, proofs or whether they may act."),
    "remove": ("people.member_changes:remove", "Forget a person or a service; their keys count no more."),
    "role": ("people.member_changes:role", "Give a role everywhere, in a project or in a session."),
    "away": ("people.absence:away", "Say who answers in your place while you are out of office."),
    "quota": ("people.quota:quota", "Show or change what one person may have in all sessions."),
    "group": ("people.groups:group", "Put members into groups, which requests can name."),
}
"""Name -> (module:attribute below `fluxagents.workers.commands`, help)."""


@click.group(
    cls=LazyGroup,
    commands_below=COMMANDS,
    epilog=examples(
        "fluxagents people me",
        "fluxagents people add ana --role runner --os-user ana",
        "fluxagents people role ana approver --project yeast",
        "fluxagents people group add curators ana",
        "fluxagents people list",
    ),
)
def people() -> None:
    """List people, let them in, and say what they may do.

    Roles, each with what those before it may do: viewer sees runs, runner starts and controls them, approver
    agrees to changes, admin decides who may do what.
    """
