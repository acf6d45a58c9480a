"""Bytes in a folder or under a URL, written whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple, TypeVar

import fsspec
from fsspec.implementations.local import LocalFileSystem

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.ports.outage import StoreOutageError
from fluxagents.workers.files.local_root import LocalRoot
from fluxagents.workers.files.remote_files import EXTRAS, hide_secrets, is_passing, refusal

# Not structlog, which commands that only read would import for nothing.
log = logging.getLogger("store")

T = TypeVar("T")

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

PATIENCE_S = 60.0
"""How long a step holds its result when the store is out, as it waits for Redis, before it is given back."""

PROBE = ".probe"
PROBE_BYTES = 4096
"""One block: a file without any takes no room."""

_ROOM = "make room for the store or bring it back; what waits for it goes on by itself"


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
        patience_s: How long each method tries again while the store is full or away.

    Raises:
        StoreOutageError: Each method, if the store is full or away for longer.
        FluxError: Each method, if the server of a URL does not know the caller, or the URL is wrong.
    """

    def __init__(self, url: str, *, patience_s: float = 0.0) -> None:
        self._url = url
        self._patience_s = patience_s
        self._root = LocalRoot(Path(fsspec.core.strip_protocol(url))) if _is_local(url) else None

    def read(self, name: str) -> bytes | None:
        """The bytes, or None if there are none of this name."""
        return self._outlast(partial(self._read, name))

    def write(self, name: str, data: bytes) -> None:
        """Write or replace; on a local disk a reader sees the old bytes or the new, never a part."""
        self._outlast(partial(self._write, name, data))

    def exists(self, name: str) -> bool:
        """Whether there are bytes of this name."""
        return self._outlast(partial(self._exists, name))

    def names(self, folder: str) -> Sequence[str]:
        """The names directly in a folder, sorted, drafts left out; none if there is no such folder."""
        paths = self._outlast(partial(self._list, folder))
        names = (str(path).rstrip("/").rsplit("/", 1)[-1] for path in paths)
        return sorted(name for name in names if not name.endswith(".draft"))

    def files(self, folder: str) -> Sequence[StoredFile]:
        """Everything below a folder, the newest first, drafts left out."""
        listing = self._outlast(partial(self._find, folder))
        stored = [_describe_file(path, details) for path, details in listing.items()]
        kept = [file for file in stored if not file.name.endswith(".draft")]
        return sorted(kept, key=lambda file: (-file.written_s, file.name))

    def remove_folder(self, folder: str) -> None:
        """Remove a folder with everything in it; nothing if there is none."""
        self._outlast(partial(self._remove, folder))

    def find_problem(self) -> str:
        """Why nothing can be written now, in a sentence; empty if something can.

        Leaves a small file, always the same one.
        """
        try:
            self.write(PROBE, bytes(PROBE_BYTES))
        except FluxError as error:
            return error.message
        return ""

    def _outlast(self, attempt: Callable[[], T]) -> T:
        """The answer of an attempt, made again and again while the store is out and patience lasts."""
        deadline = monotonic() + self._patience_s
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return attempt()
            except StoreOutageError as error:
                if monotonic() + pause_s > deadline:
                    raise
                log.warning("the store is out; trying again in %g s: %s", pause_s, error.message)
            sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _read(self, name: str) -> bytes | None:
        with self._open() as (files, root):
            try:
                return bytes(files.cat_file(f"{root}/{name}"))
            except FileNotFoundError:
                return None

    def _write(self, name: str, data: bytes) -> None:
        with self._open() as (files, root):
            path = f"{root}/{name}"
            if self._root is not None:
                self._root.replace(Path(path), data)
                return
            # An object store has no folders, and s3fs would make a bucket of a mistyped name.
            if not self._is_object_store:
                files.makedirs(files._parent(path), exist_ok=True)  # noqa: SLF001 - fsspec's own idiom
            files.pipe_file(path, data)

    def _exists(self, name: str) -> bool:
        with self._open() as (files, root):
            return bool(files.exists(f"{root}/{name}"))

    def _list(self, folder: str) -> Sequence[str]:
        with self._open() as (files, root):
            try:
                paths: Sequence[str] = files.ls(f"{root}/{folder}", detail=False, refresh=True)
            except FileNotFoundError:
                return ()
            return paths

    def _find(self, folder: str) -> dict[str, dict[str, Any]]:
        with self._open() as (files, root):
            listing: dict[str, dict[str, Any]] = files.find(f"{root}/{folder}", detail=True, refresh=True)
            return listing

    def _remove(self, folder: str) -> None:
        with self._open() as (files, root):
            try:
                files.rm(f"{root}/{folder}", recursive=True)
            except FileNotFoundError:
                return

    @property
    def _is_object_store(self) -> bool:
        return EXTRAS.get(self._url.partition("://")[0].lower()) == "s3"

    @contextmanager
    def _open(self) -> Iterator[tuple[Any, str]]:
        """The file system and the path of the root in it; its errors in this project's words."""
        # fsspec keeps one file system per process and thread: a forked worker must not use its parent's.
        # Others write too: what a listing said before is no answer.
        kept = {"use_listings_cache": False} if self._is_object_store else {}
        try:
            if self._root is not None:
                self._root.check()
            yield fsspec.core.url_to_fs(self._url, **kept)
        except Exception as error:  # each file system has errors of its own
            if self._root is not None and not isinstance(error, OSError):
                raise
            reason, suggestions = refusal(self._url, error)
            message = f"the store '{hide_secrets(self._url)}' cannot be used: {reason}"
            # Without the cause, whose text may hold a key or a token.
            if self._root is not None or is_passing(error):
                raise StoreOutageError(message, suggestions=(*suggestions, _ROOM)) from None
            raise FluxError(ErrorClass.INTERNAL, message, suggestions=suggestions) from None


def _is_local(url: str) -> bool:
    return issubclass(fsspec.get_filesystem_class(fsspec.core.split_protocol(url)[0]), LocalFileSystem)


def _describe_file(path: str, details: dict[str, Any]) -> StoredFile:
    keys = ("mtime", "LastModified", "updated", "created")
    written = next((details[key] for key in keys if details.get(key)), 0)
    if isinstance(written, datetime):
        written = written.timestamp()
    seconds = float(written) if isinstance(written, int | float) else 0.0
    return StoredFile(path.rsplit("/", 1)[-1], int(details.get("size") or 0), seconds)
