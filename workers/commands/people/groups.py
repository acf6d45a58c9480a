"""`fluxagents people group`."""

from __future__ import annotations

import click

from fluxagents.flows.people.members import Group
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.people.people_store import open_people


@click.group(
    epilog=examples(
        "fluxagents people group add curators ana bob",
        "fluxagents people group take curators bob",
        "fluxagents people group list",
        "fluxagents people group remove curators",
    )
)
def group() -> None:
    """Put members into groups. A flow's request names one as `group:NAME`."""


@group.command("list", epilog=examples("fluxagents people group list --json"))
@json_option
def list_groups(as_json: bool) -> None:
    """List the groups with their members and roles."""
    groups = open_people().directory.groups()
    if as_json:
        print_json([each.model_dump(mode="json") for each in groups])
        return
    rows = [(each.name, ", ".join(each.members), ", ".join(map(str, each.grants))) for each in groups]
    print_table(("group", "members", "roles"), rows, empty="there are no groups")


@group.command(epilog=examples("fluxagents people group add curators ana bob"))
@click.argument("name")
@click.argument("members", nargs=-1, required=True)
@json_option
def add(name: str, members: tuple[str, ...], as_json: bool) -> None:
    """Put members into a group, which begins to exist if there is none of this name."""
    _print_group(open_people().add_to_group(name, members), as_json=as_json)


@group.command(epilog=examples("fluxagents people group take curators bob"))
@click.argument("name")
@click.argument("members", nargs=-1, required=True)
@json_option
def take(name: str, members: tuple[str, ...], as_json: bool) -> None:
    """Take members out of a group."""
    _print_group(open_people().take_from_group(name, members), as_json=as_json)


@group.command(epilog=examples("fluxagents people group remove curators"))
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Forget a group; its members stay."""
    open_people().remove_group(name)
    if as_json:
        print_json({"removed": name})
    else:
        echo(f"group {name} is removed")


def _print_group(changed: Group, *, as_json: bool) -> None:
    if as_json:
        print_json(changed.model_dump(mode="json"))
    else:
        echo(f"group {changed.name}: {', '.join(changed.members) or 'nobody'}")
