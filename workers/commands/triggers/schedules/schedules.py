"""`fluxagents schedules`: runs that start at given times."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_both, format_date
from fluxagents.workers.commands.triggers.schedules import schedule_access
from fluxagents.workers.commands.triggers.schedules.adding import add, preview
from fluxagents.workers.commands.triggers.schedules.backfilling import backfill
from fluxagents.workers.commands.triggers.schedules.schedule_history import history
from fluxagents.workers.commands.triggers.schedules.schedule_view import (
    describe_timing,
    document,
    format_tick,
)


@click.group(
    epilog=examples(
        'fluxagents schedules add nightly --flow metabolic_analysis --model iJO1366 --question "Minimal '
        'medium?" --cron "0 2 * * *" --timezone Europe/Vienna',
        'fluxagents schedules preview --cron "0 2 * * *" --timezone Europe/Vienna',
        "fluxagents schedules list",
        "fluxagents schedules trigger nightly",
        "fluxagents schedules pause nightly",
        "fluxagents schedules history nightly",
        "fluxagents schedules remove nightly",
    )
)
def schedules() -> None:
    """List, add, preview, pause, trigger and remove schedules. Beat fires them (`up`, or `beat`)."""


for command in (add, preview, history, backfill):
    schedules.add_command(command)


@schedules.command("list", epilog=examples("fluxagents schedules list --json"))
@json_option
def list_schedules(as_json: bool) -> None:
    """List the schedules: their last and next tick, and the status of their newest run."""
    statuses = schedule_access.open_schedules().list()
    if as_json:
        print_json([document(status) for status in statuses])
        return
    print_table(
        (
            "schedule",
            "when",
            "flow",
            "model",
            "next (UTC)",
            "next (local)",
            "last tick (UTC)",
            "newest run",
            "status",
        ),
        [
            (
                status.schedule.name,
                describe_timing(status),
                status.schedule.flow_text,
                status.schedule.model,
                format_date(status.next_ms)[:16],
                format_tick(status.schedule.timing, status.next_ms) or format_both(status.next_ms)[1],
                _date_or_nothing(status.last_ms)[:16],
                status.last_run.run_id if status.last_run else "",
                status.last_run.status if status.last_run else "",
            )
            for status in statuses
        ],
        empty="no schedules; `fluxagents schedules add --help` shows how to add one",
    )


@schedules.command(epilog=examples("fluxagents schedules show nightly --json"))
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show the schedule NAME."""
    status = schedule_access.open_schedules().get(name)
    rows = document(status)
    if as_json:
        print_json(rows)
        return
    print_table(("what", "value"), [(key, "" if value is None else value) for key, value in rows.items()])
    echo(f"its runs: fluxagents runs list --session {status.schedule.session}")


@schedules.command(epilog=examples("fluxagents schedules remove nightly"))
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the schedule NAME; its runs stay."""
    schedule_access.open_schedules().remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        echo(f"removed {name}; its runs stay")


@schedules.command(epilog=examples("fluxagents schedules trigger nightly"))
@click.argument("name")
@json_option
def trigger(name: str, as_json: bool) -> None:
    """Start a run of the schedule NAME now, beside its ticks; prints the run's id."""
    run = schedule_access.open_schedules().trigger(name)
    if as_json:
        print_json({"schedule": name, "run_id": run.id})
    else:
        echo(run.id)


@schedules.command(epilog=examples("fluxagents schedules pause nightly"))
@click.argument("name")
@json_option
def pause(name: str, as_json: bool) -> None:
    """Start no runs of the schedule NAME until it is resumed; `trigger` still does."""
    schedule_access.open_schedules().pause(name)
    if as_json:
        print_json({"paused": name})
    else:
        echo(f"paused {name}; its ticks are not made up for when it is resumed")


@schedules.command(epilog=examples("fluxagents schedules resume nightly"))
@click.argument("name")
@json_option
def resume(name: str, as_json: bool) -> None:
    """Let the paused schedule NAME go on with its next tick."""
    schedules = schedule_access.open_schedules()
    schedules.resume(name)
    status = schedules.get(name)
    if as_json:
        print_json(document(status))
    else:
        echo(f"{name}: {status.schedule.timing}, next {format_date(status.next_ms)} UTC")


def _date_or_nothing(at_ms: int | None) -> str:
    return "" if at_ms is None else format_date(at_ms)
