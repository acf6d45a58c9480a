"""A line on standard error while something takes longer than a reader waits without asking."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fluxagents.workers.commands.display.output import echo

NOTICE_AFTER_S = 1.0


def _print_to_standard_error(text: str) -> None:
    echo(text, err=True)


@contextmanager
def notice_when_slow(
    text: str, after_s: float = NOTICE_AFTER_S, show: Callable[[str], None] = _print_to_standard_error
) -> Iterator[None]:
    """Show a text if the block is not done after some seconds."""
    timer = threading.Timer(after_s, show, (text,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
