"""`fluxagents logs show`: what all nodes logged about a run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import click

from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.flows.texts.display import visible
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo
from fluxagents.workers.observing.log_schema import PREFIX
from fluxagents.workers.redis.observing.log_store import RedisLogStore, open_log_store

LOOK_EVERY_S = 1.0

LEVELS = ("debug", "info", "warning", "error")

HEAD = {
    "@timestamp",
    "log.level",
    "log.logger",
    "message",
    "service.name",
    "ecs.version",
    "error.stack_trace",
}
"""What a line for people says elsewhere, or not at all."""


@click.command(
    epilog=examples("fluxagents logs show 01JB…", "fluxagents logs show 01JB… --level warning --json")
)
@click.argument("run_id")
@click.option("--level", type=click.Choice(LEVELS), default="debug", help="The least level that is shown.")
@click.option("--follow", is_flag=True, help="Go on until the run has ended.")
@json_option
def show(run_id: str, level: str, follow: bool, as_json: bool) -> None:
    """Show what all nodes logged about a run and the runs that it began, the oldest line first.

    Redis keeps the last lines about runs (FLUXAGENTS_LOG_LINES); older ones stand in the logs of the nodes.
    With `--json` each line is one JSON document.
    """
    client = CommandClient()
    store = open_log_store(client.settings, client.redis)
    client.get(run_id)
    shown = 0
    for line in _read(store, client.store, run_id, follow=follow):
        entry: dict[str, Any] = json.loads(line)
        if LEVELS.index(_level_of(entry)) < LEVELS.index(level):
            continue
        shown += 1
        echo(line if as_json else _describe(entry, run_id))
    if not shown and not as_json:
        echo("no lines; those of runs that ended long ago stand in the logs of the nodes", dim=True)


def _read(store: RedisLogStore, runs: RunQueries, run_id: str, *, follow: bool) -> Iterator[str]:
    last = ""
    while True:
        # Read before the lines: what comes after the end is one more look away.
        ended = not follow or runs.load(run_id).has_ended
        for place, line in store.find(run_id, after=last):
            last = place
            yield line
        if ended:
            return
        time.sleep(LOOK_EVERY_S)


def _level_of(entry: dict[str, Any]) -> str:
    level = str(entry.get("log.level", "info"))
    return level if level in LEVELS else "error"


def _describe(entry: dict[str, Any], run_id: str) -> str:
    own = {f"{PREFIX}run": run_id}
    rest = [
        f"{name.removeprefix(PREFIX)}={value}"
        for name, value in entry.items()
        if name not in HEAD and own.get(name) != value
    ]
    words = (entry.get("@timestamp"), f"{_level_of(entry):<7}", entry.get("log.logger"), entry.get("message"))
    return visible(" ".join([*map(str, words), *rest]))
