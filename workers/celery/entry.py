"""What `celery -A fluxagents.workers.celery.entry` finds: the application, built when it is asked for."""

from __future__ import annotations

from functools import cache

from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.settings import Settings


@cache
def _app() -> FluxApp:
    return create_app(Settings.load())


def __getattr__(name: str) -> FluxApp:
    if name == "app":
        return _app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
