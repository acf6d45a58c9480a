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
from collections.abc import Sequence
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
    "tests.chaos.flows",
    "tests.chaos.odd_worker",
    "tests.chaos.tools",
    "fluxagents.workers.composition",
)
"""What the application imports; it reads the environment itself, so that each process imports it anew."""


class Nursery:
    """The near end: the process that forks.

    Args:
        app: The module of the application that the processes it starts are of.
        environment: Its own.
        folder: Where it and they run.
    """

    def __init__(self, app: str, environment: dict[str, str], folder: Path) -> None:
        self._app = app
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

    @property
    def pid(self) -> int:
        return self._popen.pid

    def start(self, arguments: Sequence[str], log: Path, environment: dict[str, str]) -> Child:
        """A process of `celery` with these arguments, the leader of a session."""
        words = ["celery", "--quiet", "-A", self._app, *arguments]
        pid = self.ask({"start": words, "log": str(log), "environment": environment})
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
                _become(request["start"], Path(request["log"]), request["environment"])
                celery()
                return
            alive.add(answer)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    # Nobody asks any more: the tests have ended, or somebody has ended them.
    for pid in alive:
        os.killpg(pid, signal.SIGKILL)


def _become(words: list[str], log: Path, environment: dict[str, str]) -> None:
    os.setsid()
    with log.open("ab") as out, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = words


if __name__ == "__main__":
    _serve()
