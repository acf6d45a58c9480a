"""Flux maps of results, and of two runs laid over each other: to look at, and as files."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.http.access import load_visible
from fluxagents.scheduler.http.routes.artifacts import show_artifact
from fluxagents.scheduler.pages.drawings.flux_map_page import POLICY, find_maps, write_map_page
from fluxagents.scheduler.pages.drawings.pictures import answer_file, answer_svg
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who
from fluxagents.tasks.fba.maps.stored_map import StoredMap, read_map, read_maps

router = APIRouter(prefix="/runs/{run_id}", route_class=PageRoute)

KINDS = ("svg", "png", "html")


@router.get("/results/{digest}/map")
def show_map(run_id: str, digest: str, who: Who) -> Response:
    """The flux map of a result, to look into."""
    return _show(_read(run_id, digest, who), f"/runs/{run_id}/results/{digest}/map/picture")


@router.get("/results/{digest}/map.{kind}")
def read_file(run_id: str, digest: str, kind: str, who: Who) -> Response:
    """The flux map of a result as a picture, or as one file to look into."""
    return _answer(_read(run_id, digest, who), kind, who)


@router.get("/diff/{other_id}/maps/{number}.{kind}")
def read_file_of_both(run_id: str, other_id: str, number: int, kind: str, who: Who) -> Response:
    """The flux maps of two runs as a picture, or as one file to look into."""
    return _answer(_read_both(run_id, other_id, number, who), kind, who)


@router.get("/diff/{other_id}/maps/{number}")
def show_both(run_id: str, other_id: str, number: int, who: Who) -> Response:
    """The flux maps of two runs side by side, and their difference."""
    drawn = _read_both(run_id, other_id, number, who)
    return _show(drawn, f"/runs/{run_id}/diff/{other_id}/maps/{number}/picture")


@router.get("/results/{digest}/map/picture")
def show_picture(run_id: str, digest: str, who: Who) -> Response:
    """The flux map of a result, for browsers without scripts."""
    return answer_svg(who.ports.draw_map(_read(run_id, digest, who), "page"), keep=True)


@router.get("/diff/{other_id}/maps/{number}/picture")
def show_picture_of_both(run_id: str, other_id: str, number: int, who: Who) -> Response:
    """The flux maps of two runs, for browsers without scripts."""
    return answer_svg(who.ports.draw_map(_read_both(run_id, other_id, number, who), "page"), keep=True)


def _read(run_id: str, digest: str, who: Visitor) -> StoredMap:
    show_artifact(run_id, digest, who.client, who.ports)
    return read_map(who.ports.artifacts(), digest)


def _read_both(run_id: str, other_id: str, number: int, who: Visitor) -> StoredMap:
    """The maps of that number of each run, counted from 0.

    Raises:
        FluxError: `UNKNOWN_ID` if one has no such map.
    """
    runs = load_visible(who.client, run_id), load_visible(who.client, other_id)
    artifacts = who.ports.artifacts
    pairs = list(zip(*(find_maps(artifacts, run).values() for run in runs), strict=False))
    if not 0 <= number < len(pairs):
        raise FluxError(ErrorClass.UNKNOWN_ID, f"these runs have {len(pairs)} flux maps in common")
    return read_maps(artifacts(), *pairs[number])


def _show(drawn: StoredMap, picture: str) -> Response:
    page = write_map_page(drawn, is_file=False, picture=picture)
    headers = {"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(page, headers=headers)


def _answer(drawn: StoredMap, kind: str, who: Visitor) -> Response:
    match kind:
        case "svg" | "png":
            return answer_file(who.ports.draw_map(drawn, kind), f"flux_map.{kind}")
        case "html":
            return answer_file(write_map_page(drawn, is_file=True).encode(), "flux_map.html")
    raise FluxError(ErrorClass.UNKNOWN_ID, f"flux maps are files of the kinds {', '.join(KINDS)}")
