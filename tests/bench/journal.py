"""What the benchmarked steps write while they run: one line each, so that all systems are measured alike.

Imports nothing but the standard library: the peers run in an environment of their own.
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

VARIABLE = "BENCH_JOURNAL"
"""Environment variable with the file that lines are added to; without it none are."""


class Line(NamedTuple):
    """What happened to which step of which run, and when, in seconds on the clock of the machine."""

    what: str
    run: str
    step: int
    at_s: float


def note(what: str, run: str = "-", step: int = 0) -> None:
    """Add a line."""
    if VARIABLE in os.environ:
        line = f"{what} {run} {step} {time.monotonic():.6f}\n"
        os.write(_open(os.environ[VARIABLE]), line.encode())


@cache
def _open(path: str) -> int:
    # Short lines that are appended at once stay whole, whoever else writes.
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


class Journal:
    """Reads the lines as they come."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self._file = path.open(encoding="utf-8")
        self._rest = ""
        self.lines: list[Line] = []

    def read(self) -> int:
        """Read what was added; how many lines that is."""
        *whole, self._rest = (self._rest + self._file.read()).split("\n")
        for line in whole:
            what, run, step, at_s = line.split()
            self.lines.append(Line(what, run, int(step), float(at_s)))
        return len(whole)

    def close(self) -> None:
        self._file.close()
