"""The folder of a store on this machine: whether it is there, and writing below it."""

from __future__ import annotations

import os
import stat
import uuid
from pathlib import Path

from fluxagents.workers.machine.private_files import make_private_folder

MARKER = ".store"
"""An empty file that lies in every root: a folder without it is not the store that was here before."""


class LocalRoot:
    """The root folder of a store.

    Args:
        folder: Where it is; it is made, private, when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._is_known = False

    def check(self) -> None:
        """Take note that the store is there.

        Raises:
            OSError: It was there before and is not now: unmounted, moved or removed.
        """
        if (self.folder / MARKER).exists():
            self._is_known = True
        elif self._is_known:
            raise OSError("it was there before and is not now")

    def replace(self, path: Path, data: bytes) -> None:
        """Write or replace a file below the root; a reader sees the old bytes or the new, never a part.

        What lies in a root has the permissions of the root, so a store that is shared stays so.

        Raises:
            OSError: It cannot be written; nothing has changed.
        """
        make_private_folder(self.folder)
        mode = stat.S_IMODE(self.folder.stat().st_mode)
        for folder in reversed(path.relative_to(self.folder).parents[:-1]):
            if not (self.folder / folder).is_dir():
                (self.folder / folder).mkdir(exist_ok=True)
                (self.folder / folder).chmod(mode)
        draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}.draft")
        try:
            with draft.open("wb") as file:
                os.fchmod(file.fileno(), mode & 0o666)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            self._mark(mode & 0o666)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def _mark(self, mode: int) -> None:
        if not self._is_known:
            marker = self.folder / MARKER
            if not marker.exists():
                marker.touch()
                marker.chmod(mode)
            self._is_known = True
