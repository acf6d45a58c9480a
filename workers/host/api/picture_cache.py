"""Plots and maps of results, kept by the process that drew them: a result never changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

MAX_BYTES = 64_000_000
"""Of all pictures that one process keeps: some 100 flux maps, or 1,000 plots."""


class PictureCache:
    """Pictures by what they show; those that nobody asked for the longest give way."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._pictures: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()
        self._drawing = Lock()

    def find_or_draw(self, key: Hashable, draw: Callable[[], bytes]) -> bytes:
        """The picture of that key, drawn once, also where several readers ask at the same time."""
        picture = self._find(key)
        if picture is not None:
            return picture
        with self._drawing:  # one at a time: a second one would only share the processor
            picture = self._find(key)
            if picture is None:
                picture = draw()
                self._keep(key, picture)
            return picture

    def _find(self, key: Hashable) -> bytes | None:
        with self._lock:
            if key not in self._pictures:
                return None
            self._pictures.move_to_end(key)
            return self._pictures[key]

    def _keep(self, key: Hashable, picture: bytes) -> None:
        with self._lock:
            self._pictures[key] = picture
            self._size += len(picture)
            while self._size > self._max_bytes:
                _, oldest = self._pictures.popitem(last=False)
                self._size -= len(oldest)
