"""Files that only their owner may read: the keys of an installation."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.machine.private_files import make_private_folder, write_private

OTHERS = 0o077
"""The permissions of everybody but the owner."""


def read_secret(path: Path) -> str | None:
    """The text of a secret file; None if there is none.

    Raises:
        FluxError: `PERMISSION` if it cannot be read, or others may read or write it as well.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FluxError(ErrorClass.PERMISSION, f"key file {str(path)!r} cannot be read: {error}") from error
    if mode & OTHERS:
        raise FluxError(
            ErrorClass.PERMISSION,
            f"key file {str(path)!r} may be read or written by others",
            suggestions=(f"chmod 600 {path}", "and choose a new key if others have an account here"),
        )
    return text.strip()


def create_secret(path: Path, text: str) -> bool:
    """Write a secret file, whole or not at all; False if there is one already."""
    make_private_folder(path.parent)
    draft = path.with_name(f"{path.name}.{uuid4().hex}.draft")
    write_private(draft, f"{text}\n")
    try:
        # Unlike a rename it fails where another process was faster.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def replace_secret(path: Path, text: str) -> None:
    """Write a secret file in place of the one that is there."""
    write_private(path, f"{text}\n")
