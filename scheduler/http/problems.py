"""What goes wrong, as RFC 9457 says it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.http.problem_types import PROBLEMS

PROBLEM_JSON = "application/problem+json"

_NEAREST = "nearest: "
_MAX_ERRORS = 20
_OF_STATUS = {404: "no_such_page", 405: "method", 406: "not_acceptable", 413: "too_large", 415: "media_type"}

log = structlog.get_logger("api")


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """An answer that is no success."""

    type: str = Field(examples=["/problems/unknown_id"])
    title: str
    status: int
    detail: str
    suggestions: list[str] = []
    nearest: list[str] = []
    """Names like the one that is not known."""
    errors: list[FieldError] = []
    formats: list[str] = []
    request_id: str = ""


class ProblemError(Exception):
    """A problem of the protocol itself; what goes wrong behind it is a `FluxError`.

    Args:
        name: Of its type.
        detail: One line; names the thing and the value.
        headers: Of the answer.
        more: Further members of the document.
    """

    def __init__(
        self, name: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.name = name
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more


def answer_problem(
    name: str, detail: str, *, headers: Mapping[str, str] | None = None, request_id: str = "", **more: Any
) -> Response:
    """The answer of a type; `more` are further members of the document."""
    kind = PROBLEMS[name]
    document: dict[str, Any] = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        **{key: value for key, value in more.items() if value},
    }
    if request_id:
        document["request_id"] = request_id
    body = json.dumps(document, ensure_ascii=True).encode()
    return Response(body, kind.status, headers=headers, media_type=PROBLEM_JSON)


def answer_flux_error(error: FluxError, request_id: str = "") -> Response:
    """The answer for an error of the use cases."""
    name = "conflict" if isinstance(error, ConflictError) else error.kind.value
    nearest = next((hint for hint in error.suggestions if hint.startswith(_NEAREST)), "")
    headers = {"Retry-After": "5"} if PROBLEMS[name].status == 503 else None  # noqa: PLR2004 # HTTP
    return answer_problem(
        name,
        error.message,
        headers=headers,
        request_id=request_id,
        suggestions=list(error.suggestions),
        nearest=nearest.removeprefix(_NEAREST).split(", ") if nearest else [],
    )


def handle_problems(app: FastAPI, unreachable: tuple[type[Exception], ...]) -> None:
    """Let the app answer every error with a problem document.

    Args:
        app: The application.
        unreachable: What is raised where Redis cannot be reached.
    """
    for kind in unreachable:
        app.add_exception_handler(kind, _handle_outage)
    app.add_exception_handler(FluxError, _handle_flux_error)
    app.add_exception_handler(ProblemError, _handle_problem)
    app.add_exception_handler(RequestValidationError, _handle_invalid)
    app.add_exception_handler(HTTPException, _handle_http)


def _handle_flux_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FluxError)
    if error.kind is ErrorClass.INTERNAL:
        log.error("fault", error=str(error))
    return answer_flux_error(error, request_id_of(request))


def explain_outage(error: Exception) -> FluxError:
    """What a client is told where Redis cannot be reached; the log has the rest."""
    log.warning("the store cannot be reached", error=str(error))
    return FluxError(
        ErrorClass.PROVIDER_OUTAGE, "the store of runs cannot be reached", suggestions=("try again later",)
    )


def _handle_outage(request: Request, error: Exception) -> Response:
    return answer_flux_error(explain_outage(error), request_id_of(request))


def _handle_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return answer_problem(
        error.name, error.detail, headers=error.headers, request_id=request_id_of(request), **error.more
    )


def _handle_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [_describe(each) for each in list(error.errors())[:_MAX_ERRORS]]
    fields = ", ".join(each["field"] for each in errors[:3])
    return answer_problem(
        "invalid_request",
        f"{len(error.errors())} fields do not fit: {fields}" if errors else "the request does not fit",
        request_id=request_id_of(request),
        errors=errors,
    )


def _describe(error: Mapping[str, Any]) -> dict[str, str]:
    location: Sequence[object] = error.get("loc", ())
    field = ".".join(str(step)[:100] for step in location) or "request"
    value = error.get("input")
    seen = f", not {quote(value)}" if isinstance(value, str | int | float | bool) else ""
    return {"field": field, "message": f"{error.get('msg', 'does not fit')}{seen}"}


def _handle_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name = _OF_STATUS.get(error.status_code, "invalid_request")
    detail = f"{request.method} {quote(request.url.path)}: {error.detail}"
    headers = dict(error.headers or {})
    if name == "method":
        headers["Allow"] = ", ".join(sorted(_find_methods(request)))
    return answer_problem(name, detail, headers=headers, request_id=request_id_of(request))


def _find_methods(request: Request) -> set[str]:
    """The methods of the address of a request; the router names those of its first route only.

    The first route says which address it is: that of `/v1/sessions/{session}/share` could also be a session
    whose name has a slash.
    """
    routes = [
        route for route in iter_route_contexts(request.app.routes) if route.path_regex.match(request.url.path)
    ]
    return {method for route in routes if route.path == routes[0].path for method in route.methods or ()}


def request_id_of(request: Request) -> str:
    """The id under which the log tells of a request."""
    return str(getattr(request.state, "request_id", ""))
