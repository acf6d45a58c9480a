"""`fluxagents run`: start one run and, on request, wait for its answer."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from fluxagents.flows.history.event_text import summarise_event
from fluxagents.scheduler.batches.run_media import resolve_media
from fluxagents.scheduler.runs.run import Run
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.workers.clients.progress.progress_lines import LINE_EVERY_S, ProgressLines
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.conditions import medium_options, print_notes, read_request
from fluxagents.workers.commands.display.options import examples, json_option, parse_pairs, parse_texts
from fluxagents.workers.commands.display.output import PlainConsole, echo, print_json
from fluxagents.workers.commands.display.run_view import print_run, run_document
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.runs.exit_status import exit_status
from fluxagents.workers.commands.runs.stepping import walk
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.settings import Settings

LOOK_EVERY_S = 0.5
"""On a terminal, where a line is drawn anew."""


@click.command(
    epilog=examples(
        'fluxagents run metabolic_analysis --model e_coli_core --question "Minimal medium?" --wait',
        'fluxagents run metabolic_analysis --model my.xml.gz --question "Minimal medium?" --wait --json',
        'fluxagents run metabolic_analysis --model iJO1366 --question "Does it grow?" --medium M9_acetate '
        "--change oxygen=5",
        "fluxagents run my_flow.yaml --model iJO1366 --input target=EX_succ_e",
        "fluxagents run model_from_genome --model universe_gramneg --genome genome.fna.gz",
        "fluxagents run model_curation --model e_coli_core --table observation_table=observed.tsv",
        "fluxagents run my_flow.yaml --model iJO1366 --step",
    )
)
@click.argument("flow")
@click.option("--model", required=True, help="A model's name, file or content digest.")
@click.option("--question", help="What you want to know, in plain language.")
@medium_options
@click.option("--input", "pairs", multiple=True, metavar="NAME=VALUE", help="Another input of the flow.")
@click.option(
    "--genome",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A genome (FASTA, GenBank, GFF3; also .gz) to store: the input 'genome' of the flow.",
)
@click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="NAME=FILE",
    help="A table (csv, tsv, xlsx, parquet) to store: the input NAME of the flow.",
)
@click.option("--session", default="", help="Runs that belong together share a session.")
@click.option(
    "--bulk", is_flag=True, help="Nobody waits for it: use the lane that delays no interactive run."
)
@click.option("--run-id", help="An id of your own; the same start again starts nothing.")
@click.option("--step", is_flag=True, help="Stop before every command, show it, and ask whether to go on.")
@click.option("--wait", is_flag=True, help="Wait for the answer, showing what happens.")
@click.option("--timeout", type=float, help="Wait at most this many seconds.")
@json_option
def run(
    flow: str,
    model: str,
    question: str | None,
    medium: str | None,
    changes: tuple[str, ...],
    pairs: tuple[str, ...],
    genome: Path | None,
    tables: tuple[str, ...],
    session: str,
    bulk: bool,
    run_id: str | None,
    step: bool,
    wait: bool,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Run FLOW on a model.

    Exit status: 0 answered (or started, without --wait), 4 finished but not all of the question is answered,
    3 waiting for a human, 1 failed, 2 bad usage.
    """
    inputs: dict[str, Any] = parse_pairs(pairs)
    if question is not None:
        inputs["question"] = question
    client = CommandClient()
    if genome is not None:
        inputs["genome"] = client.genomes.add(genome).digest
    for name, file in parse_texts(tables).items():
        # pandas takes a second to import.
        store_table = import_module("fluxagents.workers.commands.artifacts.add").store_table
        inputs[name] = store_table(Path(file)).digest
    request = read_request(MediaLibrary(Settings.load().media_folder), medium, changes)
    with notice_when_slow(f"reading {hide_secrets(model)} …"):
        (found,) = resolve_media(client.models, [model], [request], biomass=inputs.get("biomass")).values()
        if found.media[0] is not None:
            inputs["medium"] = found.media[0]
        started = client.start(
            flow,
            model=model,
            session=session,
            lane="bulk" if bulk else "interactive",
            run_id=run_id,
            stepwise=step,
            **inputs,
        )
    print_notes(found.notes)
    if step:
        walk(client, started)
    elif wait:
        wait_for(started, timeout)
    state = started.state
    if as_json:
        print_json(run_document(state))
    elif wait or step:
        print_run(state)
    else:
        echo(started.id)
    sys.exit(exit_status(state))


def wait_for(run: Run, timeout_s: float | None) -> None:
    """Wait for a run, and say on standard error what it does: in one line on a terminal, else in some."""
    try:
        if not sys.stderr.isatty():
            _wait_and_tell(run, timeout_s, ProgressLines().show, every_s=LINE_EVERY_S)
            return
        with PlainConsole(stderr=True).status(f"run {run.id}") as status:
            # As a string it would be markup of rich, and it holds words of users.
            _wait_and_tell(run, timeout_s, lambda text: status.update(Text(text)), every_s=LOOK_EVERY_S)
    except TimeoutError as error:
        raise click.ClickException(f"{error}; `fluxagents runs watch {run.id}` follows it") from error
    except KeyboardInterrupt:
        echo(f"the run goes on; `fluxagents runs watch {run.id}` follows it", err=True)
        raise


def _wait_and_tell(
    run: Run, timeout_s: float | None, tell: Callable[[str], object], *, every_s: float
) -> None:
    began_s = time.monotonic()
    while True:
        left_s = float("inf") if timeout_s is None else began_s + timeout_s - time.monotonic()
        try:
            run.wait(max(0.0, min(every_s, left_s)))
        except TimeoutError:
            if left_s <= every_s:
                raise TimeoutError(f"run {run.id} still runs after {timeout_s} s") from None
        else:
            return
        event = run.events()[-1]
        tell(f"{time.monotonic() - began_s:.0f} s  {event.type}: {summarise_event(event)}")
