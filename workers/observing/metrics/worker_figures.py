"""The figures of a worker, taken in its main process: its children may be inside a solver, and die."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import monotonic

import psutil

from fluxagents.workers.observing.metrics.node_figures import NodeFigures


class PollWatch:
    """When this process last asked its queues for work."""

    def __init__(self, steady_s: Callable[[], float] = monotonic) -> None:
        self._steady_s = steady_s
        self._polled_s = steady_s()
        self.is_noted = False
        """Whether it ever asked."""

    def note(self) -> None:
        """It asks now."""
        self._polled_s = self._steady_s()
        self.is_noted = True

    @property
    def age_s(self) -> float:
        """Since when it has not asked."""
        return self._steady_s() - self._polled_s


class WorkerFigures:
    """Takes them.

    Args:
        node: The name of the worker.
        slots: How many tasks it carries out at once.
        task_limit_s: The time limit of a task.
        folder: Whose disk is looked at.
        polls: Of its queues.
        steady_s: Seconds that only grow: the clock of the machine may be set.
    """

    def __init__(
        self,
        *,
        node: str,
        slots: int,
        task_limit_s: float,
        folder: Path,
        polls: PollWatch,
        steady_s: Callable[[], float] = monotonic,
    ) -> None:
        self._node = node
        self._slots = slots
        self._task_limit_s = task_limit_s
        self._folder = folder
        self._polls = polls
        self._steady_s = steady_s
        self._began: dict[str, float] = {}

    def take(
        self,
        *,
        tasks: Iterable[str],
        pids: Iterable[int],
        ready: bool,
        dropped_queues: Sequence[str],
        at_s: float,
        clock_offset_s: float,
    ) -> NodeFigures:
        """The figures of now.

        Args:
            tasks: Ids of the tasks that it carries out.
            pids: Its processes.
            ready: Whether it has come up.
            dropped_queues: Those from which it was told to take no more.
            at_s: The time of Redis.
            clock_offset_s: How far the clock of this machine is ahead of that.
        """
        now_s = self._steady_s()
        self._began = {task: self._began.get(task, now_s) for task in tasks}
        is_full = len(self._began) >= self._slots
        disk = find_room(self._folder)
        return NodeFigures(
            at_s=at_s,
            node=self._node,
            ready=ready,
            slots=self._slots,
            active=len(self._began),
            oldest_task_s=now_s - min(self._began.values(), default=now_s),
            task_limit_s=self._task_limit_s,
            poll_age_s=0.0 if is_full else self._polls.age_s,
            dropped_queues=tuple(dropped_queues),
            memory_bytes=add_up_memory(pids),
            disk_free_bytes=disk.free,
            disk_size_bytes=disk.total,
            clock_offset_s=clock_offset_s,
        )


def find_room(folder: Path) -> shutil._ntuple_diskusage:
    """The disk of a folder, or of the nearest one above it that exists."""
    return shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists()))


def add_up_memory(pids: Iterable[int]) -> int:
    """Resident memory of processes in bytes, those left out that have ended."""
    total = 0
    for pid in pids:
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
