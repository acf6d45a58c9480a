"""What ties the logs of a process to those of all others: lines go out, levels come in.

A thread of its own does both, so that no step waits for it; what it cannot put down stands in the log of the
process all the same.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from threading import Event, Thread
from time import monotonic

from fluxagents.workers.observing.run_lines import LogStore, RunLines

FLUSH_EVERY_S = 0.5
LEVELS_EVERY_S = 5.0

ALL = "all"
"""The area of everything that has no level of its own."""

log = logging.getLogger("logs")


class LogLink:
    """Puts lines down and follows levels until the process ends.

    Args:
        lines: Those of this process.
        store: Where they go and where levels are; opened in the thread.
        errors: What says that the store is away.
        keeps_lines: Whether lines go out at all.
    """

    def __init__(
        self,
        lines: RunLines,
        store: Callable[[], LogStore],
        *,
        errors: tuple[type[Exception], ...],
        keeps_lines: bool = True,
    ) -> None:
        self._lines = lines
        self._open_store = store
        self._errors = errors
        self._keeps_lines = keeps_lines
        self._stopped = Event()
        self._pid = 0
        self._set: dict[str, int] = {}

    def start(self) -> None:
        """Begin, unless it has begun in this process; a fork does not take the thread along."""
        if self._pid == os.getpid():
            return
        if self._pid:
            # The parent puts its own lines down.
            self._lines.take()
        elif self._keeps_lines:
            logging.getLogger().addHandler(self._lines)
        self._pid = os.getpid()
        self._stopped = Event()
        Thread(target=self._run, name="log link", daemon=True).start()

    def stop(self) -> None:
        """End the thread soon."""
        self._stopped.set()

    def _run(self) -> None:
        store, next_look = self._open_store(), 0.0
        while not self._stopped.wait(FLUSH_EVERY_S):
            lines = self._lines.take()
            try:
                if lines:
                    store.append(lines)
                if monotonic() >= next_look:
                    next_look = monotonic() + LEVELS_EVERY_S
                    self._follow(store.read_levels())
            except self._errors as error:
                self._lines.put_back(lines)
                log.debug("log lines wait: %s", error)

    def _follow(self, levels: Mapping[str, str]) -> None:
        """Set what the book says, and what it said before back to what it was."""
        for area in self._set.keys() - levels.keys():
            _find_logger(area).setLevel(self._set.pop(area))
        for area, level in levels.items():
            logger = _find_logger(area)
            self._set.setdefault(area, logger.level)
            if logging.getLevelName(logger.level) != level:
                logger.setLevel(level)


def _find_logger(area: str) -> logging.Logger:
    return logging.getLogger(None if area == ALL else area)
