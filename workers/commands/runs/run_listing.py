"""`fluxagents runs list` and `dead`: what there is, straight from the store."""

from __future__ import annotations

import click

from fluxagents.flows.state import STATUSES
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import print_json, print_table
from fluxagents.workers.commands.display.run_view import run_document
from fluxagents.workers.commands.display.times import format_both
from fluxagents.workers.redis.store_access import open_run_store
from fluxagents.workers.settings import Settings


@click.command("list", epilog=examples("fluxagents runs list --status failed --most 20"))
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--session", help="Only runs of this session.")
@click.option("--most", "limit", default=50, show_default=True, help="Most runs to list, the newest first.")
@json_option
def list_runs(status: str | None, session: str | None, limit: int, as_json: bool) -> None:
    """List runs, the newest first."""
    states = open_run_store(Settings.load()).runs(status=status, session=session, limit=limit)  # type: ignore[arg-type] # click checked it
    if as_json:
        print_json([run_document(state) for state in states])
        return
    print_table(
        ("run", "started (UTC)", "model", "status", "started (local)", "question"),
        [
            (
                state.run_id,
                format_both(state.started_ms)[0],
                state.model_name,
                state.status_text,
                format_both(state.started_ms)[1],
                state.inputs.get("question") or state.flow.name,
            )
            for state in states
        ],
        cut_last=True,
        empty="no runs; `fluxagents run --help` shows how to start one",
    )


@click.command(epilog=examples("fluxagents runs dead"))
@json_option
def dead(as_json: bool) -> None:
    """List the dead letters: runs with a step that never ended."""
    states = open_run_store(Settings.load()).runs(status="dead", limit=1_000)
    if as_json:
        print_json([run_document(state) for state in states])
        return
    print_table(
        ("run", "model", "step", "what happened"),
        [
            (state.run_id, state.model_name, state.seq - 1, state.error.message if state.error else "")
            for state in states
        ],
        empty="no dead letters",
    )
