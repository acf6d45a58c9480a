"""Forks a process for each model file from one process that has cobra loaded.

Importing cobra takes seconds of processor time; here it is paid once instead of with each file.

Usage: `python -m` this module, with the number of an inherited socket, on which the owner sends a byte with
another socket for each file. On that one the server finds a `ParsingRequest` as JSON. It answers `+` when the
process has begun, and with the process's exit code in decimal when it has ended. An owner that closes or
half-closes the socket has the process killed. When the owner itself ends, so do the server and its processes.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from fluxagents.workers.models.parser.parser_process import parse_confined, prepare
from fluxagents.workers.models.parser.parsing_request import BEGUN, OUTPUT, ParsingRequest

IDLE_SECONDS = 60.0
"""After which a server without work ends, to give back its memory; the owner starts another if need be."""

_MAX_REQUEST_BYTES = 1 << 16
_PARENT_DEATH_SIGNAL = 1
"""Of Linux's `prctl`."""


class ParserServer:
    """Serves one owner in a single thread.

    Args:
        control: To the owner.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._requests: dict[int, socket.socket] = {}
        """By the process that works on it."""
        self._ended, ended = socket.socketpair()
        for end in (self._ended, ended):
            end.setblocking(False)
        signal.set_wakeup_fd(ended.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._wake = ended
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._selector.register(self._ended, selectors.EVENT_READ)

    def serve(self) -> None:
        """Until the owner ends, or has asked nothing for a while."""
        while True:
            ready = self._selector.select(None if self._requests else IDLE_SECONDS)
            if not ready and not self._requests:
                return
            for key, _ in ready:
                if key.fileobj is self._ended:
                    self._reap()
                elif key.fileobj is self._control:
                    if not self._accept():
                        return
                elif key.data in self._requests:
                    os.kill(key.data, signal.SIGKILL)
                    self._selector.unregister(key.fileobj)

    def kill(self) -> None:
        """End all processes that work."""
        for process in self._requests:
            os.kill(process, signal.SIGKILL)

    def _accept(self) -> bool:
        """Fork a process for a request; False if the owner has ended."""
        sent, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        if not sent:
            return False
        request = socket.socket(fileno=descriptors[0])
        line = request.recv(_MAX_REQUEST_BYTES)
        process = os.fork()
        if process == 0:
            self._become_parser(ParsingRequest(**json.loads(line)))
        self._requests[process] = request
        self._selector.register(request, selectors.EVENT_READ, process)
        with suppress(OSError):  # whoever asked may have gone
            request.sendall(BEGUN)
        return True

    def _become_parser(self, request: ParsingRequest) -> None:
        """In the forked process: parse, and end."""
        code = 1
        try:
            self._leave()
            output = os.open(Path(request.folder) / OUTPUT, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
            os.dup2(output, 1)  # GLPK says on the one, Python and C++ on the other what ended them
            os.dup2(output, 2)
            code = parse_confined(request)
        except BaseException:  # noqa: BLE001 - nothing of the server may run in this process
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _leave(self) -> None:
        """Give up what belongs to the server, and end with it."""
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for held in (self._control, self._ended, self._wake, *self._requests.values()):
            held.close()

    def _reap(self) -> None:
        """Answer the requests whose processes have ended."""
        self._ended.recv(_MAX_REQUEST_BYTES)
        for process, request in list(self._requests.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if not ended:
                continue
            del self._requests[process]
            if request in self._selector.get_map():
                self._selector.unregister(request)
            with request, suppress(OSError):  # whoever asked may have gone
                request.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def main(arguments: list[str]) -> None:
    """Serve the owner at the other end of an inherited socket."""
    server = ParserServer(socket.socket(fileno=int(arguments[0])))
    prepare()
    gc.freeze()  # what is loaded stays shared with the forked processes
    try:
        server.serve()
    finally:
        server.kill()


if __name__ == "__main__":
    main(sys.argv[1:])
