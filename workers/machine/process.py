"""Processes known by pid and start time, so that a reused pid is never taken for the old process."""

from __future__ import annotations

import os
import signal
from typing import Self

import psutil
from pydantic import BaseModel, ConfigDict

START_TIME_TOLERANCE_S = 1.0
"""Start times come from a clock that ticks in hundredths and may be corrected meanwhile."""


class ProcessId(BaseModel):
    """A process of this machine, told apart from a later one with the same pid."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pid: int
    started_at: float
    """Seconds since the epoch."""

    @classmethod
    def of(cls, pid: int) -> Self:
        """The process that has this pid now.

        Raises:
            psutil.NoSuchProcess: There is none.
        """
        return cls(pid=pid, started_at=psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The process if it still runs, else none."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started_at) < START_TIME_TOLERANCE_S
            running = process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same and running else None

    def alive(self) -> bool:
        return self.find() is not None

    def wait(self, timeout_s: float | None) -> bool:
        """Wait until the process has ended, for ever if need be; false if it still runs after `timeout_s`."""
        try:
            # Also right for a zombie of ours, which is reaped; another process is never waited for.
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started_at) < START_TIME_TOLERANCE_S:
                process.wait(timeout_s)
        except psutil.NoSuchProcess:
            return True
        except psutil.TimeoutExpired:
            return False
        return True


def find_marked(variable: str, value: str) -> list[psutil.Process]:
    """The running processes whose environment says `variable=value`: a service and all its children."""
    marked = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == value:
                marked.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue  # gone meanwhile, or somebody else's
    return marked


def end_all(processes: list[psutil.Process], *, patience_s: float) -> None:
    """TERM all of them, then KILL those that are left after `patience_s`."""
    for process in processes:
        _send(process, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(processes, timeout=patience_s)
    for process in stubborn:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=patience_s)


def kill_group(leader: ProcessId) -> None:
    """Kill what is left of the group that `leader` led; a group that is gone is fine."""
    if leader.pid == os.getpgrp():
        raise ValueError(f"process group {leader.pid} is our own")
    if not leader.alive() and psutil.pid_exists(leader.pid) and not _is_zombie(leader.pid):
        return  # the pid belongs to somebody else now
    try:
        os.killpg(leader.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
