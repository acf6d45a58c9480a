"""What the command line says about an error that reaches it."""

from __future__ import annotations

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from fluxagents.flows.errors import FluxError
from fluxagents.workers.commands.display.output import echo
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings


def explain_error(error: Exception) -> FluxError | None:
    """The error with what to do about it; None if it is neither the project's own nor about Redis."""
    if isinstance(error, FluxError):
        return error
    if not isinstance(error, RedisError | OperationalError):
        return None
    cause = error.__cause__ if isinstance(error, OperationalError) and error.__cause__ else error
    return connection.explain(cause, connection.redis_url(Settings.load()))


def print_error(error: FluxError) -> None:
    """Print an error and what to do about it to standard error."""
    echo(f"error: {error.message}", fg="red", err=True)
    for suggestion in error.suggestions:
        echo(f"  → {suggestion}", err=True)
