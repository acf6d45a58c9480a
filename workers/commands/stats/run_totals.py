"""What runs took together, as `stats` and `sessions stats` print it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from fluxagents.flows.history.run_record import RunRecord
from fluxagents.workers.archive.histories import Choice, Progress, open_histories
from fluxagents.workers.archive.totals import add_up
from fluxagents.workers.commands.display.output import PlainConsole
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
    with _progress() as show:
        totals = add_up(open_histories(settings), choice, children=children, keep=keep, show=show)
    return totals.document(load_prices(settings))


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
