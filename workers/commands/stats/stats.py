"""`fluxagents stats`: statistics over the runs of an installation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.run_record import RunRecord
from fluxagents.workers.archive.histories import (
    Choice,
)
from fluxagents.workers.archive.record_file import record_file, steps_path
from fluxagents.workers.commands.display import period
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.stats.run_totals import add_up_runs
from fluxagents.workers.commands.stats.stats_view import print_stats
from fluxagents.workers.files.table_file import check_table_path
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.settings import Settings


@click.command(
    epilog=examples(
        "fluxagents stats --since 7d",
        "fluxagents stats --flow metabolic_analysis --since 2026-01-01 --until 2026-01-31",
        "fluxagents stats --session nightly --json",
        "fluxagents stats --parquet runs.parquet    # and runs.steps.parquet",
    )
)
@click.option("--flow", help="Only runs of this flow, all its versions.")
@click.option("--session", help="Only runs of this session.")
@click.option("--since", metavar="WHEN", help="Runs that started then or later: 2026-01-31, or 7d ago.")
@click.option("--until", metavar="WHEN", help="Runs that started then or earlier; a day is included.")
@click.option("--children", is_flag=True, help="Count runs that other runs began as runs too.")
@click.option("--parquet", metavar="FILE", help="Also write a row per run, and beside it a row per step.")
@json_option
def stats(
    flow: str | None,
    session: str | None,
    since: str | None,
    until: str | None,
    children: bool,
    parquet: str | None,
    as_json: bool,
) -> None:
    """Add up runs in Redis and in the archive: durations, tools, tokens, errors, approvals, retries.

    Runs that another run began, such as the parts of a large tool call, are not counted as runs; their work,
    tokens, errors and requests are. Quantiles are exact below 10 s and to 0.05 % above.
    """
    settings = Settings.load()
    choice = _choice(flow, session, since, until)
    path = _parquet_path(parquet)
    with ExitStack() as opened:
        keep = _open_writer(path, opened)
        document = add_up_runs(settings, choice, children=children, keep=keep)
    if as_json:
        print_json(document)
    else:
        print_stats(document)
        if path:
            _print_paths(path)


def _choice(flow: str | None, session: str | None, since: str | None, until: str | None) -> Choice:
    now_ms = SystemClock().now_ms()
    from_ms = period.since_ms(since, now_ms) if since else None
    to_ms = period.until_ms(until, now_ms) if until else None
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"--since {since} is not before --until {until}",
            suggestions=("name the earlier time in --since",),
        )
    return Choice(flow=flow, session=session, since_ms=from_ms, until_ms=to_ms)


def _parquet_path(text: str | None) -> Path | None:
    return None if text is None else check_table_path(text, suffixes=(".parquet",))


def _open_writer(path: Path | None, opened: ExitStack) -> Callable[[RunRecord], None]:
    if path is None:
        return lambda _: None
    return opened.enter_context(record_file(path)).add


def _print_paths(path: Path) -> None:
    echo(f"runs: {path}\nsteps: {steps_path(path)}")
