"""`fluxagents runs replay`: whether a run's log still leads to its state, by the way its flow would go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from fluxagents.workers.commands.display.output import examples, json_option, print_json

if TYPE_CHECKING:
    from fluxagents.flows.history.replay import Divergence, Replay


@click.command(epilog=examples("fluxagents runs replay 01JB…", "fluxagents runs replay 01JB… --json"))
@click.argument("run_id")
@json_option
def replay(run_id: str, as_json: bool) -> None:
    """Fold a run's log and compare the state with the stored one; walk its flow again along the log.

    What tools, chat models and humans said is taken from the log; nothing is computed again. Every event
    between (nodes entered, branches taken, retries, requests, the end) must be the one that this version
    of the software would write. Exit status: 0 the same, 1 different; the first event that differs is shown.
    """
    from fluxagents.flows.history.replay import replay_run
    from fluxagents.workers.commands.runs.run_log import open_log

    log = open_log(run_id)
    found = replay_run(log.events, log.state, log.controller)
    if as_json:
        print_json(_document(run_id, found))
    else:
        _print(run_id, found)
    sys.exit(0 if found.same else 1)


def _document(run_id: str, found: Replay) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "same": found.same,
        "events": found.events,
        "walked_again": found.walked,
        "stored_digest": found.stored_digest,
        "folded_digest": found.folded_digest or None,
        "state_changes": [
            {"path": one.path, "stored": one.before, "folded": one.after} for one in found.state_changes
        ],
        "not_compared": list(found.not_compared),
        "first_difference": _divergence(found.divergence) if found.divergence else None,
    }


def _divergence(found: Divergence) -> dict[str, Any]:
    return {
        "event": found.at,
        "step": found.step,
        "why": found.why,
        "recorded": found.recorded.model_dump(mode="json") if found.recorded else None,
        "expected": found.expected.model_dump(mode="json") if found.expected else None,
    }


def _print(run_id: str, found: Replay) -> None:
    if found.same:
        click.secho(f"run {run_id} replays to its state", fg="green")
        click.echo(f"{found.events} events, {found.walked} of them written by the flow and walked again")
        click.echo(f"state sha256 {found.folded_digest}")
        if found.not_compared:
            names = ", ".join(found.not_compared)
            click.echo(f"stored by an earlier version, whose state had no {names}")
        return
    click.secho(f"run {run_id} does not replay", fg="red")
    if found.divergence:
        _print_divergence(found.divergence)
    if found.stored_digest != found.folded_digest:
        click.echo(f"state stored {found.stored_digest}")
        click.echo(f"state folded {found.folded_digest or 'impossible'}")
    for one in found.state_changes:
        click.echo(f"  {one.path}: stored {one.before!r}, folded {one.after!r}")


def _print_divergence(found: Divergence) -> None:
    from fluxagents.workers.commands.display.views import event_line

    click.echo(f"event {found.at} (from 0), step {found.step}: {found.why}")
    for what, event in (("recorded", found.recorded), ("expected", found.expected)):
        if event is not None:
            click.echo(f"  {what} {event.type} {event_line(event)}")
