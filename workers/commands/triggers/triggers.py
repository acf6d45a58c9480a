"""`fluxagents triggers`: runs that start because of what happened."""

from __future__ import annotations

from typing import Any

import click

from fluxagents.scheduler.triggers.folders.folder_plan import FolderState
from fluxagents.scheduler.triggers.triggers import TriggerStatus
from fluxagents.workers.commands.display.firing_table import firing_document, print_firings
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.period import since_ms, until_ms
from fluxagents.workers.commands.display.times import format_date, format_time
from fluxagents.workers.commands.triggers import trigger_access
from fluxagents.workers.commands.triggers.adding import add
from fluxagents.workers.commands.triggers.deliveries import deliveries, preview, replay, rotate
from fluxagents.workers.machine.clock import SystemClock


@click.group(
    epilog=examples(
        "fluxagents triggers add slow --on run --of metabolic_analysis --when 'growth_per_h < 0.1' "
        "--flow model_validation",
        "fluxagents triggers list",
        "fluxagents triggers history slow",
        "fluxagents triggers pause slow",
        "fluxagents triggers remove slow",
    )
)
def triggers() -> None:
    """List, add, try, pause and remove triggers: they start a run when something happened."""


for command in (add, deliveries, replay, preview, rotate):
    triggers.add_command(command)


@triggers.command("list", epilog=examples("fluxagents triggers list --json"))
@json_option
def list_triggers(as_json: bool) -> None:
    """List the triggers, with what came of their last event."""
    statuses = trigger_access.open_triggers().list()
    if as_json:
        print_json([_document(status) for status in statuses])
        return
    print_table(
        ("trigger", "on", "when", "flow", "waiting", "last (UTC)", "outcome", "run"),
        [
            (
                status.trigger.name,
                f"{status.trigger.source}{' (paused)' if status.state.paused_by else ''}",
                status.trigger.when,
                status.trigger.flow_name or status.trigger.flow,
                len(status.state.waiting),
                format_date(status.last.at_ms) if status.last else "",
                status.last.outcome if status.last else "",
                status.last.run_id if status.last else "",
            )
            for status in statuses
        ],
        empty="no triggers; `fluxagents triggers add --help` shows how to add one",
    )


@triggers.command(epilog=examples("fluxagents triggers show slow --json"))
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show the trigger NAME."""
    status = trigger_access.open_triggers().get(name)
    document = _document(status)
    if as_json:
        print_json(document)
        return
    print_table(("what", "value"), [(key, "" if value is None else value) for key, value in document.items()])
    echo(f"its runs: fluxagents runs list --session {status.trigger.session}")


@triggers.command(epilog=examples("fluxagents triggers history slow --limit 10"))
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="The last ones.")
@json_option
def history(name: str, limit: int, as_json: bool) -> None:
    """Show what came of the events of the trigger NAME, the newest first: the last 1,000 are remembered."""
    firings = trigger_access.open_triggers().history(name, limit=limit)
    if as_json:
        print_json([firing_document(firing) for firing in firings])
    else:
        print_firings(firings, due="event (UTC)", empty=f"{name} has not fired")


@triggers.command(epilog=examples("fluxagents triggers pause slow"))
@click.argument("name")
@json_option
def pause(name: str, as_json: bool) -> None:
    """Start no runs of the trigger NAME until it is resumed."""
    trigger_access.open_triggers().pause(name)
    if as_json:
        print_json({"paused": name})
    else:
        echo(f"paused {name}; what happens meanwhile is not made up for, but by `triggers backfill`")


@triggers.command(epilog=examples("fluxagents triggers resume slow"))
@click.argument("name")
@json_option
def resume(name: str, as_json: bool) -> None:
    """Let the paused trigger NAME go on."""
    trigger_access.open_triggers().resume(name)
    if as_json:
        print_json({"resumed": name})
    else:
        echo(f"resumed {name}")


@triggers.command(
    epilog=examples(
        "fluxagents triggers backfill slow --since 7d",
        "fluxagents triggers backfill slow --since 2026-01-01 --until 2026-01-31",
    )
)
@click.argument("name")
@click.option("--since", required=True, help="A date, a time in UTC, or an interval before now such as 7d.")
@click.option("--until", help="The same; a day is included whole.  [default: now]")
@json_option
def backfill(name: str, since: str, until: str | None, as_json: bool) -> None:
    """Fire the trigger NAME for events of runs that began in a span; an event that it had starts nothing."""
    now_ms = SystemClock().now_ms()
    last_ms = now_ms if until is None else until_ms(until, now_ms)
    count = trigger_access.open_triggers().backfill(name, since_ms=since_ms(since, now_ms), until_ms=last_ms)
    if as_json:
        print_json({"events": count})
    else:
        echo("1 event" if count == 1 else f"{count} events")


@triggers.command(epilog=examples("fluxagents triggers remove slow"))
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the trigger NAME; its runs stay."""
    trigger_access.open_triggers().remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        echo(f"removed {name}; its runs stay")


def _document(status: TriggerStatus) -> dict[str, Any]:
    trigger, last = status.trigger, status.last
    return {
        "name": trigger.name,
        "on": str(trigger.source),
        "when": trigger.when or None,
        "flow": trigger.flow_name or trigger.flow,
        "model": trigger.model or None,
        "model_from": trigger.model_from or None,
        "via": trigger.via or None,
        "fetch": trigger.fetch,
        "inputs": trigger.inputs,
        "expressions": trigger.expressions,
        "lane": trigger.lane,
        "wait_s": trigger.wait_s,
        "debounced": trigger.is_debounced,
        "key": trigger.key or None,
        "max_open": trigger.max_open or None,
        "reply_to": trigger.reply_to or None,
        "reply": trigger.reply,
        "session": trigger.session,
        "owner": trigger.owner,
        "created": format_time(trigger.created_ms),
        **_describe_folder(status.folder),
        "paused_by": status.state.paused_by or None,
        "waiting": len(status.state.waiting),
        "last": format_time(last.at_ms) if last else None,
        "last_outcome": last.outcome if last else None,
        "last_run": (last.run_id or None) if last else None,
    }


def _describe_folder(folder: FolderState | None) -> dict[str, Any]:
    """What is known of a folder that is watched."""
    if folder is None:
        return {}
    return {
        "looked": format_time(folder.looked_ms) if folder.looked_ms else None,
        "files": len(folder.files),
        "problem": folder.problem or None,
    }
