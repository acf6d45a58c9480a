"""`/flows`: the flows of the library, drawn, and checking one that is being written."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.drawing.picture import build_picture
from fluxagents.flows.language.definition import Flow
from fluxagents.scheduler.http.routes.library import DIGEST
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.pictures import answer_svg
from fluxagents.scheduler.pages.visitor import Visitor, Who

router = APIRouter(route_class=PageRoute)


@router.get("/flows")
def list_flows(who: Who) -> Response:
    """The flows that runs can name."""
    return who.show(
        "flows.html.j2", flows=sorted(who.client.flows.flows().values(), key=lambda flow: flow.flow)
    )


@router.get("/flows/{name}")
def show_flow(name: str, who: Who) -> Response:
    """A flow: its drawing, its inputs and its nodes, by its name or by the digest that a run keeps."""
    return who.show("flow.html.j2", flow=_find_flow(who, name), name=name)


@router.get("/flows/{name}/drawing.svg")
def draw_flow(name: str, who: Who) -> Response:
    """The drawing of a flow."""
    return answer_svg(who.ports.draw_flow(build_picture(_find_flow(who, name))))


def _find_flow(who: Visitor, name: str) -> Flow:
    return who.client.store.flow(name) if DIGEST.fullmatch(name) else who.client.flows.get(name)
