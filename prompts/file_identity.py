"""Files are read once for each content: their marks tell that they still hold what they held."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

CLOCK_STEP_NS = 2_000_000_000
"""The coarsest clock of a file system (FAT): two writes within it may leave the same times."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """A file with this path and these marks holds what it held; times in ns since 1970."""

    path: Path
    size: int
    modified_ns: int
    changed_ns: int
    """Of the inode; no program can set it, as it can `modified_ns`."""
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileIdentity:
        """The identity of a file as it is now; raises `OSError` if it cannot be looked at."""
        status = path.stat()
        return cls(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

    @property
    def is_certain(self) -> bool:
        """Whether another content would show: a file that was written just now may change unseen."""
        return time.time_ns() - max(self.modified_ns, self.changed_ns) > CLOCK_STEP_NS


T = TypeVar("T")

MAX_KEPT = 512
"""Results that are kept of each reading function."""


def once_per_content(read: Callable[..., T]) -> Callable[..., T]:
    """The function that reads files, which then reads the same ones again only when one has changed.

    Args:
        read: Is given paths, and returns what must not be changed.
    """

    @lru_cache(maxsize=MAX_KEPT)
    def read_known(*files: FileIdentity) -> T:
        return read(*(file.path for file in files))

    @wraps(read)
    def read_if_changed(*paths: Path) -> T:
        try:
            files = [FileIdentity.of(path) for path in paths]
        except OSError:
            return read(*paths)  # its own error says what is wrong
        if all(file.is_certain for file in files):
            return read_known(*files)
        return read(*paths)

    return read_if_changed
