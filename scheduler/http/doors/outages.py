"""Answers 503 where the doors behind it cannot reach Redis; routes have handlers for that."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxagents.scheduler.http.problems import answer_flux_error, explain_outage


class Outages:
    """Lets everything through, and answers for what fails before an answer has begun."""

    def __init__(self, app: ASGIApp, unreachable: tuple[type[Exception], ...]) -> None:
        self._app = app
        self._unreachable = unreachable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def watch_start(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watch_start)
        except self._unreachable as error:
            if has_begun or scope["type"] != "http":
                raise
            request_id = scope.get("state", {}).get("request_id", "")
            await answer_flux_error(explain_outage(error), request_id)(scope, receive, send)
