"""`fluxagents sessions list` and `show`."""

from __future__ import annotations

from typing import Any, cast

import click

from fluxagents.flows.ports.session import SessionEntry, SessionStatus
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, fold, print_json, print_table
from fluxagents.workers.commands.display.times import format_both
from fluxagents.workers.commands.sessions.usage_view import describe_part, entry_document, list_parts


@click.command(
    "list",
    epilog=examples("fluxagents sessions list --most 20", "fluxagents sessions list --status archived"),
)
@click.option(
    "--status", type=click.Choice(["open", "closed", "archived"]), default="open", show_default=True
)
@click.option("--most", "limit", default=50, show_default=True, help="Most sessions to list.")
@click.option("--skip", "offset", default=0, help="Sessions of the list to leave out before them.")
@json_option
def list_sessions(status: str, limit: int, offset: int, as_json: bool) -> None:
    """List sessions, those that were active last first; also those that are only a name of runs."""
    client = CommandClient()
    entries = client.sessions.page(cast("SessionStatus", status), limit=limit, offset=offset)
    if as_json:
        print_json([entry_document(entry) for entry in entries])
        return
    print_table(
        ("session", "active (UTC)", "owner", "runs", "tokens", "label"),
        [
            (
                entry.session.name,
                format_both(entry.active_ms)[0],
                entry.session.owner,
                f"{entry.runs:,}",
                f"{entry.usage.tokens:,}",
                entry.session.label,
            )
            for entry in entries
        ],
        cut_last=True,
        empty=f"no {status} sessions; `fluxagents sessions create --help` shows how to make one",
    )
    rest = client.sessions.counts()[cast("SessionStatus", status)] - offset - len(entries)
    if rest > 0 and entries:
        echo(f"… {rest:,} more: --skip {offset + len(entries)}")


@click.command(epilog=examples("fluxagents sessions show nightly", "fluxagents sessions show nightly --json"))
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show a session: who made it, its runs, what it may use and what it has used."""
    client = CommandClient()
    entry = client.sessions.show(name)
    states = client.sessions.states(name)
    tally = Tally.of(states, total=len(states))
    if as_json:
        runs = {"total": len(states), "finished": tally.finished, "failed": tally.failed}
        print_json(
            {**entry_document(entry), "runs": {**runs, "waiting": tally.waiting, "running": tally.running}}
        )
        return
    _print_session(entry)
    echo(f"runs: {tally}" if states else "runs: none in Redis")
    for part in list_parts(entry):
        echo(f"{part.what}: {describe_part(part)}")
    if entry.usage.unpriced_tokens:
        echo(fold(f"without a price: {entry.usage.unpriced_tokens:,} tokens (FLUXAGENTS_CHAT_PRICES)"))
    echo(f"carried out: {count_text(entry.usage.steps, 'step')}")
    echo(f"  → fluxagents runs list --session {name}", err=True)


def _print_session(entry: SessionEntry) -> None:
    session = entry.session
    echo(f"session {session.name}: {session.status}" + (f", {session.label}" if session.label else ""))
    if session.description:
        echo(fold(session.description))
    facts: dict[str, Any] = {
        "owner": session.owner,
        "made": f"{format_both(session.created_ms)[0]} UTC" if session.created_ms else "",
        "last active": f"{format_both(entry.active_ms)[0]} UTC",
        "forked from": session.forked_from,
        "unverified": session.unverified,
        "weight": "" if session.weight == 1 else f"{session.weight:g}",
    }
    for name, value in facts.items():
        if value:
            echo(f"{name}: {value}")
