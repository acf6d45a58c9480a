"""The routes of an address are made when it is first asked for."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from fluxagents.scheduler.http.route_table import RouteTable


class RoutesOnDemand:
    """The innermost door: whoever comes here was let in."""

    def __init__(self, app: ASGIApp, table: RouteTable) -> None:
        self._app = app
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._table.load(scope["path"])
        await self._app(scope, receive, send)
