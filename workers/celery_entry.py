"""What `celery -A fluxagents.workers.celery_entry` finds: the application, built when it is asked for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.settings import Settings

if TYPE_CHECKING:
    from fluxagents.workers.celery.process import Process


@cache
def _app() -> FluxApp:
    return create_app(Settings.load(), build_process=_build_process)


def _build_process(settings: Settings, app: FluxApp) -> Process:
    # The adapters take a second to import; `celery inspect`, which health checks call, needs none.
    from fluxagents.workers.composition import build_process  # noqa: PLC0415

    return build_process(settings, app)


def __getattr__(name: str) -> FluxApp:
    if name == "app":
        return _app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
