"""The store of models and artifacts is full or away: it says nothing about the step that met it."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from fluxagents.flows.errors import ErrorClass, FluxError


class StoreOutageError(FluxError):
    """What raises it is given back and tried again when the store is there, and counts as no failure.

    Args:
        message: One line; names the store and what the system says.
        suggestions: What a person can do.
    """

    def __init__(self, message: str, *, suggestions: Iterable[str] = ()) -> None:
        super().__init__(ErrorClass.PROVIDER_OUTAGE, message, suggestions=suggestions)


def is_disk_full(error: BaseException) -> bool:
    """Whether the disk, or what this user may take of it, is full."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
