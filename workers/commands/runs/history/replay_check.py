"""`fluxagents runs replay`: check a run's log against its state and against its flow."""

from __future__ import annotations

import sys
from typing import Any

import click

from fluxagents.flows.history.event_text import summarise_event
from fluxagents.flows.history.replay import Divergence, Replay, replay_run
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.runs.history.run_log import open_log


@click.command(epilog=examples("fluxagents runs replay 01JB…", "fluxagents runs replay 01JB… --json"))
@click.argument("run_id")
@json_option
def replay(run_id: str, as_json: bool) -> None:
    """Fold a run's log and compare the state with the stored one; walk its flow again along the log.

    The answers of tools, chat models and humans come from the log; nothing is computed again. Every event
    between them (nodes entered, branches taken, retries, requests, the end) must be the one that this
    version of the software would write. The first event that differs is shown. Exit status: 0 the same,
    1 different.
    """
    log = open_log(run_id)
    result = replay_run(log.events, log.state, log.controller)
    if as_json:
        print_json(_document(run_id, result))
    else:
        _print(run_id, result)
    sys.exit(0 if result.same else 1)


def _document(run_id: str, result: Replay) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "same": result.same,
        "events": result.events,
        "walked_again": result.walked,
        "stored_digest": result.stored_digest,
        "folded_digest": result.folded_digest or None,
        "state_changes": [
            {"path": change.path, "stored": change.before, "folded": change.after}
            for change in result.state_changes
        ],
        "not_compared": list(result.not_compared),
        "first_difference": _divergence_document(result.divergence) if result.divergence else None,
    }


def _divergence_document(divergence: Divergence) -> dict[str, Any]:
    return {
        "event": divergence.at,
        "step": divergence.step,
        "why": divergence.why,
        "recorded": divergence.recorded.model_dump(mode="json") if divergence.recorded else None,
        "expected": divergence.expected.model_dump(mode="json") if divergence.expected else None,
    }


def _print(run_id: str, result: Replay) -> None:
    if result.same:
        echo(f"run {run_id} replays to its state", fg="green")
        echo(f"{result.events} events, {result.walked} of them written by the flow and walked again")
        echo(f"state sha256 {result.folded_digest}")
        if result.not_compared:
            names = ", ".join(result.not_compared)
            echo(f"stored by an earlier version, whose state had no {names}")
        return
    echo(f"run {run_id} does not replay", fg="red")
    if result.divergence:
        _print_divergence(result.divergence)
    if result.stored_digest != result.folded_digest:
        echo(f"state stored {result.stored_digest}")
        echo(f"state folded {result.folded_digest or 'impossible'}")
    for change in result.state_changes:
        echo(f"  {change.path}: stored {change.before!r}, folded {change.after!r}")


def _print_divergence(divergence: Divergence) -> None:
    echo(f"event {divergence.at} (from 0), step {divergence.step}: {divergence.why}")
    for what, event in (("recorded", divergence.recorded), ("expected", divergence.expected)):
        if event is not None:
            echo(f"  {what} {event.type} {summarise_event(event)}")
