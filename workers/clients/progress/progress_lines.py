"""Progress where there is no terminal: lines on standard error, not too many."""

from __future__ import annotations

import time
from collections.abc import Callable

import click

from fluxagents.flows.texts.display import visible

LINE_EVERY_S = 5.0
"""Shortest time between two lines; a line that must be seen comes at once."""


class ProgressLines:
    """One line per change, at least a few seconds apart.

    Args:
        clock: Seconds that only grow.
        at_once: Whether the first line comes at once, or after the same time as the next.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, at_once: bool = True) -> None:
        self._clock = clock
        self._shown = ""
        self._shown_at_s = float("-inf") if at_once else clock()

    def show(self, text: str, *, must_show: bool = False) -> None:
        """Print a line, unless it says what the last one said or comes too soon and need not be seen."""
        now_s = self._clock()
        if text == self._shown or (not must_show and now_s - self._shown_at_s < LINE_EVERY_S):
            return
        self._shown, self._shown_at_s = text, now_s
        click.echo(visible(text, layout=""), err=True)
