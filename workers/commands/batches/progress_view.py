"""The progress of a batch on standard error: a bar on a terminal, else one line per change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fluxagents.scheduler.batches.batches import Tally

LINE_EVERY_S = 5.0
"""Shortest time between two lines; the last line may come sooner."""

Show = Callable[[Tally], None]


@contextmanager
def progress_view(total: int, *, quiet: bool) -> Iterator[Show]:
    """A function that shows the counts of a batch.

    Args:
        total: Runs of the batch.
        quiet: Show nothing where there is no terminal.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _show_nothing if quiet else ProgressLines()
        return
    bar = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
    )
    with bar:
        task = bar.add_task("", total=total)
        yield lambda tally: bar.update(task, completed=tally.total - tally.running, description=str(tally))


class ProgressLines:
    """One line per change, at least a few seconds apart."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown: Tally | None = None
        self._shown_at = float("-inf")

    def __call__(self, tally: Tally) -> None:
        now_s = self._clock()
        if tally == self._shown or (not tally.is_idle and now_s - self._shown_at < LINE_EVERY_S):
            return
        self._shown, self._shown_at = tally, now_s
        click.echo(str(tally), err=True)


def _show_nothing(tally: Tally) -> None:
    del tally
