"""Durable LLM agents for metabolic modelling, on Celery and Redis."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fluxagents.workers.clients.client import Client
    from fluxagents.workers.clients.local import LocalClient

__all__ = ["Client", "LocalClient", "__version__"]

__version__ = version("fluxagents")

_CLIENTS = {"Client": "fluxagents.workers.clients.client", "LocalClient": "fluxagents.workers.clients.local"}
"""Imported at first use: the command line starts without Celery and Redis."""


def __getattr__(name: str) -> Any:
    if name not in _CLIENTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_CLIENTS[name]), name)
