"""`fluxagents approvals list`: what waits for a human, straight from the store."""

from __future__ import annotations

import click

from fluxagents.flows.texts.display import visible
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import print_json, print_table
from fluxagents.workers.redis.store_access import open_run_store
from fluxagents.workers.settings import Settings


@click.command("list", epilog=examples("fluxagents approvals list --json"))
@json_option
def list_requests(as_json: bool) -> None:
    """List the requests that wait, the oldest first."""
    waiting = open_run_store(Settings.load()).requests()
    if as_json:
        print_json(
            [
                {"run_id": run_id, **request.model_dump(mode="json"), "missing": request.missing}
                for run_id, request in waiting
            ]
        )
        return
    print_table(
        ("request", "kind", "who", "question"),
        [
            (request.id, request.kind, request.missing or ", ".join(request.seats), visible(request.question))
            for _, request in waiting
        ],
        empty="nothing waits for a human",
    )
