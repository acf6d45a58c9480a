"""A worker or beat that cannot be what it is told to be ends at once, and says why in a line of its log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from fluxagents.flows.errors import FluxError

log = structlog.get_logger("start")


@contextmanager
def refuse_to_start() -> Iterator[None]:
    """End the process at an error of what is set up inside.

    Raises:
        SystemExit: After the error was logged.
    """
    try:
        yield
    except FluxError as error:
        log.error("not started", error=str(error))  # noqa: TRY400 - where that was found says nothing to operators
        raise SystemExit(1) from None
