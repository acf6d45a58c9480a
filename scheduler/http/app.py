"""The API as an ASGI application, made from use cases and ports: without Redis, Celery or cobra."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from fluxagents.scheduler.http.description import describe, name_operation
from fluxagents.scheduler.http.doors.authentication import Authentication
from fluxagents.scheduler.http.doors.body_limits import BodyLimits
from fluxagents.scheduler.http.doors.idempotency import Idempotency
from fluxagents.scheduler.http.doors.outages import Outages
from fluxagents.scheduler.http.doors.parameter_names import refuse_unknown_parameters
from fluxagents.scheduler.http.doors.request_log import RequestLog
from fluxagents.scheduler.http.doors.routes_on_demand import RoutesOnDemand
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.problems import handle_problems
from fluxagents.scheduler.http.route_table import RouteTable
from fluxagents.scheduler.http.routes import pages, sign_in
from fluxagents.scheduler.http.streams.event_hub import EventHub
from fluxagents.scheduler.http.streams.request_counts import keep_counts

STOP_S = 0.5
"""Before the reader of what happens is asked to stop once more."""

GZIP_FROM = 1_000
"""Bytes of an answer that is worth compressing."""


def build_app(ports: ApiPorts) -> FastAPI:
    """The application; while it runs it reads what happens, and keeps nothing else in its process."""
    hub = EventHub(ports.live, ports.limits.streams)

    @asynccontextmanager
    async def read_live(_: FastAPI) -> AsyncIterator[None]:
        reading = asyncio.create_task(hub.run())
        counting = asyncio.create_task(keep_counts(ports, hub))
        try:
            yield
        finally:
            counting.cancel()
            # A client of Redis that is connecting may take a cancellation for a timeout.
            while not reading.done():
                reading.cancel()
                await asyncio.wait([reading], timeout=STOP_S)
            await ports.live.close()

    app = FastAPI(
        title="fluxagents",
        version=version("fluxagents"),
        summary="Durable LLM agents for metabolic modelling.",
        lifespan=read_live,
        # The page that FastAPI brings loads scripts from other servers.
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        generate_unique_id_function=name_operation,
        redirect_slashes=False,
    )
    app.state.ports, app.state.hub = ports, hub
    table = RouteTable(app, (pages.router, sign_in.router), checks=(Depends(refuse_unknown_parameters),))
    handle_problems(app, ports.unreachable)
    _add_doors(app, ports, table)
    app.openapi = lambda: describe(app, table.list_routes)  # type: ignore[method-assign] # FastAPI's own way
    return app


def _add_doors(app: FastAPI, ports: ApiPorts, table: RouteTable) -> None:
    """What a request passes before a route sees it; the last that is added is the first that it meets."""
    doors: list[tuple[Any, dict[str, Any]]] = [
        (RequestLog, {"note": ports.metrics.note}),
        (GZipMiddleware, {"minimum_size": GZIP_FROM}),
        (Outages, {"unreachable": ports.unreachable}),
        (
            Authentication,
            {
                "api_keys": ports.api_keys,
                "sessions": ports.browser_sessions,
                "limits": ports.rate_limits,
            },
        ),
        (BodyLimits, {"limits": ports.limits}),
        (Idempotency, {"keys": ports.idempotency}),
        (RoutesOnDemand, {"table": table}),
    ]
    if ports.origins:
        cors = {
            "allow_origins": list(ports.origins),
            "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
            "allow_headers": [
                "Authorization",
                "Idempotency-Key",
                "If-Match",
                "Last-Event-ID",
                "Upload-Offset",
            ],
            "expose_headers": ["ETag", "Link", "Location", "RateLimit", "X-Request-ID"],
        }
        doors.insert(1, (CORSMiddleware, cors))
    for door, options in reversed(doors):
        app.add_middleware(door, **options)
