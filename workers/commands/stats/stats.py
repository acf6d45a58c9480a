"""`fluxagents stats`: what the runs of an installation say together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from fluxagents.workers.commands.display.output import examples, json_option, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from fluxagents.flows.history.run_record import RunRecord
    from fluxagents.flows.statistics.run_statistics import Statistics
    from fluxagents.prompts.statistics.costs import Prices
    from fluxagents.workers.archive.histories import Choice, Histories, History, Progress, Unreadable
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
@click.option("--children", is_flag=True, help="Count runs that other runs began as runs of their own.")
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

    A part of a large tool call, and any other run that a run began, is no run of its own here; what it
    worked, sent, failed and asked counts. Quantiles are exact below 10 s and to 0.05 % above.
    """
    from fluxagents.flows.statistics.run_statistics import Statistics
    from fluxagents.workers.commands.display.views import moment
    from fluxagents.workers.commands.stats.stats_view import print_stats
    from fluxagents.workers.files.price_file import load_prices
    from fluxagents.workers.settings import Settings

    settings = Settings.load()
    choice = _choice(flow, session, since, until)
    path = _parquet_path(parquet)
    found, places, unreadable = Statistics(), {"redis": 0, "archive": 0}, list[Any]()
    with ExitStack() as opened:
        keep = _keeper(path, opened)
        for history, record, root in _records(settings, choice, opened, unreadable):
            if root is record or children:
                found.add(record)
                keep(record)
                places[history.place] += 1
            else:
                found.add_child(record, root)
    document = {
        **found.document(),
        "cost": _cost(found, load_prices(settings)),
        "first_started": None if found.first_ms is None else moment(found.first_ms),
        "last_started": None if found.last_ms is None else moment(found.last_ms),
        "in_redis": places["redis"],
        "in_archive": places["archive"],
        "unreadable": [{"run": one.name, "why": one.why} for one in unreadable],
    }
    if as_json:
        print_json(document)
    else:
        print_stats(document)
        if path:
            _say_where(path)


def _choice(flow: str | None, session: str | None, since: str | None, until: str | None) -> Choice:
    from fluxagents.flows.errors import ErrorClass, FluxError
    from fluxagents.workers.archive.histories import Choice
    from fluxagents.workers.clock import SystemClock
    from fluxagents.workers.commands.display import period

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
    from fluxagents.workers.files.table_file import check_table_path

    return None if text is None else check_table_path(text, suffixes=(".parquet",))


def _keeper(path: Path | None, opened: ExitStack) -> Callable[[RunRecord], None]:
    if path is None:
        return lambda _: None
    from fluxagents.workers.archive.record_file import record_file

    return opened.enter_context(record_file(path)).add


def _records(
    settings: Settings, choice: Choice, opened: ExitStack, unreadable: list[Unreadable]
) -> Iterator[tuple[History, RunRecord, RunRecord]]:
    """Each run that is chosen, and those that it began, with the one that they began with."""
    from fluxagents.workers.archive.histories import History, Unreadable, open_histories

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
    from fluxagents.flows.errors import FluxError
    from fluxagents.flows.history.run_record import record_of
    from fluxagents.workers.archive.histories import Unreadable

    root: RunRecord | None = None
    for one in chain([history], histories.children(history)):
        if isinstance(one, Unreadable):
            unreadable.append(one)
            continue
        try:
            record = record_of(one.events)
        except FluxError as error:
            unreadable.append(Unreadable(one.run_id, error.message))
            if root is None:
                return
            continue
        root = root or record
        yield one, record, root


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, for as long as it takes."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("reading runs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda progress: bar.update(task, completed=progress.seen, total=progress.total)


def _cost(found: Statistics, prices: Prices | None) -> dict[str, Any]:
    from dataclasses import asdict

    from fluxagents.prompts.statistics.costs import Usage, cost

    taken = {
        name: Usage(one.calls - one.refused, one.tokens_in, one.tokens_cached, one.tokens_out)
        for name, one in found.chat_models.items()
    }
    return asdict(cost(taken, prices))


def _say_where(path: Path) -> None:
    from fluxagents.workers.archive.record_file import steps_path

    click.echo(f"runs: {path}\nsteps: {steps_path(path)}")
