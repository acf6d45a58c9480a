"""One supervised service: its process, its restarts and how long it waits between them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Protocol

import psutil

from fluxagents.workers.host.run_file import ServiceStatus, State
from fluxagents.workers.machine.private_files import UMASK, append_private, make_private_folder
from fluxagents.workers.machine.process import ProcessId, kill_group
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis

MAX_RESTARTS_BEFORE_AN_ANSWER = 2
"""A service that never answered is set up wrongly: starting it again and again mends nothing."""

STEADY_AFTER_S = 60.0
"""A service that ran so long is started again at once when it ends."""

LONGEST_DELAY_S = 30.0
"""Between restarts of a service that has answered: it is started again for as long as it takes."""

LOG_BYTES = 20_000_000
"""A log that is longer is put aside; one such is kept."""


class Launcher(Protocol):
    """How a service comes up, and how it goes."""

    def start(self) -> ProcessId: ...
    def wait(self) -> None:
        """Return when the process has ended."""
        ...

    def ask_to_stop(self) -> None: ...
    def force(self) -> None:
        """End it and whatever it has left behind, now."""
        ...


class Command:
    """A service that is a command: it leads a session of its own, so that its children end with it."""

    def __init__(self, arguments: list[str], *, environment: dict[str, str], log: Path, folder: Path) -> None:
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None
        self._process: ProcessId | None = None

    def start(self) -> ProcessId:
        make_private_folder(self._folder)
        make_private_folder(self._log.parent)
        rotate_log(self._log)
        with append_private(self._log) as log:
            self._child = subprocess.Popen(  # noqa: S603 # our own command line, no shell
                self._arguments,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=UMASK,
            )
        self._process = ProcessId.of(self._child.pid)
        return self._process

    def wait(self) -> None:
        if self._child is not None:
            self._child.wait()

    def ask_to_stop(self) -> None:
        if self._child is not None:
            self._child.terminate()

    def force(self) -> None:
        if self._process is not None:
            kill_group(self._process)


def rotate_log(path: Path) -> bool:
    """Put a log aside that has grown too long; what is written in the same moment may be lost.

    The file stays: its service goes on to append to it.

    Returns:
        Whether it was too long.
    """
    if not path.exists() or path.stat().st_size <= LOG_BYTES:
        return False
    aside = path.with_suffix(".log.1")
    with append_private(aside) as copy, path.open("rb") as log:
        copy.truncate(0)
        shutil.copyfileobj(log, copy)
    os.truncate(path, 0)
    return True


class Redis:
    """The embedded Redis as a service; it stops by itself writing everything to disk."""

    def __init__(self, server: EmbeddedRedis) -> None:
        self._server = server
        self._process: ProcessId | None = None

    def start(self) -> ProcessId:
        self._server.start()
        instance = self._server.instance
        if instance is None:
            raise psutil.NoSuchProcess(0, "redis-server", "ended right after it had answered")
        self._process = instance.process
        return instance.process

    def wait(self) -> None:
        # Not asked of the folder, which may be gone by then.
        if self._process is not None:
            self._process.wait(None)

    def ask_to_stop(self) -> None:
        self._server.stop()

    def force(self) -> None:
        self._server.kill()


class Service:
    """A service under supervision.

    Args:
        name: Its name; also that of its log.
        launcher: How it is started and stopped.
        log: Where it logs to.
        address: Where to reach it, if anywhere.
    """

    def __init__(self, name: str, launcher: Launcher, *, log: Path, address: str = "") -> None:
        self.name = name
        self.state = State.STOPPED
        self.restarts = 0
        self.restart_at = 0.0
        self._launcher = launcher
        self._log = log
        self._address = address
        self._detail = ""
        self._process: ProcessId | None = None
        self._started = 0.0
        self._in_a_row = 0
        self._answered = False

    @property
    def status(self) -> ServiceStatus:
        return ServiceStatus(
            name=self.name,
            state=self.state,
            process=self._process,
            restarts=self.restarts,
            log=str(self._log),
            address=self._address,
            detail=self._detail,
        )

    @property
    def up(self) -> bool:
        """Whether its process runs, as far as was heard."""
        return self.state in {State.STARTING, State.RUNNING, State.STOPPING}

    def rotate_log(self) -> None:
        """Put the log aside if it has grown too long."""
        rotate_log(self._log)

    def start(self, ended: Callable[[], None]) -> None:
        """Start the process; `ended` is called from another thread when it has ended."""
        self._process = self._launcher.start()
        self._started = monotonic()
        self.state = State.STARTING

        def watch() -> None:
            self._launcher.wait()
            ended()

        Thread(target=watch, name=f"watch {self.name}", daemon=True).start()

    def note_answer(self) -> None:
        self.state = State.RUNNING
        self._answered = True
        self._detail = ""

    def note_failed_start(self, error: Exception) -> str:
        """Take note that the process could not be started; it is tried for as long as it takes."""
        self._in_a_row += 1
        delay_s = self._wait_to_restart()
        self._detail = str(error)
        return f"{self.name} cannot be started: {error}; it is tried again in {delay_s:.0f} s"

    def note_end(self) -> str:
        """Take note that the process has ended; decide when to start it again, and say so."""
        self._launcher.force()
        self._process = None
        if self.state is State.STOPPING:
            self.state = State.STOPPED
            return ""
        lasted_s = monotonic() - self._started
        self._in_a_row = 1 if lasted_s > STEADY_AFTER_S else self._in_a_row + 1
        if not self._answered and self._in_a_row > MAX_RESTARTS_BEFORE_AN_ANSWER:
            self.state = State.FAILED
            self._detail = f"ended {self._in_a_row} times in a row; {self._last_words()}"
            return f"{self.name} stays down: it {self._detail} (log: {self._log})"
        delay_s = self._wait_to_restart()
        self.restarts += 1
        often = f", {self._in_a_row} times in a row" if self._in_a_row > 1 else ""
        again = f"it starts again in {delay_s:.0f} s (log: {self._log})"
        return f"{self.name} ended after {lasted_s:.0f} s{often}; {again}"

    def _wait_to_restart(self) -> float:
        """Wait in seconds, longer each time in a row."""
        delay_s: float = min(2.0 ** (self._in_a_row - 1), LONGEST_DELAY_S)
        self.state = State.WAITING
        self.restart_at = monotonic() + delay_s
        return delay_s

    def _last_words(self) -> str:
        if not self._log.exists():
            return "it wrote no log"
        lines = self._log.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "its log is empty")

    def ask_to_stop(self) -> None:
        if not self.up:
            self.state = State.STOPPED
            return
        self.state = State.STOPPING
        with suppress(ProcessLookupError):  # it ended this moment
            self._launcher.ask_to_stop()

    def force(self) -> None:
        self._launcher.force()
