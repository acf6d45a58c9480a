"""The application of the workers: the real protocol, settings and reconciler, with tools of its own."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import Any

from celery import Celery
from tests.chaos.flows import FLOWS, NAMES, TIME_LIMITS_S, TOOLS
from tests.chaos.odd_worker import KNOWS_TASK, make_odd, odd_publisher
from tests.chaos.tools import act

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.tool_flows import build_shard_flow
from fluxagents.scheduler.outbox import courier
from fluxagents.tasks.acts.call_tool import ToolPorts
from fluxagents.tasks.dispatch import TOOL, cache_controllers
from fluxagents.tasks.protocol import StepMessage
from fluxagents.tasks.steps import carry_out
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.nodes.preload import Preload
from fluxagents.workers.celery.process import Process
from fluxagents.workers.composition import build_process
from fluxagents.workers.redis.chat import chat_limits as redis_chat_limits
from fluxagents.workers.redis.runs.run_store import RedisRunStore
from fluxagents.workers.settings import Settings

CHAT_WINDOW_VARIABLE = "CHAOS_CHAT_WINDOW_MS"
"""A minute of the limits of chat models, when a case does not have that long."""


LEASE_MS = 3_000
"""Of a message, instead of a minute: longer than any server on loopback takes."""


class PreloadChatModels(Preload):
    """Nothing here needs cobra, and workers must come back quickly."""

    def import_tool_library(self) -> None:
        pass


def _process(settings: Settings, app: Any) -> Process:
    flows = (*FLOWS.values(), build_shard_flow("parts", ()))
    controllers = {flow.digest: FlowController(flow, tools=TOOLS) for flow in flows}
    process = build_process(settings, app)
    assert isinstance(process.store, RedisRunStore)
    # Each act is a partial, and that of tools is counted by another.
    ports: ToolPorts = process.acts[TOOL].args[0].args[0]  # type: ignore[attr-defined]

    stored = cache_controllers(process.store, TOOLS)

    def find(digest: str) -> FlowController:
        return controllers.get(digest) or stored(digest)

    return replace(
        process,
        step_ports=replace(process.step_ports, controllers=find, **odd_publisher(app)),
        acts={**process.acts, TOOL: partial(act, ports, process.store._redis)},
        reconciler_ports=replace(process.reconciler_ports, grace_ms=1_000),
    )


def _run(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
    return carry_out(self, TOOL, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))


def _app() -> Celery:
    app = create_app(Settings.load(), build_process=_process)
    window_ms = os.environ.get(CHAT_WINDOW_VARIABLE, redis_chat_limits.WINDOW_MS)
    redis_chat_limits.WINDOW_MS = int(window_ms)
    courier.LEASE_MS = LEASE_MS
    app.steps["worker"] = {*app.steps["worker"] - {Preload}, PreloadChatModels}
    make_odd(app)
    newer = os.environ.get(KNOWS_TASK)
    if newer:
        app.task(bind=True, name=newer)(_run)
    for name in NAMES:
        soft, hard = TIME_LIMITS_S.get(name, (None, None))
        app.task(bind=True, name=f"tool.{name}", soft_time_limit=soft, time_limit=hard)(_run)
    return app


app = _app()
