"""Two workers with one process each on one Redis, of which the second one can be told to take nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.settings import Settings

SHARED = ("tools.bulk", "tools.bulk.new")
"""What both take; the first one looks after everything else too."""

T = TypeVar("T")


@dataclass(frozen=True)
class Pair:
    """Both, as Celery's remote control calls them."""

    control: Any
    second: str

    def rest(self) -> None:
        """Let the second one take nothing more."""
        for queue in SHARED:
            self.control.cancel_consumer(queue, destination=[self.second], reply=True)

    def help(self) -> None:
        """Let the second one work again."""
        for queue in SHARED:
            self.control.add_consumer(queue, destination=[self.second], reply=True)


@dataclass(frozen=True)
class Rounds(Generic[T]):
    """What was measured on one worker and on two."""

    one: list[T]
    two: list[T]


@contextmanager
def two_workers(folder: Path) -> Iterator[Pair]:
    """Both, for as long as the block runs."""
    control = create_app(Settings.load()).control
    with ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(_worker(folder, name))
        yield Pair(control, _both(control)[1])


def in_turns(pair: Pair, measure: Callable[[], T], *, rounds: int) -> Rounds[T]:
    """Measure on one and on two in turns, after two rounds in which both load what they need."""
    for _ in range(2):
        measure()
    found: Rounds[T] = Rounds([], [])
    for _ in range(rounds):
        pair.rest()
        found.one.append(measure())
        pair.help()
        found.two.append(measure())
    return found


def _both(control: Any) -> list[str]:
    for _ in range(120):
        names = sorted(name for answer in control.ping(timeout=1.0) for name in answer)
        if len(names) == 2:
            return names
    raise AssertionError("the workers did not start")


@contextmanager
def _worker(folder: Path, name: str) -> Iterator[None]:
    queues = QUEUES if name == "one" else SHARED
    command = [
        sys.executable, "-m", "celery", "--quiet", "-A", "fluxagents.workers.celery_entry", "worker",
        "--pool=prefork", "--concurrency=1", f"--queues={','.join(queues)}", "-O", "fair",
        "--loglevel=WARNING", f"--hostname={name}@%h",
    ]  # fmt: skip
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)
