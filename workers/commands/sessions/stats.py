"""`fluxagents sessions stats`: how the runs of a session went."""

from __future__ import annotations

from typing import Any

import click

from fluxagents.flows.state import STATUSES
from fluxagents.flows.statistics.status_timeline import Moment, StatusTimeline
from fluxagents.workers.archive.histories import Choice
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, fold, print_json, print_table
from fluxagents.workers.commands.display.times import format_date, format_time
from fluxagents.workers.commands.stats.run_totals import add_up_runs
from fluxagents.workers.commands.stats.stats_view import print_stats


@click.command(
    epilog=examples("fluxagents sessions stats nightly", "fluxagents sessions stats nightly --json")
)
@click.argument("name")
@json_option
def stats(name: str, as_json: bool) -> None:
    """Show how a session went: states over time, times of steps and tools, cache hits, tokens and costs.

    It reads the logs of all its runs, those in the archive too.
    """
    client = CommandClient()
    client.sessions.show(name)
    timeline = StatusTimeline()
    document = add_up_runs(client.settings, Choice(session=name), keep=timeline.add)
    moments, caches = timeline.moments(), _count_cache_hits(document)
    if as_json:
        states = [{"at": format_time(moment.at_ms), **moment.runs} for moment in moments]
        print_json({"session": name, **document, "caches": caches, "states": states})
        return
    print_stats(document)
    if caches["answers"]:
        echo(
            fold(
                f"Caches: {caches['kept']:,} of {caches['answers']:,} answers were kept ones, and "
                f"{caches['tokens_cached']:,} of {caches['tokens_in']:,} tokens came from the provider's"
            )
        )
    _print_states(moments)


def _count_cache_hits(document: dict[str, Any]) -> dict[str, int]:
    """Answers that the response cache gave, and tokens that the provider read from its own."""
    rows = document["chat_models"]
    return {
        "answers": sum(row["calls"] - row["refused"] for row in rows),
        "kept": sum(row["kept"] for row in rows),
        "tokens_in": sum(row["tokens_in"] for row in rows),
        "tokens_cached": sum(row["tokens_cached"] for row in rows),
    }


def _print_states(moments: list[Moment]) -> None:
    seen = [status for status in STATUSES if any(status in moment.runs for moment in moments)]
    if moments:
        echo("\nStates over time", bold=True)
        print_table(
            ("at (UTC)", *seen),
            [
                (format_date(moment.at_ms), *(moment.runs.get(status, 0) for status in seen))
                for moment in moments
            ],
        )
