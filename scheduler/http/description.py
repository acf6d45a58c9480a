"""The description of the API (OpenAPI 3.1), made from the code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from fluxagents.scheduler.http.addresses import takes_key
from fluxagents.scheduler.http.problems import PROBLEM_JSON, Problem

PROBLEM_ANSWERS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "What is wrong with the request."},
    "5XX": {"model": Problem, "description": "What is wrong here."},
}

ABOUT = """\
Every address below `/v1` takes a key in the header `Authorization: Bearer KEY` and in no other place.

Lists come in pages; the header `Link` leads to the next one. A `POST` with the header `Idempotency-Key` is
carried out once, and answered with the same answer for a day. What goes wrong is answered as
`application/problem+json` (RFC 9457), whose `type` leads to a page that says what to do.
"""

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200, "pattern": "^[\\x21\\x23-\\x7e]{1,200}$"},
    "description": "With the same key the same request is carried out once.",
}


def name_operation(route: APIRoute) -> str:
    """The id of an operation: the name of its function."""
    return route.name


def describe(app: FastAPI, routes: Callable[[], Sequence[BaseRoute]]) -> dict[str, Any]:
    """The description; made once.

    Args:
        app: What is described.
        routes: All of its routes in their order, also those that nobody asked for yet.
    """
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=ABOUT,
            routes=routes(),
        )
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _complete(path, method, operation)
        app.openapi_schema = document
    return app.openapi_schema


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Say of an operation what holds for all: its key, its problems, its idempotency."""
    responses = operation["responses"]
    # FastAPI's own form of this answer, which is never given.
    responses.pop("422", None)
    for name in ("4XX", "5XX"):
        if name in responses:
            responses[name]["content"] = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if takes_key(path):
        operation["security"] = [{"key": []}]
        if method == "post":
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
