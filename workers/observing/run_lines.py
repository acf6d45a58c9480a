"""The log lines that speak of a run, on their way to where all nodes put theirs."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

MAX_WAITING = 2_000
"""Lines that wait to be put down; while the store is away the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """A line and the run that it speaks of."""

    run_id: str
    text: str
    """The line as JSON, without secrets."""


class LogStore(Protocol):
    """The last lines about runs, of all nodes, and which areas log at another level than the settings say."""

    def append(self, lines: Sequence[RunLine]) -> None:
        """Put lines down; only the latest of all are kept."""
        ...

    def read_levels(self) -> Mapping[str, str]:
        """The level of each area; an area is the name of a logger."""
        ...


class RunLines(logging.Handler):
    """Holds back the lines that speak of a run until somebody takes them.

    Args:
        formatter: Makes the JSON of a line.
    """

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._waiting: deque[RunLine] = deque(maxlen=MAX_WAITING)

    def emit(self, record: logging.LogRecord) -> None:
        run_id = find_run(record)
        if run_id:
            self._waiting.append(RunLine(run_id, self.format(record)))

    def take(self) -> list[RunLine]:
        """The lines that wait."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def put_back(self, lines: Sequence[RunLine]) -> None:
        """Lines that could not be put down, before those that came since."""
        room = MAX_WAITING - len(self._waiting)
        self._waiting.extendleft(reversed(lines[-room:] if room else ()))


def find_run(record: logging.LogRecord) -> str:
    """The run that a record speaks of; empty for none."""
    said = record.msg if isinstance(record.msg, Mapping) else {}
    run = said.get("run") or structlog.contextvars.get_contextvars().get("run") or _find_in_task(record)
    return run if isinstance(run, str) else ""


def _find_in_task(record: logging.LogRecord) -> str:
    return name_run(getattr(record, "data", None))[0]


def name_run(task: object) -> tuple[str, int]:
    """Run and step of what Celery says of a task, whose id is `run-<run>.<step>.<attempt>`; else nothing."""
    task_id = task.get("id") if isinstance(task, Mapping) else None
    if not isinstance(task_id, str) or not task_id.startswith("run-"):
        return "", 0
    parts = task_id.removeprefix("run-").rsplit(".", 2)
    is_step = len(parts) == 3 and parts[1].isdecimal()  # noqa: PLR2004 # run, step and attempt
    return (parts[0], int(parts[1])) if is_step else ("", 0)
