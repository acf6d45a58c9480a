"""What needs no key: whether the API is well, and the pages of its problems."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from fluxagents.scheduler.http.access import Ports
from fluxagents.scheduler.http.problem_types import PROBLEMS
from fluxagents.scheduler.http.problems import ProblemError

router = APIRouter(tags=["pages"])


class Health(BaseModel):
    """That the API is well."""

    status: str


@router.get("/healthz", summary="Whether the process lives")
async def show_liveness() -> Health:
    """Answers as long as the process can."""
    return Health(status="ok")


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
