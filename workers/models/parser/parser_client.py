"""The server process of this process that parses model files: started at the first one, and ended with it."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path

from fluxagents.workers.models.parser.parsing_request import BEGUN, ParsingRequest

_MODULE = "fluxagents.workers.models.parser.parser_server"
_START_SECONDS = 120.0
"""For importing cobra on a slow and busy machine."""

_KILL_SECONDS = 10.0
_ATTEMPTS = 2
_MAX_ANSWER_BYTES = 16
_PASSED = ("HOME", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "XDG_CACHE_HOME")
"""Variables that say where libraries and folders are, and hold no secrets."""


class ParserLostError(Exception):
    """The server ended before the file was parsed, each time."""


class ParserClient:
    """Asks a server process of its own to parse files; for all threads of this process.

    Nothing is started before the first file. A server that has ended, for whatever reason, is replaced by
    another when there is a file again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._server: subprocess.Popen[bytes] | None = None
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.close)

    def run(self, request: ParsingRequest) -> int:
        """Have a file parsed, and wait until that has ended.

        Returns:
            The exit code of its process; a signal that ended it as a negative number.

        Raises:
            TimeoutError: It took more time than the request gives it; its process is no more.
            ParserLostError: The server ended in the middle, and so did another one.
        """
        for _ in range(_ATTEMPTS):
            with self._submit(request) as answers:
                code = _wait(answers, request.seconds)
            if code is not None:
                return code
        raise ParserLostError

    def close(self) -> None:
        """End the server, and whatever it works on."""
        with self._lock:
            self._stop()

    def _submit(self, request: ParsingRequest) -> socket.socket:
        """Send a request; the answers come on the socket that comes back."""
        answers, theirs = socket.socketpair()
        # It lies in the socket before the server has it, so that the server need not wait for it.
        answers.sendall(json.dumps(asdict(request)).encode())
        with theirs, self._lock:
            for _ in range(_ATTEMPTS):
                try:
                    socket.send_fds(self._connect(), [b"\n"], [theirs.fileno()])
                except OSError:
                    self._stop()
                else:
                    break
        return answers

    def _connect(self) -> socket.socket:
        """The socket to the server, which is started if there is none."""
        if self._control is not None and self._server is not None and self._server.poll() is None:
            return self._control
        self._stop()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._server = subprocess.Popen(  # noqa: S603 - our own module; the user's part are bytes in a file
                [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())],
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # what a terminal sends to this process is not meant for it
            )
        return self._control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        self._control = self._server = None

    def _forget(self) -> None:
        """In a forked process: the server is the parent's."""
        self._lock = threading.Lock()
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.returncode = 0  # nobody here can wait for it
        self._control = self._server = None


@cache
def parser_client() -> ParserClient:
    """The one of this process."""
    return ParserClient()


def _wait(answers: socket.socket, seconds: float) -> int | None:
    """The exit code; None if the server has ended, or does not begin."""
    try:
        answers.settimeout(_START_SECONDS)
        if answers.recv(len(BEGUN)) != BEGUN:
            return None
    except (TimeoutError, ConnectionError):
        return None
    try:
        answers.settimeout(seconds)
        code = answers.recv(_MAX_ANSWER_BYTES)
    except ConnectionError:
        return None
    except TimeoutError:
        answers.settimeout(_KILL_SECONDS)
        answers.shutdown(socket.SHUT_WR)
        answers.recv(_MAX_ANSWER_BYTES)
        raise
    return int(code) if code else None


def _environment() -> dict[str, str]:
    """No keys: the server finds the same packages as this process, and reserves no memory for threads."""
    package = Path(str(files("fluxagents")))
    paths = [str(package.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    return {**passed, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
