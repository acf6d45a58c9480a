"""`fluxagents schedules history`: what became of the ticks of a schedule."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.firing_table import firing_document, print_firings
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import print_json
from fluxagents.workers.commands.triggers.schedules import schedule_access


@click.command(epilog=examples("fluxagents schedules history nightly --limit 10"))
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="The last ones.")
@json_option
def history(name: str, limit: int, as_json: bool) -> None:
    """Show what became of the ticks of the schedule NAME, the newest first: the last 1,000 are remembered."""
    firings = schedule_access.open_schedules().history(name, limit=limit)
    if as_json:
        print_json([firing_document(firing) for firing in firings])
    else:
        print_firings(firings, due="tick (UTC)", empty=f"{name} has had no tick")
