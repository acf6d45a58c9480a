"""`fluxagents batch`: one flow over many models, questions and media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import click

from fluxagents.flows.events import Lane
from fluxagents.flows.state import RunState
from fluxagents.scheduler.batches.batch_frames import long_table, wide_table
from fluxagents.scheduler.batches.batch_tables import (
    SummaryRow,
    complete,
    summary_rows,
)
from fluxagents.scheduler.batches.batches import (
    Tally,
    build_specs,
    find_unstarted,
    load_states,
    progress,
    session_states,
)
from fluxagents.scheduler.batches.run_media import name_media, resolve_media
from fluxagents.scheduler.runs.checked_batch import CheckedBatch, check_batch
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.workers.clients.progress.progress_lines import ProgressLines
from fluxagents.workers.clients.progress.progress_view import progress_view
from fluxagents.workers.commands.batches.batch_inputs import read_list
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.conditions import media_options, print_notes, read_requests
from fluxagents.workers.commands.display.options import examples, json_option, parse_pairs
from fluxagents.workers.commands.display.output import count_text, echo, print_json, print_table
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.display.warning_lines import print_warning
from fluxagents.workers.commands.runs.exit_status import NOT_ANSWERED
from fluxagents.workers.files.table_file import check_table_path, write_table
from fluxagents.workers.machine.clock import SystemClock

FAILED, WAITING, INTERRUPTED = 1, 3, 130
"""Exit statuses."""


@click.command(
    epilog=examples(
        'fluxagents batch metabolic_analysis --model e_coli_core --model iJO1366 --question "Growth?"',
        "fluxagents batch metabolic_analysis --models-file gems.txt --questions-file q.txt --table all.csv",
        'fluxagents batch metabolic_analysis --model e_coli_core --model iJO1366 --question "Growth?" '
        "--medium M9_glucose --medium M9_fructose --change oxygen=1000 --change oxygen=0 --table all.xlsx",
        'fluxagents batch metabolic_analysis --model e_coli_core --question "Growth?" '
        '--change "EX_glc__D_e=0,EX_ac_e=10" --json',
        "fluxagents batch metabolic_analysis --models-file gems.txt --question Growth? --no-wait",
    )
)
@click.argument("flow")
@click.option("--model", "models", multiple=True, help="A model's name, file or digest; may be repeated.")
@click.option("--models-file", metavar="LIST", help="A file with one model per line.")
@click.option("--question", "questions", multiple=True, help="In plain language; may be repeated.")
@click.option("--questions-file", metavar="LIST", help="A file with one question per line.")
@media_options
@click.option("--input", "pairs", multiple=True, metavar="NAME=VALUE", help="Another input, for every run.")
@click.option(
    "--table",
    metavar="FILE",
    help="Write a row per model, question and condition to a .csv, .tsv, .parquet, .xlsx or .json file.",
)
@click.option("--long", is_flag=True, help="In --table, a row per key finding instead.")
@click.option("--session", help="A name for the batch; the same batch again continues where it stopped.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Whether to wait for the answers.")
@click.option("--timeout", type=click.FloatRange(min=0), help="Wait at most this many seconds.")
@click.option(
    "--lane",
    type=click.Choice(["bulk", "interactive"]),
    default="bulk",
    show_default=True,
    help="bulk delays nobody who waits for a single run.",
)
@json_option
def batch(
    flow: str,
    models: tuple[str, ...],
    models_file: str | None,
    questions: tuple[str, ...],
    questions_file: str | None,
    media: tuple[str, ...],
    changes: tuple[str, ...],
    pairs: tuple[str, ...],
    table: str | None,
    long: bool,
    session: str | None,
    wait: bool,
    timeout: float | None,
    lane: str,
    as_json: bool,
) -> int:
    """Run FLOW on every model, with every question, in every medium.

    Everything is checked before the first run starts. Exit status: 0 all answered (or started, with
    --no-wait), 4 some finished without answering all, 3 some wait for a human, 1 some failed or still
    run, 2 bad usage.
    """
    if table and not wait:
        raise click.UsageError("--table needs the answers: leave out --no-wait")
    if long and not table:
        raise click.UsageError("--long says what --table writes: name a file with --table")
    all_models = read_list(models, models_file)
    if not all_models:
        raise click.UsageError("name at least one model with --model or --models-file")
    all_questions = read_list(questions, questions_file)
    path = check_table_path(table) if table else None
    client = CommandClient()
    requests = read_requests(MediaLibrary(client.settings.media_folder), media, changes)
    inputs = parse_pairs(pairs)
    with notice_when_slow(f"reading {count_text(len(set(all_models)), 'model')} …"):
        run_media = resolve_media(client.models, all_models, requests, biomass=inputs.get("biomass"))
        specs = build_specs({model: found.media for model, found in run_media.items()}, all_questions, inputs)
        checked = check_batch(client, flow, specs)
    notes = [note for found in run_media.values() for note in found.notes]
    names = name_media(requests, run_media.values())
    job = _Batch(client, checked, session or _new_session(), lane, names, notes)
    print_notes(notes)
    try:
        job.start()
        if not wait:
            return job.tell_started(as_json=as_json)
        tally, states = job.follow(timeout)
    except KeyboardInterrupt:
        echo(f"stopped waiting; the {len(job.runs)} runs that were started go on", err=True)
        echo(f"  → fluxagents runs list --session {job.session}", err=True)
        echo(f"  → for the tables, the same command with --session {job.session}", err=True)
        return INTERRUPTED
    return _report(client, job, tally, states, path=path, long=long, as_json=as_json)


def _new_session() -> str:
    return f"batch-{run_id(SystemClock().now_ms())}"


@dataclass
class _Batch:
    """The runs of one call of the command."""

    client: CommandClient
    batch: CheckedBatch
    session: str
    lane: str
    names: Mapping[str, str]
    """What each medium is called: its JSON -> its name."""
    notes: Sequence[str]
    """What was found out about the media beforehand."""
    runs: list[str] = field(default_factory=list)
    """The ids of runs that existed already, then of those that were started."""

    def start(self) -> None:
        """Start the runs that the session does not have yet."""
        known_states = session_states(self.client.store, self.session)
        missing, self.runs = find_unstarted(self.batch, known_states.values())
        known_count = len(self.runs)
        lane = cast("Lane", self.lane)
        total = known_count + len(missing)
        lines = ProgressLines(at_once=False)
        for run in self.client.batch(self.batch.flow_name, missing, session=self.session, lane=lane):
            self.runs.append(run.id)
            lines.show(f"session {self.session}: {len(self.runs):,} of {total:,} runs started")
        note = f", {known_count} of them were there already" if known_count else ""
        echo(f"session {self.session}: {total} runs of {self.batch.flow.flow}{note}", err=True)

    def tell_started(self, *, as_json: bool) -> int:
        if as_json:
            print_json({"session": self.session, "flow": self.batch.flow.flow, "runs": self.runs})
        else:
            echo(self.session)
        return 0

    def follow(self, timeout_s: float | None) -> tuple[Tally, list[RunState]]:
        """Show the progress on standard error until every run has ended or waits."""
        with progress_view(len(self.runs)) as show:
            for tally in progress(self.client.store, self.runs, timeout_s=timeout_s):
                show(tally)
        return tally, load_states(self.client.store, self.session, self.runs)


def _report(
    client: CommandClient,
    job: _Batch,
    tally: Tally,
    states: list[RunState],
    *,
    path: Path | None,
    long: bool,
    as_json: bool,
) -> int:
    rows = summary_rows(states, job.names)
    if path is not None:
        write_table(path, long_table(complete(client.store, states)) if long else wide_table(rows))
    if as_json:
        print_json(_document(job, tally, [row._asdict() for row in rows], path))
    else:
        _print_summary(rows)
        echo(f"{tally}; `fluxagents runs list --session {job.session}` has their ids")
        if path is not None:
            echo(f"table: {path}")
    if tally.running:
        echo(f"{tally.running} runs go on; the same command with --session {job.session}", err=True)
    if tally.failed or tally.running:
        return FAILED
    if tally.waiting:
        return WAITING
    return NOT_ANSWERED if any(row.answered in {"partly", "no"} for row in rows) else 0


def _print_summary(rows: list[SummaryRow]) -> None:
    conditions = any(row.condition for row in rows)
    warned = any(row.model_warnings for row in rows)
    print_table(
        (
            "model",
            *(("condition",) if conditions else ()),
            "question",
            "status",
            "answered",
            "growth 1/h",
            *(("warnings",) if warned else ()),
            "run",
            "numbers",
            "answer",
        ),
        [
            (
                row.model,
                *((row.condition,) if conditions else ()),
                row.question,
                row.status,
                row.answered,
                "" if row.growth_per_h is None else f"{row.growth_per_h:.4f}",
                *((len(row.model_warnings) or "",) if warned else ()),
                row.run_id,
                ", ".join(f"{name}={number:.6g}" for name, number in row.numbers.items()),
                row.answer,
            )
            for row in rows
        ],
        cut_last=True,
    )
    notes = dict.fromkeys((row.model, message) for row in rows for message in row.model_warnings)
    for model, message in notes:
        print_warning(f"{model}: {message}")


def _document(job: _Batch, tally: Tally, runs: list[dict[str, Any]], path: Path | None) -> dict[str, Any]:
    return {
        "session": job.session,
        "flow": job.batch.flow.flow,
        "counts": asdict(tally),
        "medium_notes": list(job.notes),
        "runs": runs,
        "table": str(path) if path else None,
    }
