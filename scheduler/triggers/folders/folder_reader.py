"""Looks into folders on this machine and in object stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.scheduler.triggers.folders.folder_plan import SeenFile


class FolderReader(Protocol):
    """Reads what a trigger watches; what is away or must not be read is an error that says why."""

    def check(self, address: str) -> None:
        """Refuse an address that cannot be watched.

        Raises:
            FluxError: `BAD_ARGUMENT`; whether the folder is there is not looked at.
        """
        ...

    def list(self, address: str, pattern: str) -> Sequence[SeenFile]:
        """The files of a folder whose names fit.

        Raises:
            FluxError: `PROVIDER_OUTAGE` if it is away or cannot be read, `BAD_ARGUMENT` if it holds too many.
        """
        ...

    def digest(self, address: str) -> str:
        """The sha256 of what a file holds.

        Raises:
            FluxError: As `list`.
        """
        ...
