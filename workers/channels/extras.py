"""Modules that bring the library of an extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError


def import_extra(extra: str, module: str) -> Any:
    """A module of this folder that brings the library of an extra.

    Raises:
        FluxError: If the library is missing.
    """
    try:
        return import_module(f"fluxagents.workers.channels.{module}")
    except ImportError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the channel {extra} is set up, and cannot be used: {error}",
            suggestions=(f"pip install 'fluxagents[{extra}]'",),
        ) from error
