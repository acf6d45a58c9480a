"""A TCP proxy on loopback that cuts connections in the middle of a reply, or lets nothing pass."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread


class Proxy:
    """Forwards to a port of loopback; `cut(n)` breaks the next n replies off half way.

    A reply that is cut off belongs to a command that was carried out: the caller cannot know it.
    """

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._to_cut = 0
        self.cuts = 0
        self._lock = Lock()
        self._passable = Event()
        self._passable.set()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self, replies: int) -> None:
        with self._lock:
            self._to_cut += replies

    @contextmanager
    def partition(self) -> Iterator[None]:
        """Nothing passes meanwhile and nobody is told; what was sent arrives late, as after lost packets."""
        self._passable.clear()
        try:
            yield
        finally:
            self._passable.set()

    def close(self) -> None:
        self._passable.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5.0)
        with self._lock:
            left = list(self._open)
        for each in left:
            _hang_up(each)

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._upstream), timeout=5.0)
            except OSError:
                caller.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {caller, server}
            for source, target, replies in ((caller, server, False), (server, caller, True)):
                Thread(target=self._pump, args=(source, target, replies), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, replies: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._passable.wait()
                if replies and self._cuts_now():
                    target.sendall(data[: len(data) // 2])
                    break
                target.sendall(data)
        _hang_up(source)
        _hang_up(target)
        source.close()
        with self._lock:
            self._open.discard(source)

    def _cuts_now(self) -> bool:
        with self._lock:
            if not self._to_cut:
                return False
            self._to_cut -= 1
            self.cuts += 1
            return True


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
