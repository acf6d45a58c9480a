"""What the command line says about an error that reaches it."""

from __future__ import annotations

import errno
from pathlib import Path
from traceback import format_exception

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.commands.display.output import echo
from fluxagents.workers.observing.secret_mask import SecretMask, build_mask
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings

_MENDABLE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EISDIR}
)
"""What a person can mend: rights, room, a path that leads elsewhere."""


def explain_error(error: Exception) -> FluxError | None:
    """The error with what to do about it, without secrets.

    None if it is neither the project's own nor about Redis, and about no file that cannot be used.
    """
    known = _explain(error)
    if known is None:
        return None
    mask = _find_mask()
    return FluxError(known.kind, mask.hide(known.message), suggestions=[*map(mask.hide, known.suggestions)])


def _explain(error: Exception) -> FluxError | None:
    if isinstance(error, FluxError):
        return error
    if isinstance(error, FileNotFoundError) and not (folder := Path(error.filename or "").parent).exists():
        return FluxError(
            ErrorClass.PERMISSION,
            f"the folder {folder} does not exist",
            suggestions=["make it, or name another one, then repeat the command"],
        )
    if isinstance(error, OSError) and error.errno in _MENDABLE:
        reason = (error.strerror or str(error)).lower()
        return FluxError(
            ErrorClass.PERMISSION,
            f"{error.filename or 'a file'} cannot be used: {reason}",
            suggestions=["make room or correct the permissions, then repeat the command"],
        )
    if not isinstance(error, RedisError | OperationalError):
        return None
    cause = error.__cause__ if isinstance(error, OperationalError) and error.__cause__ else error
    try:
        url = connection.redis_url(Settings.load())
    except FluxError as gone:
        # The embedded one ended while the command ran.
        return gone
    return connection.explain(cause, url)


def _find_mask() -> SecretMask:
    """What hides the secrets of this installation; settings that cannot be read have none to show."""
    try:
        return build_mask(Settings.load())
    except FluxError:
        return SecretMask()


def print_error(error: FluxError) -> None:
    """Print an error and what to do about it to standard error."""
    echo(f"error: {error.message}", fg="red", err=True)
    for suggestion in error.suggestions:
        echo(f"  → {suggestion}", err=True)


def print_fault(error: Exception) -> None:
    """Print the traceback of a fault to standard error: its words may come from outside, or be a secret."""
    echo(_find_mask().hide("".join(format_exception(error))), err=True, nl=False)
