"""Files and folders that nobody but their owner reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

FOLDER_MODE = 0o700
FILE_MODE = 0o600
UMASK = 0o077
"""For processes all of whose files are private."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_folder(folder: Path) -> None:
    """Make the folder and those above it; one that exists keeps its permissions.

    Raises:
        OSError: It cannot be made.
    """
    if not folder.is_dir():
        make_private_folder(folder.parent)
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write or replace a file in one go: a reader sees the old text or the new one.

    Raises:
        OSError: It cannot be written; the old one is as it was.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "w") as file:
            file.write(text)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def append_private(path: Path) -> BinaryIO:
    """The file, opened to append to it and made if there is none.

    Raises:
        OSError: It cannot be opened.
    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE), "ab")


def close_to_others(folder: Path, names: Iterable[str]) -> list[Path]:
    """Take the permissions of group and others from a folder and from what lies in it under these names.

    A folder that belongs to somebody else, or that is made for many (`/tmp`), stays as it is, and nothing
    is looked at in a folder that is closed already.

    Returns:
        What was open, the folder itself first.
    """
    details = folder.stat()
    if details.st_uid != os.geteuid() or details.st_mode & stat.S_ISVTX or not details.st_mode & _OTHERS:
        return []
    opened = [folder, *(path for name in names for path in _walk(folder / name) if _is_open(path))]
    for path in reversed(opened):
        path.chmod(path.stat().st_mode & ~_OTHERS)
    return opened


def _walk(path: Path) -> Iterator[Path]:
    if path.is_symlink() or not path.exists():
        return
    yield path
    for folder, folders, files in os.walk(path):
        yield from (Path(folder, name) for name in (*folders, *files) if not Path(folder, name).is_symlink())


def _is_open(path: Path) -> bool:
    details = path.stat()
    return details.st_uid == os.geteuid() and bool(details.st_mode & _OTHERS)
