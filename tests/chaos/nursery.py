"""Starts Celery processes by forking one that has imported everything.

A worker then costs a tenth of the processor time of a fresh interpreter, so that some are up although one
is killed every two seconds on a small machine. Requests are lines of JSON on standard input, each answered by
one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from celery.__main__ import main as celery

PRELOADED = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.concurrency.thread",
    "celery.worker.consumer",
    "redbeat",
    "tests.chaos.app",
)
"""Imported by the far end alone: the last one reads the environment."""


class Nursery:
    """The near end: the process that forks.

    Args:
        environment: That of all processes that it starts.
        folder: Where they run.
    """

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._lock = Lock()
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def start(self, arguments: list[str], log: Path) -> Child:
        """A process of `celery` with these arguments, the leader of a session."""
        pid = self.ask({"start": arguments, "log": str(log)})
        assert isinstance(pid, int)
        return Child(self, pid)

    def ask(self, request: dict[str, Any]) -> int | None:
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        with self._lock:
            self._popen.stdin.write(json.dumps(request) + "\n")
            self._popen.stdin.flush()
            answer: int | None = json.loads(self._popen.stdout.readline())
        return answer

    def close(self) -> None:
        self._popen.communicate(timeout=10.0)


class Child:
    """A process that was forked; answers as `subprocess.Popen` does."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._nursery.ask({"poll": self.pid})
        return self._code

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.01)
        return code


def _serve() -> None:
    for module in PRELOADED:
        import_module(module)
    alive: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        if "poll" in request:
            pid, status = os.waitpid(request["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
            alive.discard(pid)
        else:
            answer = os.fork()
            if not answer:
                _become(request["start"], Path(request["log"]))
                celery()
                return
            alive.add(answer)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    # Nobody asks any more: the tests have ended, or somebody has ended them.
    for pid in alive:
        os.killpg(pid, signal.SIGKILL)


def _become(arguments: list[str], log: Path) -> None:
    os.setsid()
    with log.open("ab") as out, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    sys.argv = ["celery", "--quiet", "-A", "tests.chaos.app", *arguments]


if __name__ == "__main__":
    _serve()
