"""`/ask`: a question to a model, put from the box of the first page."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.ports.models import SHIPPED

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True, slots=True)
class AskBox:
    """What the box to ask holds."""

    run_id: str
    """Of the run that it starts: sent twice, the form starts one."""
    models: tuple[str, ...]
    """Names to choose from; any other model can be named as well."""
    question: str = ""
    model: str = ""
    session: str = ""
    problem: str = ""
    """What is wrong with what was asked."""


def fill_box(who: Visitor, **values: str) -> AskBox:
    """The box to ask, with the models that whoever looks may use."""
    may_list = who.client.authority.may(Action.RUN_READ, Resource(kind="model", id="all"))
    stored = (record.name for record in who.client.models.list()) if may_list else ()
    names = tuple(sorted({*SHIPPED, *stored}, key=str.casefold))
    return AskBox(run_id=run_id(who.ports.clock.now_ms()), models=names, **values)


@router.get("/ask")
def show_box(who: Who, question: str = "", model: str = "", session: str = "") -> Response:
    """The box by itself, filled in by a link."""
    return who.show("ask.html.j2", box=fill_box(who, question=question, model=model, session=session))


@router.post("/ask")
def ask(who: Who) -> Response:
    """Start the run that answers the question, and go to its page."""
    form = who.form
    question, model, session = form.get("question"), form.get("model"), form.get("session")
    try:
        flow, inputs = who.ports.choose_flow(question)
        spec = RunSpec(model=model, inputs=inputs, run_id=form.get("run_id") or None)
        (run,) = who.client.batch(flow, [spec], session=session, lane="interactive")
    except FluxError as error:
        if error.kind not in {ErrorClass.BAD_ARGUMENT, ErrorClass.UNKNOWN_ID, ErrorClass.MEDIUM}:
            raise
        problem = "; ".join((error.message, *error.suggestions))
        box = fill_box(who, question=question, model=model, session=session, problem=problem)
        return who.show("ask.html.j2", status=422, box=box)
    return go_to(f"/runs/{run.id}")
