"""`fluxagents runs show`, `events` and `watch`: one run."""

from __future__ import annotations

import sys

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.event_text import describe_event
from fluxagents.flows.history.run_record import record_of
from fluxagents.prompts.statistics.costs import usage
from fluxagents.workers.commands.artifacts.address import artifact_store
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import clip, count_text, echo, fold, print_json, print_table
from fluxagents.workers.commands.display.run_view import cost_document, print_cost, print_run, run_document
from fluxagents.workers.commands.display.times import format_clock
from fluxagents.workers.commands.runs.exit_status import exit_status
from fluxagents.workers.commands.runs.history.sources import print_sources, sources_document
from fluxagents.workers.commands.runs.history.summary_lines import summary_document, summary_lines
from fluxagents.workers.commands.runs.pause_view import find_pause, pause_document, print_pause
from fluxagents.workers.files.price_file import load_prices


@click.command(
    epilog=examples(
        "fluxagents runs show 01JB…",
        "fluxagents runs show 01JB… --sources",
        "fluxagents runs show 01JB… --json",
    )
)
@click.argument("run_id")
@click.option(
    "--sources",
    is_flag=True,
    help="Each number of the answer with its finding, and the model, medium, bounds and solver behind it.",
)
@json_option
def show(run_id: str, sources: bool, as_json: bool) -> None:
    """Show a run: its answer, the findings behind it, and its time, tokens and cost.

    FLUXAGENTS_CHAT_PRICES names the file with prices; without a price a cost is unknown.
    """
    client = CommandClient()
    prices = load_prices(client.settings)
    state = client.store.load(run_id)
    try:
        log = client.store.events(run_id)
        record = record_of(log)
    except FluxError as error:
        if error.kind is not ErrorClass.SCHEMA:
            raise
        log, record, why = (), None, error.message
    used, pause = usage(log), find_pause(state, log)
    remarks = len(client.store.remarks.of(run_id))
    if as_json:
        took = summary_document(record) if record else {"log_error": why}
        traced = {"sources": sources_document(state, artifact_store())} if sources else {}
        beside = {"paused": pause_document(pause) if pause else None, "remarks": remarks}
        print_json({**run_document(state), **beside, **took, **cost_document(used, prices), **traced})
        return
    print_run(state)
    if pause:
        print_pause(pause, run_id)
    if sources:
        print_sources(state, artifact_store())
        echo()
    print_cost(used, prices)
    echo()
    for line in summary_lines(record) if record else (f"its log cannot be read: {why}",):
        echo(fold(line), dim=True)
    if remarks:
        echo(f"{count_text(remarks, 'remark')}: fluxagents runs remarks {run_id}", dim=True)


@click.command(epilog=examples("fluxagents runs events 01JB…"))
@click.argument("run_id")
@json_option
def events(run_id: str, as_json: bool) -> None:
    """Show a run's log: every event, in order."""
    log = CommandClient().store.events(run_id)
    if as_json:
        print_json([event.model_dump(mode="json") for event in log])
        return
    rows = [(event.seq, format_clock(event.at_ms), event.type, describe_event(event)) for event in log]
    print_table(("step", "time (UTC)", "event", ""), rows, cut_last=True)


@click.command(epilog=examples("fluxagents runs watch 01JB…"))
@click.argument("run_id")
@json_option
def watch(run_id: str, as_json: bool) -> None:
    """Follow a run until it ends or needs a human; with --json one event per line."""
    run = CommandClient().get(run_id)
    for event in run.watch():
        if as_json:
            echo(event.model_dump_json())
        else:
            echo(
                f"{event.seq:>4}  {format_clock(event.at_ms)}  {event.type:<18} {clip(describe_event(event))}"
            )
    sys.exit(exit_status(run.state))
