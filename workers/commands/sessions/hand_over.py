"""`fluxagents sessions hand-over`: a session goes to somebody else."""

from __future__ import annotations

import click

from fluxagents.scheduler.collaboration.hand_over import HandOver
from fluxagents.workers.clients.schedule_client import open_schedules
from fluxagents.workers.clients.trigger_client import open_triggers
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json


@click.command("hand-over", epilog=examples("fluxagents sessions hand-over survey bob"))
@click.argument("name")
@click.argument("person")
@by_option
@json_option
def hand_over(name: str, person: str, by: str | None, as_json: bool) -> None:
    """Make somebody else the owner of a session, with its budget, its schedule or trigger, and open requests.

    Requests that name the owner name the new one from then on. Who started which run stays as it is.
    """
    client = CommandClient()
    schedules = open_schedules(client, client.app, client.redis)
    triggers = open_triggers(client, client.app, client.redis)
    moved = HandOver(client, client.sessions, schedules, triggers).hand_over(name, person, by=by)
    if as_json:
        print_json(moved.model_dump(mode="json"))
        return
    parts = (
        (moved.requests, "request"),
        (moved.schedules, "schedule"),
        (moved.triggers, "trigger"),
    )
    went = ", ".join(count_text(len(names), what) for names, what in parts if names)
    echo(f"session {name} belongs to {person} now{', with ' + went if went else ''}")
