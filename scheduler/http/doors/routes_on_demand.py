"""The routes of an address are made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class RoutesOnDemand:
    """The innermost door: whoever comes here was let in.

    Args:
        app: What answers.
        load: Lets it answer at a path, if anything does.
    """

    def __init__(self, app: ASGIApp, load: Callable[[str], None]) -> None:
        self._app = app
        self._load = load

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._load(scope["path"])
        await self._app(scope, receive, send)
