"""`/flows`: the flows of the library, drawn, with what runs did; and checking one that is written."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.language.validation import find_file_problems
from fluxagents.scheduler.http.routes.library import DIGEST
from fluxagents.scheduler.pages.drawings.pictures import answer_svg
from fluxagents.scheduler.pages.flow_page import Overlay, draw_over, list_runs, list_versions
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who
from fluxagents.tasks.registry import tool_facts

router = APIRouter(route_class=PageRoute)

DRAFT = "the text"
"""What problems of a text without a file are said to be in."""


@router.get("/flows")
def list_flows(who: Who) -> Response:
    """The flows that runs can name."""
    return who.show(
        "flows.html.j2", flows=sorted(who.client.flows.flows().values(), key=lambda flow: flow.flow)
    )


@router.get("/flow-check")
def write_flow(who: Who, flow: str = "") -> Response:
    """The form in which a flow is checked, with the text of one that is there."""
    text = ""
    if flow:
        *_, (_, text) = who.client.flows.texts(who.client.flows.get(flow).flow)
    return who.show("flow_check.html.j2", text=text, problems=None, flow=None)


@router.post("/flow-check")
def check_flow(who: Who) -> Response:
    """What is wrong with a flow, each mistake with its line; nothing is kept."""
    text = who.form.get("text")
    if not text:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "there is no text to check")
    problems = find_file_problems(
        text,
        where=DRAFT,
        tools=tool_facts(who.client.tools),
        prompts=who.ports.prompts().names,
        flows=who.client.flows.flows(),
    )
    return who.show(
        "flow_check.html.j2",
        text=text,
        problems=problems,
        flow=None if problems else flow_from_yaml(text, where=DRAFT),
    )


@router.get("/flows/{name}")
def show_flow(name: str, who: Who, over: Overlay = "") -> Response:
    """A flow: its drawing, inputs and nodes, by its name or by the digest that a run keeps.

    Args:
        name: Its name, or the digest of a version.
        who: Looks at it.
        over: What is laid over the drawing: runs, or scenarios.
    """
    flow = _find_flow(who, name)
    runs = list_runs(who, flow)
    picture, scenarios = draw_over(who, flow, name, runs, over)
    return who.show(
        "flow.html.j2",
        flow=flow,
        name=name,
        is_version=bool(DIGEST.fullmatch(name)),
        over=over,
        picture=picture,
        scenarios=scenarios,
        versions=list_versions(runs),
    )


@router.get("/flows/{name}/drawing.svg")
def draw_flow(name: str, who: Who, over: Overlay = "") -> Response:
    """The drawing of a flow, with runs or scenarios laid over it or not."""
    flow = _find_flow(who, name)
    picture, _ = draw_over(who, flow, name, list_runs(who, flow) if over == "runs" else (), over)
    return answer_svg(who.ports.draw_flow(picture))


def _find_flow(who: Visitor, name: str) -> Flow:
    return who.client.store.flow(name) if DIGEST.fullmatch(name) else who.client.flows.get(name)
