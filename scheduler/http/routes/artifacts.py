"""`/v1/artifacts` and `/v1/runs/{run_id}/artifacts`: the full data of results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.events import EffectComputed, ToolSucceeded
from fluxagents.flows.history.event_text import SHORT_DIGEST
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.http.access import Body, Client, Ports, check_may_read, load_visible
from fluxagents.scheduler.http.byte_ranges import answer_bytes
from fluxagents.scheduler.http.formats import TABLE_FORMATS, choose_format
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.tasks.ports.artifacts import EFFECT, JSON, PARQUET, ArtifactRef, Manifest, check_digest

router = APIRouter(tags=["artifacts"])

IfNoneMatch = Annotated[str, Header(max_length=400)]
Accept = Annotated[str, Header(max_length=1_000)]

BINARY: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The bytes, or the table in the format that `Accept` prefers.",
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in TABLE_FORMATS
        },
    },
    206: {"description": "The range that was asked for."},
    304: {"description": "Known already."},
}


class RunArtifact(Body):
    """A result of a run, and where its full data lie."""

    digest: str
    tool: str
    step: int


def _artifacts_of(client: RunClient, run_id: str) -> Iterator[RunArtifact]:
    for event in client.store.events(run_id):
        if isinstance(event, ToolSucceeded) and event.artifact:
            yield RunArtifact(digest=event.artifact, tool=event.call.tool, step=event.seq)
        elif isinstance(event, EffectComputed) and event.effect.artifact:
            yield RunArtifact(digest=event.effect.artifact, tool=EFFECT, step=event.seq)


def _manifest_of_run(client: RunClient, ports: ApiPorts, run_id: str, digest: str) -> Manifest:
    """The manifest of a result of a run that may be seen."""
    load_visible(client, run_id)
    digest = check_digest(digest)
    known = {artifact.digest for artifact in _artifacts_of(client, run_id)}
    if digest not in known:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"run {quote(run_id)} has no artifact {digest}")
    return ports.artifacts().manifest(digest)


@router.get("/runs/{run_id}/artifacts", summary="List the results of a run")
def list_artifacts(run_id: str, client: Client) -> list[RunArtifact]:
    """The full data of every result, in the order in which tools were called."""
    load_visible(client, run_id)
    return list(_artifacts_of(client, run_id))


@router.get("/runs/{run_id}/artifacts/{digest}", summary="Show a result of a run")
def show_artifact(run_id: str, digest: str, client: Client, ports: Ports) -> Manifest:
    """A result with its tables and files, and where it comes from."""
    return _manifest_of_run(client, ports, run_id, digest)


@router.get(
    "/runs/{run_id}/artifacts/{digest}/tables/{name}",
    summary="A table of a result",
    response_class=Response,
    responses=BINARY,
)
def read_table(
    run_id: str,
    digest: str,
    name: str,
    client: Client,
    ports: Ports,
    accept: Accept = "",
    range_header: Annotated[str, Header(alias="Range", max_length=200)] = "",
    if_none_match: IfNoneMatch = "",
) -> Response:
    """A table as Parquet, CSV, JSON or XLSX, whichever `Accept` prefers; Parquet if any will do."""
    manifest = _manifest_of_run(client, ports, run_id, digest)
    table = _part(manifest.tables, name, digest, "table")
    about = {"result": manifest.result, "provenance": manifest.provenance.model_dump(mode="json")}
    return _answer_format(ports, name, table.digest, about, accept, range_header, if_none_match)


@router.get(
    "/runs/{run_id}/artifacts/{digest}/files/{name}",
    summary="A file of a result",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, 206: {"description": "A range."}},
)
def read_file(
    run_id: str,
    digest: str,
    name: str,
    client: Client,
    ports: Ports,
    range_header: Annotated[str, Header(alias="Range", max_length=200)] = "",
    if_none_match: IfNoneMatch = "",
) -> Response:
    """A file that a result made for other programs, as it is."""
    manifest = _manifest_of_run(client, ports, run_id, digest)
    file = _part(manifest.files, name, digest, "file")
    return answer_bytes(
        ports.artifacts().get(file.digest),
        file.media_type,
        tag=f'"{file.digest}"',
        range_header=range_header,
        if_none_match=if_none_match,
        name=name,
    )


@router.get("/artifacts/{digest}", summary="An artifact", response_class=Response, responses=BINARY)
def read_artifact(
    digest: str,
    client: Client,
    ports: Ports,
    accept: Accept = "",
    range_header: Annotated[str, Header(alias="Range", max_length=200)] = "",
    if_none_match: IfNoneMatch = "",
) -> Response:
    """Any artifact by its digest or the beginning of it, for those who may see all runs.

    Others name one of their runs.

    A table comes as `Accept` prefers, anything else as it is stored.
    """
    check_may_read(client, "artifact", digest)
    digest = ports.artifacts().find(digest)
    data = ports.artifacts().get(digest)
    if data.startswith(b"PAR1"):
        return _answer_format(ports, "table", digest, {}, accept, range_header, if_none_match)
    return answer_bytes(
        data,
        _sniff(data),
        tag=f'"{digest}"',
        range_header=range_header,
        if_none_match=if_none_match,
        name=digest.removeprefix("sha256:")[:SHORT_DIGEST],
    )


def _part(parts: dict[str, ArtifactRef], name: str, digest: str, what: str) -> ArtifactRef:
    if name not in parts:
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"artifact {digest} has no {what} {quote(name)}",
            suggestions=(*nearest(name, parts), f"{what}s: {', '.join(parts) or 'none'}"),
        )
    return parts[name]


def _answer_format(
    ports: ApiPorts,
    name: str,
    digest: str,
    about: dict[str, Any],
    accept: str,
    range_header: str,
    if_none_match: str,
) -> Response:
    media_type = choose_format(accept, TABLE_FORMATS, PARQUET)
    kind, store = TABLE_FORMATS[media_type], ports.artifacts()
    if kind == "parquet":
        data, tag = store.get(digest), f'"{digest}"'
    else:
        # Floating point and spreadsheets are written anew by each version: the tag is that of the bytes.
        data = ports.encode_tables(kind, {name: store.table(digest)}, about)
        tag = f'"{hashlib.sha256(data).hexdigest()}"' if kind != "xlsx" else f'W/"{digest}.xlsx"'
    answer = answer_bytes(
        data,
        media_type,
        tag=tag,
        range_header=range_header,
        if_none_match=if_none_match,
        name=f"{name}.{kind}",
    )
    answer.headers["Vary"] = "Accept"
    return answer


_BEGINNINGS = {
    b"{": JSON,
    b"[": JSON,
    b"\x89PNG": "image/png",
}


def _sniff(data: bytes) -> str:
    """The type of stored bytes; what could be a page of its own is given as bytes only."""
    return next(
        (media_type for begin, media_type in _BEGINNINGS.items() if data.startswith(begin)),
        "application/octet-stream",
    )
