"""How a batch goes, on standard error: a bar on a terminal, else a line when something has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fluxagents.scheduler.batches.batches import Tally

LINE_EVERY_S = 5.0
"""Shortest time between two lines, but for the last one."""

Show = Callable[[Tally], None]


@contextmanager
def progress_view(total: int, *, quiet: bool) -> Iterator[Show]:
    """What shows the counts of a batch.

    Args:
        total: Runs of the batch.
        quiet: Show nothing where there is no terminal.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _nothing if quiet else Lines()
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


class Lines:
    """One line a change, a few seconds apart at least."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown: Tally | None = None
        self._shown_at = float("-inf")

    def __call__(self, tally: Tally) -> None:
        now = self._clock()
        if tally == self._shown or (not tally.is_idle and now - self._shown_at < LINE_EVERY_S):
            return
        self._shown, self._shown_at = tally, now
        click.echo(str(tally), err=True)


def _nothing(tally: Tally) -> None:
    del tally
