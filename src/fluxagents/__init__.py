"""Durable LLM agents for metabolic modelling, on Celery and Redis."""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fluxagents.flows.errors import FluxError
    from fluxagents.scheduler.runs.run_starter import RunSpec
    from fluxagents.workers.clients.awaited.async_client import AsyncClient
    from fluxagents.workers.clients.awaited.async_http_client import AsyncHttpClient
    from fluxagents.workers.clients.client import Client
    from fluxagents.workers.clients.http.http_client import HttpClient
    from fluxagents.workers.clients.local import LocalClient

__all__ = [
    "AsyncClient",
    "AsyncHttpClient",
    "Client",
    "FluxError",
    "HttpClient",
    "LocalClient",
    "RunSpec",
    "__version__",
]

_MODULES = {
    "AsyncClient": "workers.clients.awaited.async_client",
    "AsyncHttpClient": "workers.clients.awaited.async_http_client",
    "Client": "workers.clients.client",
    "FluxError": "flows.errors",
    "HttpClient": "workers.clients.http.http_client",
    "LocalClient": "workers.clients.local",
    "RunSpec": "scheduler.runs.run_starter",
}
"""Imported at first use, as is the version: the command line starts without Celery and Redis."""


_SYMBOLS = "OPTLANG_USE_SYMENGINE"


def _choose_symbols() -> None:
    """Let optlang take sympy's symbols, unless the user says otherwise.

    optlang asks when it is imported. With symengine, which micom brings, a variable and its symbol hold each
    other where Python's garbage collection does not look, so that no program would ever be freed.
    """
    symbolics = sys.modules.get("optlang.symbolics")
    if _SYMBOLS not in os.environ and symbolics is not None and symbolics.USE_SYMENGINE:
        warnings.warn(
            "cobra or optlang was imported before fluxagents, with symengine: this process never frees the "
            f"memory of a linear program; import fluxagents first, or set {_SYMBOLS}=false",
            RuntimeWarning,
            stacklevel=3,
        )
    os.environ.setdefault(_SYMBOLS, "false")


_choose_symbols()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("fluxagents")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"fluxagents.{_MODULES[name]}"), name)
