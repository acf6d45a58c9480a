"""What runs took together, as `stats` and `sessions stats` print it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import chain
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from fluxagents.flows.errors import FluxError
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
from fluxagents.workers.commands.display.output import PlainConsole
from fluxagents.workers.commands.display.times import format_time
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.settings import Settings


def add_up_runs(
    settings: Settings,
    choice: Choice,
    *,
    children: bool = False,
    keep: Callable[[RunRecord], None] = lambda _: None,
) -> dict[str, Any]:
    """Add up runs in Redis and in the archive, with a progress bar on a terminal.

    Args:
        settings: Of the installation.
        choice: Which runs.
        children: Whether runs that others began count as runs; their work counts in any case.
        keep: Called with the record of each run that counts.
    """
    statistics, counts, unreadable = Statistics(), {"redis": 0, "archive": 0}, list[Unreadable]()
    with ExitStack() as opened:
        for history, record, root in _records(settings, choice, opened, unreadable):
            if root is record or children:
                statistics.add(record)
                keep(record)
                counts[history.storage] += 1
            else:
                statistics.add_child(record, root)
    return {
        **statistics.document(),
        "cost": _cost(statistics, load_prices(settings)),
        "first_started": None if statistics.first_ms is None else format_time(statistics.first_ms),
        "last_started": None if statistics.last_ms is None else format_time(statistics.last_ms),
        "in_redis": counts["redis"],
        "in_archive": counts["archive"],
        "unreadable": [{"run": run.name, "why": run.why} for run in unreadable],
    }


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
