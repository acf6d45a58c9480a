"""What `celery -A fluxagents.workers.celery_entry` finds: the application, built when it is asked for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.settings import Settings

if TYPE_CHECKING:
    from fluxagents.tasks.effects import Effects


@cache
def _app() -> FluxApp:
    return create_app(Settings.load(), build_effects=_build_effects)


def _build_effects(settings: Settings, app: FluxApp) -> Effects:
    # The adapters take a second to import; `celery inspect`, which health checks call, needs none.
    from fluxagents.workers.composition import build_effects  # noqa: PLC0415

    return build_effects(settings, app)


def __getattr__(name: str) -> FluxApp:
    if name == "app":
        return _app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
