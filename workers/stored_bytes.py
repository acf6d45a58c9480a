"""Bytes in a folder or under a URL, written whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import fsspec
from fsspec.implementations.local import LocalFileSystem


class StoredFile(NamedTuple):
    """What a listing says of some bytes."""

    name: str
    """The last part of it."""
    size_bytes: int
    written_s: float
    """Unix time; 0 if the file system does not say."""


class StoredBytes:
    """Named bytes below one folder or URL (anything that fsspec opens).

    Args:
        url: A folder, or a URL such as `s3://bucket/prefix`.
    """

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.core.url_to_fs(url)
        self._is_local = isinstance(self._files, LocalFileSystem)

    def path(self, name: str) -> str:
        """Where these bytes are, for a program that opens them itself."""
        return f"{self._root}/{name}"

    def read(self, name: str) -> bytes | None:
        """The bytes, or None if there are none of this name."""
        try:
            return bytes(self._files.cat_file(self.path(name)))
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write or replace; on a local disk a reader sees the old bytes or the new, never a part."""
        path = self.path(name)
        self._files.makedirs(self._files._parent(path), exist_ok=True)  # noqa: SLF001 - fsspec's own idiom
        if not self._is_local:
            self._files.pipe_file(path, data)
            return
        draft = f"{path}.{uuid.uuid4().hex}.draft"
        with open(draft, "wb") as file:  # noqa: PTH123 - fsspec gives paths as text
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)  # noqa: PTH105 - as above

    def exists(self, name: str) -> bool:
        """Whether there are bytes of this name."""
        return bool(self._files.exists(self.path(name)))

    def names(self, folder: str) -> Sequence[str]:
        """The names directly in a folder, sorted, drafts left out; none if there is no such folder."""
        try:
            paths = self._files.ls(self.path(folder), detail=False, refresh=True)
        except FileNotFoundError:
            return ()
        names = (str(path).rstrip("/").rsplit("/", 1)[-1] for path in paths)
        return sorted(name for name in names if not name.endswith(".draft"))

    def files(self, folder: str) -> Sequence[StoredFile]:
        """Everything below a folder, the newest first, drafts left out."""
        found = self._files.find(self.path(folder), detail=True, refresh=True)
        files = [_stored_file(path, details) for path, details in found.items()]
        kept = [file for file in files if not file.name.endswith(".draft")]
        return sorted(kept, key=lambda file: (-file.written_s, file.name))


def _stored_file(path: str, details: dict[str, Any]) -> StoredFile:
    keys = ("mtime", "LastModified", "updated", "created")
    written = next((details[key] for key in keys if details.get(key)), 0)
    if isinstance(written, datetime):
        written = written.timestamp()
    seconds = float(written) if isinstance(written, int | float) else 0.0
    return StoredFile(path.rsplit("/", 1)[-1], int(details.get("size") or 0), seconds)
