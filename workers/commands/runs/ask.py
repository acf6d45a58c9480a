"""`fluxagents ask`: put a question to models; the flow that answers it is picked."""

from __future__ import annotations

import sys

import click

from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.display.run_view import print_run, run_document
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.runs.exit_status import exit_status
from fluxagents.workers.commands.runs.run import wait_for
from fluxagents.workers.files.remote_files import hide_secrets


@click.command(
    epilog=examples(
        'fluxagents ask "which genes are essential on acetate?" --model e_coli_core --wait',
        'fluxagents ask "design a strain that overproduces succinate" --model iJO1366',
        'fluxagents ask "minimal medium?" --model e_coli_core --model iJO1366 --wait --json',
    )
)
@click.argument("question")
@click.option(
    "--model", "models", required=True, multiple=True, help="A model's name, file or digest; may be repeated."
)
@click.option("--session", default="", help="Runs that belong together share a session.")
@click.option("--wait", is_flag=True, help="Wait for the answer, showing what happens.")
@click.option("--timeout", type=float, help="Wait at most this many seconds for each run.")
@json_option
def ask(
    question: str,
    models: tuple[str, ...],
    session: str,
    wait: bool,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Put QUESTION to a model: picks the flow and its tools. Several models are one run each.

    Exit status: the greatest of the runs', as of `fluxagents run`.
    """
    client = CommandClient()
    with notice_when_slow(f"reading {', '.join(map(hide_secrets, models))} …"):
        runs = [client.ask(question, model=model, session=session) for model in models]
    statuses = []
    documents = []
    for run in runs:
        if wait:
            wait_for(run, timeout)
        state = run.state
        statuses.append(exit_status(state))
        documents.append(run_document(state))
        if wait and not as_json:
            print_run(state)
        elif not as_json:
            echo(run.id)
    if as_json:
        print_json(documents[0] if len(documents) == 1 else documents)
    sys.exit(max(statuses))
