"""The progress of many runs: a bar in a notebook or a terminal, else a line per change on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fluxagents.scheduler.batches.batches import Tally
from fluxagents.workers.clients.progress.progress_lines import ProgressLines

Show = Callable[[Tally], None]


@contextmanager
def progress_view(total: int) -> Iterator[Show]:
    """A function that shows the counts of so many runs."""
    if _is_notebook():
        yield NotebookBar()
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        lines = ProgressLines()
        yield lambda tally: lines.show(str(tally), must_show=tally.is_idle)
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


class NotebookBar:
    """One bar below the cell, which is drawn anew at each change; it needs no JavaScript."""

    def __init__(self) -> None:
        self._display: Any = import_module("IPython.display")
        self._handle: Any = None

    def __call__(self, tally: Tally) -> None:
        html = self._display.HTML(
            f'<progress value="{tally.total - tally.running}" max="{max(tally.total, 1)}"></progress> {tally}'
        )
        if self._handle is None:
            self._handle = self._display.display(html, display_id=True)
        else:
            self._handle.update(html)


def _is_notebook() -> bool:
    """Whether this process is the kernel of a notebook; a shell of IPython in a terminal is not one."""
    ipython: Any = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
