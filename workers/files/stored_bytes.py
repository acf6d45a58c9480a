"""Bytes in a folder or under a URL, written whole or not at all."""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import fsspec
from fsspec.implementations.local import LocalFileSystem

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.files.remote_files import EXTRAS, hide_secrets, refusal
from fluxagents.workers.machine.private_files import make_private_folder


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

    Raises:
        FluxError: Each method, if the server of a URL does not answer or does not know the caller.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def read(self, name: str) -> bytes | None:
        """The bytes, or None if there are none of this name."""
        with self._open() as (files, root):
            try:
                return bytes(files.cat_file(f"{root}/{name}"))
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """Write or replace; on a local disk a reader sees the old bytes or the new, never a part."""
        with self._open() as (files, root):
            path = f"{root}/{name}"
            if isinstance(files, LocalFileSystem):
                _replace(Path(root), Path(path), data)
                return
            # An object store has no folders, and s3fs would make a bucket of a mistyped name.
            if not self._is_object_store:
                files.makedirs(files._parent(path), exist_ok=True)  # noqa: SLF001 - fsspec's own idiom
            files.pipe_file(path, data)

    def exists(self, name: str) -> bool:
        """Whether there are bytes of this name."""
        with self._open() as (files, root):
            return bool(files.exists(f"{root}/{name}"))

    def names(self, folder: str) -> Sequence[str]:
        """The names directly in a folder, sorted, drafts left out; none if there is no such folder."""
        with self._open() as (files, root):
            try:
                paths = files.ls(f"{root}/{folder}", detail=False, refresh=True)
            except FileNotFoundError:
                return ()
        names = (str(path).rstrip("/").rsplit("/", 1)[-1] for path in paths)
        return sorted(name for name in names if not name.endswith(".draft"))

    def files(self, folder: str) -> Sequence[StoredFile]:
        """Everything below a folder, the newest first, drafts left out."""
        with self._open() as (files, root):
            listing = files.find(f"{root}/{folder}", detail=True, refresh=True)
        stored = [_describe_file(path, details) for path, details in listing.items()]
        kept = [file for file in stored if not file.name.endswith(".draft")]
        return sorted(kept, key=lambda file: (-file.written_s, file.name))

    @property
    def _is_object_store(self) -> bool:
        return EXTRAS.get(self._url.partition("://")[0].lower()) == "s3"

    @contextmanager
    def _open(self) -> Iterator[tuple[Any, str]]:
        """The file system and the path of the root in it; errors of a remote one in this project's words."""
        # fsspec keeps one file system per process and thread: a forked worker must not use its parent's.
        # Others write too: what a listing said before is no answer.
        kept = {"use_listings_cache": False} if self._is_object_store else {}
        try:
            yield fsspec.core.url_to_fs(self._url, **kept)
        except Exception as error:  # each file system has errors of its own
            if "://" not in self._url:
                raise
            reason, suggestions = refusal(self._url, error)
            message = f"the store '{hide_secrets(self._url)}' cannot be used: {reason}"
            # Without the cause, whose text may hold a key or a token.
            raise FluxError(ErrorClass.INTERNAL, message, suggestions=suggestions) from None


def _replace(root: Path, path: Path, data: bytes) -> None:
    """Write below a root that is private unless it exists and is not: what lies in it is as the root is."""
    make_private_folder(root)
    mode = stat.S_IMODE(root.stat().st_mode)
    for folder in reversed(path.relative_to(root).parents[:-1]):
        if not (root / folder).is_dir():
            (root / folder).mkdir(exist_ok=True)
            (root / folder).chmod(mode)
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}.draft")
    try:
        with draft.open("wb") as file:
            os.fchmod(file.fileno(), mode & 0o666)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _describe_file(path: str, details: dict[str, Any]) -> StoredFile:
    keys = ("mtime", "LastModified", "updated", "created")
    written = next((details[key] for key in keys if details.get(key)), 0)
    if isinstance(written, datetime):
        written = written.timestamp()
    seconds = float(written) if isinstance(written, int | float) else 0.0
    return StoredFile(path.rsplit("/", 1)[-1], int(details.get("size") or 0), seconds)
