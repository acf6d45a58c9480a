"""`/v1/queries`: filters of runs under names of your own."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.http.access import Body, IfMatch, Ports, Who, check_match
from fluxagents.scheduler.http.ports import SavedQueries
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.http.run_listing import RunFilter

router = APIRouter(prefix="/queries", tags=["queries"])

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$", examples=["failed-this-week"])]


class SavedQuery(Body):
    """A filter of runs."""

    description: str = Field("", max_length=1_000)
    where: RunFilter = Field(examples=[{"status": "failed"}])


def read_query(queries: SavedQueries, person: str, name: str) -> tuple[SavedQuery, bytes]:
    """A query of a person, and as it is kept.

    Raises:
        FluxError: If they have none of this name.
    """
    known = queries.list(person)
    if name not in known:
        raise FluxError(
            ErrorClass.UNKNOWN_ID, f"you have no query {quote(name)}", suggestions=nearest(name, known)
        )
    return SavedQuery.model_validate_json(known[name]), known[name]


def _tag(kept: bytes) -> str:
    return f'"{hashlib.sha256(kept).hexdigest()[:16]}"'


@router.get("", summary="List your queries")
def list_queries(ports: Ports, who: Who) -> dict[str, SavedQuery]:
    """Your saved queries by name."""
    known = ports.queries.list(who.name)
    return {name: SavedQuery.model_validate_json(kept) for name, kept in sorted(known.items())}


@router.get("/{name}", summary="Show a query")
def show_query(name: Name, ports: Ports, who: Who, response: Response) -> SavedQuery:
    """A saved query; `/v1/runs?query=NAME` lists its runs."""
    query, kept = read_query(ports.queries, who.name, name)
    response.headers["ETag"] = _tag(kept)
    return query


@router.put("/{name}", summary="Save a query", responses={201: {"model": SavedQuery}})
def save_query(
    name: Name, body: SavedQuery, ports: Ports, who: Who, response: Response, if_match: IfMatch = ""
) -> SavedQuery:
    """Save a query under a name; one that is there is replaced only with `If-Match`."""
    before = ports.queries.list(who.name).get(name)
    if before is not None and not if_match:
        raise ProblemError("state_required", f"there is a query {quote(name)} already")
    if before is not None:
        check_match(if_match, _tag(before), f"query {quote(name)}")
    kept = body.model_dump_json(exclude_defaults=True).encode()
    if not ports.queries.save(who.name, name, kept, before=before):
        raise ProblemError("changed", f"query {quote(name)} was changed by another request of yours")
    response.status_code = 200 if before else 201
    response.headers["Location"] = f"/v1/queries/{name}"
    response.headers["ETag"] = _tag(kept)
    return body


@router.delete("/{name}", status_code=204, summary="Forget a query")
def remove_query(name: Name, ports: Ports, who: Who) -> None:
    """Forget a saved query."""
    if not ports.queries.remove(who.name, name):
        raise FluxError(ErrorClass.UNKNOWN_ID, f"you have no query {quote(name)}")
