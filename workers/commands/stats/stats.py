"""`fluxagents stats`: statistics over the runs of an installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.run_record import RunRecord, record_of
from fluxagents.flows.statistics.run_statistics import Statistics
from fluxagents.prompts.statistics.costs import Prices, Usage, cost
from fluxagents.workers.archive.histories import (
    Choice,
    Histories,
    History,
    Progress,
    Unreadable,
    open_histories,
)
from fluxagents.workers.archive.record_file import record_file, steps_path
from fluxagents.workers.commands.display import period
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import PlainConsole, echo, print_json
from fluxagents.workers.commands.display.times import format_time
from fluxagents.workers.commands.stats.stats_view import print_stats
from fluxagents.workers.files.price_file import load_prices
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
    statistics, counts, unreadable = Statistics(), {"redis": 0, "archive": 0}, list[Any]()
    with ExitStack() as opened:
        keep = _open_writer(path, opened)
        for history, record, root in _records(settings, choice, opened, unreadable):
            if root is record or children:
                statistics.add(record)
                keep(record)
                counts[history.storage] += 1
            else:
                statistics.add_child(record, root)
    document = {
        **statistics.document(),
        "cost": _cost(statistics, load_prices(settings)),
        "first_started": None if statistics.first_ms is None else format_time(statistics.first_ms),
        "last_started": None if statistics.last_ms is None else format_time(statistics.last_ms),
        "in_redis": counts["redis"],
        "in_archive": counts["archive"],
        "unreadable": [{"run": run.name, "why": run.why} for run in unreadable],
    }
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


def _records(
    settings: Settings, choice: Choice, opened: ExitStack, unreadable: list[Unreadable]
) -> Iterator[tuple[History, RunRecord, RunRecord]]:
    """Each chosen run and the runs that it began, each with its record and the record of the chosen run."""
    histories = open_histories(settings)
    show = opened.enter_context(_progress())
    for item, progress in histories.stream(choice):
        show(progress)
        if isinstance(item, Unreadable):
            unreadable.append(item)
        elif isinstance(item, History):
            yield from _with_children(histories, item, unreadable)


def _with_children(
    histories: Histories, history: History, unreadable: list[Unreadable]
) -> Iterator[tuple[History, RunRecord, RunRecord]]:
    root: RunRecord | None = None
    for item in chain([history], histories.children(history)):
        if isinstance(item, Unreadable):
            unreadable.append(item)
            continue
        try:
            record = record_of(item.events)
        except FluxError as error:
            unreadable.append(Unreadable(item.run_id, error.message))
            if root is None:
                return
            continue
        root = root or record
        yield item, record, root


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """A progress bar, on a terminal."""
    console = PlainConsole(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("reading runs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ProgressBar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda progress: bar.update(task, completed=progress.seen, total=progress.total)


def _cost(statistics: Statistics, prices: Prices | None) -> dict[str, Any]:
    used = {
        name: Usage(usage.calls - usage.refused, usage.tokens_in, usage.tokens_cached, usage.tokens_out)
        for name, usage in statistics.chat_models.items()
    }
    return asdict(cost(used, prices))


def _print_paths(path: Path) -> None:
    echo(f"runs: {path}\nsteps: {steps_path(path)}")
