"""`/runs/{run_id}/results/…`: the full data of a result, as tables, plot, files and provenance."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import load_visible
from fluxagents.scheduler.http.formats import TABLE_FORMATS
from fluxagents.scheduler.http.ports import PictureKind
from fluxagents.scheduler.http.routes.artifacts import read_table, show_artifact
from fluxagents.scheduler.pages.drawings.flux_map_page import DRAW_FLUX_MAP
from fluxagents.scheduler.pages.drawings.pictures import answer_file, answer_svg
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.run_lookup import find_model_name
from fluxagents.scheduler.pages.run_page import find_plot
from fluxagents.scheduler.pages.table_view import TableChoice, view_table
from fluxagents.scheduler.pages.visitor import Visitor, Who
from fluxagents.scheduler.runs.argument_form import list_arguments
from fluxagents.tasks.fba.maps.stored_map import has_map
from fluxagents.tasks.ports.artifacts import SVG
from fluxagents.tasks.registry import entries_of

router = APIRouter(prefix="/runs/{run_id}/results/{digest}", route_class=PageRoute)

_MEDIA_TYPES = {kind: media_type for media_type, kind in TABLE_FORMATS.items()}


@router.get("")
def show_result(run_id: str, digest: str, who: Who) -> Response:
    """A result of a run."""
    manifest = show_artifact(run_id, digest, who.client, who.ports)
    how = manifest.provenance
    return who.show(
        "result.html.j2",
        state=load_visible(who.client, run_id),
        digest=digest,
        manifest=manifest,
        how=how,
        called=find_model_name(who, how.model_digest),
        arguments=list_arguments(entries_of(who.client.tools).get(how.tool), how.args),
        formats=sorted(_MEDIA_TYPES),
        has_plot=manifest.provenance.tool != DRAW_FLUX_MAP and find_plot(who, digest) is not None,
        has_map=has_map(manifest),
        pictures=[name for name, file in manifest.files.items() if file.media_type == SVG],
    )


@router.get("/plot")
def show_plot(run_id: str, digest: str, who: Who) -> Response:
    """The plot of a result, where its tool has one."""
    return answer_svg(_draw_plot(run_id, digest, who, "page"), keep=True)


@router.get("/plot.{kind}")
def download_plot(run_id: str, digest: str, kind: Literal["svg", "png"], who: Who) -> Response:
    """The plot of a result as a file for texts and slides."""
    return answer_file(_draw_plot(run_id, digest, who, kind), f"plot.{kind}")


def _draw_plot(run_id: str, digest: str, who: Visitor, kind: PictureKind) -> bytes:
    show_artifact(run_id, digest, who.client, who.ports)
    plot = find_plot(who, digest, kind)
    if plot is None:
        raise FluxError(ErrorClass.UNKNOWN_ID, "this result has no plot")
    return plot


@router.get("/pictures/{name}")
def show_picture(run_id: str, digest: str, name: str, who: Who) -> Response:
    """A picture that a tool has drawn."""
    files = show_artifact(run_id, digest, who.client, who.ports).files
    if name not in files or files[name].media_type != SVG:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"the result has no picture {quote(name)}")
    return answer_svg(who.ports.artifacts().get(files[name].digest), keep=True)


@router.get("/tables/{name}")
def show_table(
    run_id: str,
    digest: str,
    name: str,
    who: Who,
    sort: Annotated[str, Query(max_length=MAX_NAME)] = "",
    search: Annotated[str, Query(max_length=MAX_NAME)] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Some rows of a table of a result."""
    manifest = show_artifact(run_id, digest, who.client, who.ports)
    if name not in manifest.tables:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"the result has no table {quote(name)}")
    table = who.ports.artifacts().table(manifest.tables[name].digest)
    return who.show(
        "table.html.j2",
        state=load_visible(who.client, run_id),
        digest=digest,
        name=name,
        tool=manifest.provenance.tool,
        view=view_table(table, TableChoice(sort=sort, search=search, offset=offset)),
        formats=sorted(_MEDIA_TYPES),
    )


@router.get("/tables/{name}/{kind}")
def download_table(run_id: str, digest: str, name: str, kind: str, who: Who) -> Response:
    """A whole table as a file."""
    if kind not in _MEDIA_TYPES:
        raise FluxError(ErrorClass.UNKNOWN_ID, f"tables are files of the kinds {', '.join(_MEDIA_TYPES)}")
    return read_table(run_id, digest, name, who.client, who.ports, accept=_MEDIA_TYPES[kind])
