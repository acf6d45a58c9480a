"""`fluxagents schedules backfill`: runs of ticks that have passed."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.display.period import since_ms, until_ms
from fluxagents.workers.commands.display.times import format_date, format_time
from fluxagents.workers.commands.triggers.schedules import schedule_access
from fluxagents.workers.machine.clock import SystemClock


@click.command(
    epilog=examples(
        "fluxagents schedules backfill nightly --since 7d --dry-run",
        "fluxagents schedules backfill nightly --since 2026-01-01 --until 2026-01-31",
    )
)
@click.argument("name")
@click.option("--since", required=True, help="A date, a time in UTC, or an interval before now such as 7d.")
@click.option("--until", help="The same; a day is included whole.  [default: now]")
@click.option("--dry-run", is_flag=True, help="Only show the ticks.")
@json_option
def backfill(name: str, since: str, until: str | None, dry_run: bool, as_json: bool) -> None:
    """Start the runs of ticks of the schedule NAME that have passed, also before it was added.

    A tick that has had its run keeps it. The runs go into the bulk lane, all at once.
    """
    now_ms = SystemClock().now_ms()
    schedules = schedule_access.open_schedules()
    last_ms = now_ms if until is None else until_ms(until, now_ms) - 1
    ticks = schedules.plan_backfill(name, after_ms=since_ms(since, now_ms) - 1, until_ms=last_ms)
    runs = () if dry_run else schedules.backfill(name, ticks)
    if as_json:
        print_json({"ticks": [format_time(tick) for tick in ticks], "runs": list(runs)})
        return
    for tick in ticks if dry_run else ():
        echo(format_date(tick))
    counted = "1 tick" if len(ticks) == 1 else f"{len(ticks)} ticks"
    echo(f"{counted}, nothing started" if dry_run else f"{counted}, {len(runs)} started")
