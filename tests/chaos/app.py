"""The application of the workers: the real protocol, settings and reconciler, with tools of its own."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from celery import Celery
from tests.chaos.flows import FLOWS, NAMES, TIME_LIMITS_S, TOOLS
from tests.chaos.odd_worker import make_odd, odd_effects
from tests.chaos.tools import act

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.tool_flows import build_shard_flow
from fluxagents.tasks.effects import Effects
from fluxagents.tasks.protocol import StepMessage
from fluxagents.tasks.steps import step
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.preload import Preload
from fluxagents.workers.composition import build_effects
from fluxagents.workers.redis import chat_limits as redis_chat_limits
from fluxagents.workers.settings import Settings

CHAT_WINDOW_VARIABLE = "CHAOS_CHAT_WINDOW_MS"
"""A minute of the limits of chat models, when a case does not have that long."""


def _effects(settings: Settings, app: Any) -> Effects:
    flows = (*FLOWS.values(), build_shard_flow("parts", ()))
    controllers = {flow.digest: FlowController(flow, tools=TOOLS) for flow in flows}
    effects = replace(build_effects(settings, app), controllers=controllers, grace_ms=1_000)
    return replace(effects, **odd_effects(app))


def _run(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
    return step(self, act, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))


def _app() -> Celery:
    app = create_app(Settings.load(), build_effects=_effects)
    window_ms = os.environ.get(CHAT_WINDOW_VARIABLE, redis_chat_limits.WINDOW_MS)
    redis_chat_limits.WINDOW_MS = int(window_ms)
    # Nothing here needs cobra, and workers must come back quickly.
    app.steps["worker"].discard(Preload)
    make_odd(app)
    for name in NAMES:
        soft, hard = TIME_LIMITS_S.get(name, (None, None))
        app.task(bind=True, name=f"tool.{name}", soft_time_limit=soft, time_limit=hard)(_run)
    return app


app = _app()
