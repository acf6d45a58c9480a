"""`fluxagents people away`: who answers while somebody is out of office."""

from __future__ import annotations

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.absence import Absence, read_absence
from fluxagents.flows.people.members import Member, Person
from fluxagents.workers.commands.command_client import open_authority
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.people.people_store import open_people
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.settings import Settings


@click.command(
    epilog=examples(
        "fluxagents people away --to ben --until 2027-07-23",
        "fluxagents people away --to ben --from 2027-07-05 --until 2027-07-23",
        "fluxagents people away --back",
        "fluxagents people away ana --to ben --until 2027-07-23",
    )
)
@click.argument("name", required=False)
@click.option("--to", help="The person who answers meanwhile.")
@click.option("--from", "begins", default="", metavar="DAY", help="The first day, or a time.  [default: now]")
@click.option("--until", "ends", metavar="DAY", help="The last day (UTC), or the time when you are back.")
@click.option("--back", is_flag=True, help="You are back: nobody stands in any more.")
@json_option
def away(name: str | None, to: str | None, begins: str, ends: str | None, back: bool, as_json: bool) -> None:
    """Let another person vote and answer in your place for a time; NAME, for an admin, in theirs.

    Requests that ask you meanwhile are delegated to them, and they are told by their own channels. What was
    delegated before you are back stays theirs to answer until the time is over.
    """
    if back == bool(to and ends) or (back and (to or begins or ends)):
        raise click.UsageError("say --to PERSON and --until DAY, or --back")
    absence = read_absence(to, begins, ends, now_ms=SystemClock().now_ms()) if to and ends else None
    person = name or open_authority(Settings.load()).actor.name
    changed = open_people().change(person, lambda member: _set_absence(member, absence))
    if as_json:
        print_json(changed.model_dump(mode="json"))
    else:
        echo(f"{person} is back" if absence is None else f"{person} is away: {absence}")


def _set_absence(member: Member, absence: Absence | None) -> Member:
    if not isinstance(member, Person):
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"{member.name} is a service, and services do not vote")
    return member.model_copy(update={"away": absence})
