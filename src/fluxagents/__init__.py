"""Durable LLM agents for metabolic modelling, on Celery and Redis."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fluxagents.workers.client import Client
    from fluxagents.workers.local import LocalClient

__all__ = ["Client", "LocalClient", "__version__"]

__version__ = version("fluxagents")


def __getattr__(name: str) -> Any:
    """Import a client when it is asked for: the command line starts without Celery and Redis."""
    if name == "Client":
        from fluxagents.workers.client import Client  # noqa: PLC0415 # see above

        return Client
    if name == "LocalClient":
        from fluxagents.workers.local import LocalClient  # noqa: PLC0415 # see above

        return LocalClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
