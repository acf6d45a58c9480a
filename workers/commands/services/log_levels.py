"""`fluxagents logs level`: how much an area logs, in all processes, while they run."""

from __future__ import annotations

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.texts.display import quote
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.observing.log_link import ALL, LEVELS_EVERY_S
from fluxagents.workers.redis.observing.log_store import open_log_store

DEFAULT = "default"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MAX_AREA = 100


@click.command(
    epilog=examples(
        "fluxagents logs level",
        "fluxagents logs level step DEBUG",
        f"fluxagents logs level {ALL} WARNING",
        f"fluxagents logs level step {DEFAULT}",
    )
)
@click.argument("area", required=False)
@click.argument(
    "new_level",
    metavar="[LEVEL]",
    required=False,
    type=click.Choice([*LEVELS, DEFAULT], case_sensitive=False),
)
@json_option
def level(area: str | None, new_level: str | None, as_json: bool) -> None:
    """Show or change how much an area logs.

    An area is the name that stands as `log.logger` in its lines, such as `step`, `reconcile`, `api` or
    `celery`; `all` means everything that has no level of its own. All processes follow within seconds;
    `default` gives an area back to FLUXAGENTS_LOG_LEVEL.
    """
    client = CommandClient()
    store = open_log_store(client.settings, client.redis)
    if area is not None:
        _check_area(area)
        if new_level is None:
            raise FluxError(ErrorClass.BAD_ARGUMENT, "no level is given", suggestions=LEVELS)
        client.authority.record(Action.LOG_LEVEL, Resource(kind="log", id=area), details={"level": new_level})
        store.set_level(area, "" if new_level.lower() == DEFAULT else new_level.upper())
    levels = store.read_levels()
    if as_json:
        print_json({"default": client.settings.log_level, "areas": dict(levels)})
        return
    echo(f"{client.settings.log_level}, but for:" if levels else f"{client.settings.log_level} everywhere")
    for name, its_level in sorted(levels.items()):
        echo(f"  {name} {its_level}")
    if area is not None:
        echo(f"all processes follow within {LEVELS_EVERY_S:.0f} s", dim=True)


def _check_area(area: str) -> None:
    if not area.isprintable() or len(area) > MAX_AREA or " " in area:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(area)} is no area of the logs",
            suggestions=(f"areas are the names that `log.logger` of a line shows, or `{ALL}`",),
        )
