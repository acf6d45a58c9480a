"""Routes whose errors are pages, and who sends whoever is not signed in to the entrance."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote as quote_url

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.problem_types import PROBLEMS
from fluxagents.scheduler.http.problems import ProblemError, explain_outage, request_id_of
from fluxagents.scheduler.pages.rendering import render

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

log = structlog.get_logger("page")


class NotSignedInError(Exception):
    """Nobody is signed in with this browser."""


class PageRoute(APIRoute):
    """A route of a page."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            ports: ApiPorts = request.app.state.ports
            try:
                return await handle(request)
            except NotSignedInError:
                return _send_to_entrance(request)
            except (FluxError, ProblemError, RequestValidationError, HTTPException) as error:
                return _answer_error(request, error)
            except ports.unreachable as error:
                return _answer_error(request, explain_outage(error))
            except Exception:
                # Whoever reads pages is told in a page; the log has the rest.
                log.exception("fault", path=request.url.path)
                return _show(request, "internal", "something went wrong here, not with what you did")

        return answer


def _answer_error(request: Request, error: Exception) -> Response:
    match error:
        case ConflictError():
            return _show(request, "conflict", error.message, error.suggestions)
        case FluxError():
            if error.kind is ErrorClass.INTERNAL:
                log.error("fault", error=str(error))
            return _show(request, error.kind.value, error.message, error.suggestions)
        case ProblemError():
            page = _show(request, error.name, error.detail, tuple(error.more.get("suggestions", ())))
            page.headers.update(error.headers)
            return page
        case HTTPException():
            return _show(request, "no_such_page", str(error.detail))
    return _show(request, "invalid_request", "a part of the address or of the form does not fit")


def _show(request: Request, name: str, message: str, suggestions: tuple[str, ...] = ()) -> Response:
    problem = PROBLEMS[name]
    visitor = getattr(request.state, "visitor", None)
    return render(
        request,
        "error.html.j2",
        status=problem.status,
        title=problem.title,
        message=message,
        suggestions=suggestions,
        typed=visitor.form.typed if visitor else (),
        request_id=request_id_of(request),
    )


def _send_to_entrance(request: Request) -> Response:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    entrance = f"/enter?next={quote_url(here if request.method == 'GET' else '/', safe='')}"
    if "hx-request" in request.headers:
        # A part of a page is asked for: the whole page goes there.
        return Response(status_code=204, headers={"HX-Redirect": entrance})
    return RedirectResponse(entrance, status_code=303)
