"""What needs no key: whether the API is well, and the pages of its problems."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.http.access import Hub, Ports
from fluxagents.scheduler.http.ports import ApiCheck, ApiPorts
from fluxagents.scheduler.http.problem_types import PROBLEMS
from fluxagents.scheduler.http.problems import ProblemError

router = APIRouter(tags=["pages"])


class Health(BaseModel):
    """That the API is well."""

    status: str


@router.get("/livez", summary="Whether the process lives")
async def show_liveness() -> Health:
    """Answers as long as the process can."""
    return Health(status="ok")


_AS_LINES = {"text/plain": {"schema": {"type": "string"}}}


@router.get(
    "/healthz",
    summary="Whether the process lives, and what it can do",
    response_model=Health,
    responses={200: {"content": _AS_LINES}, 503: {"description": "A check failed.", "content": _AS_LINES}},
)
def show_health(
    ports: Ports, hub: Hub, verbose: Annotated[str | None, Query(max_length=10)] = None
) -> Health | PlainTextResponse:
    """As `/livez`; with `?verbose` a line for each check, and 503 if one fails."""
    if verbose is None:
        return Health(status="ok")
    checks = [_check_redis(ports), ApiCheck("events", "" if hub.is_reading else "they cannot be read now")]
    lines = (
        f"[-]{check.name} failed: {check.cause}" if check.cause else f"[+]{check.name} ok" for check in checks
    )
    status = 503 if any(check.cause for check in checks) else 200
    return PlainTextResponse("".join(f"{line}\n" for line in lines), status)


def _check_redis(ports: ApiPorts) -> ApiCheck:
    try:
        ports.ready()
    except FluxError as error:
        return ApiCheck("redis", error.kind.value)
    except ports.unreachable as error:
        return ApiCheck("redis", type(error).__name__)
    return ApiCheck("redis")


@router.get("/readyz", summary="Whether requests can be served")
def show_readiness(ports: Ports) -> Health:
    """Answers 200 while Redis can be used, else 503."""
    ports.ready()
    return Health(status="ok")


@router.get("/problems/{name}", summary="What a problem means", response_class=PlainTextResponse)
async def show_problem(name: str) -> PlainTextResponse:
    """The page of a type of problem."""
    if name not in PROBLEMS:
        raise ProblemError("no_such_page", f"there is no problem {name[:60]!r}")
    problem = PROBLEMS[name]
    return PlainTextResponse(f"{problem.title} ({problem.status} {name})\n\n{problem.meaning}\n")
