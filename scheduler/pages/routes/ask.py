"""`/ask`: a question to a model, put from the box of the first page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.scheduler.batches.run_media import resolve_media
from fluxagents.scheduler.http.access import Shared, VisibleSessions
from fluxagents.scheduler.http.run_listing import RunFilter, list_page
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.run_estimate import RunEstimate, estimate_run
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.fba.media.medium_request import MediumRequest
from fluxagents.tasks.ports.models import SHIPPED

router = APIRouter(route_class=PageRoute)

SAMPLE = 20
"""Runs that an estimate looks at."""

REFUSED = frozenset({ErrorClass.BAD_ARGUMENT, ErrorClass.UNKNOWN_ID, ErrorClass.MEDIUM})
"""What is wrong with a question, and not with the installation."""


@dataclass(frozen=True, slots=True)
class AskPlan:
    """What a question would start."""

    flow: str
    inputs: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    """On the medium: no growth and why, compounds that the model does not exchange."""
    estimate: RunEstimate | None = None
    """None where no run like it has finished."""


@dataclass(frozen=True, slots=True)
class AskBox:
    """What the box to ask holds."""

    run_id: str
    """Of the run that it starts: sent twice, the form starts one."""
    models: tuple[str, ...]
    """Names to choose from; any other model can be named as well."""
    media: tuple[str, ...]
    """Names to choose from beside the model's own medium."""
    question: str = ""
    model: str = ""
    medium: str = ""
    session: str = ""
    problem: str = ""
    """What is wrong with what was asked."""
    plan: AskPlan | None = None
    """What would happen, where somebody wants to know before it does."""


def fill_box(who: Visitor, **values: Any) -> AskBox:
    """The box to ask, with the models and media that whoever looks may use."""
    stored = (record.name for record in who.client.models.list()) if _may_list(who, "model") else ()
    names = tuple(sorted({*SHIPPED, *stored}, key=str.casefold))
    media = who.ports.media.names() if _may_list(who, "medium") else ()
    return AskBox(run_id=run_id(who.ports.clock.now_ms()), models=names, media=media, **values)


@router.get("/ask")
def show_box(who: Who, question: str = "", model: str = "", medium: str = "", session: str = "") -> Response:
    """The box by itself, filled in by a link."""
    box = fill_box(who, question=question, model=model, medium=medium, session=session)
    return who.show("ask.html.j2", box=box)


@router.post("/ask")
def ask(who: Who) -> Response:
    """Start the run that answers the question and go to its page, or say what it would take."""
    is_estimate = who.form.get("act") == "estimate"
    try:
        if is_estimate:
            return _show_form(who, 200, plan=_estimate(who))
        plan = _plan(who)
        spec = RunSpec(model=who.form.get("model"), inputs=plan.inputs, run_id=who.form.get("run_id") or None)
        (run,) = who.client.batch(plan.flow, [spec], session=who.form.get("session"), lane="interactive")
    except FluxError as error:
        if error.kind not in REFUSED:
            raise
        # A part of a page is taken over only if it comes with success.
        problem = "; ".join((error.message, *error.suggestions))
        return _show_form(who, 200 if is_estimate else 422, problem=problem)
    return go_to(f"/runs/{run.id}")


def _show_form(who: Visitor, status: int, *, plan: AskPlan | None = None, problem: str = "") -> Response:
    """The box with what was asked in it."""
    box = fill_box(
        who,
        question=who.form.get("question"),
        model=who.form.get("model"),
        medium=who.form.get("medium"),
        session=who.form.get("session"),
        problem=problem,
        plan=plan,
    )
    return who.show("ask.html.j2", status=status, box=box)


def _plan(who: Visitor) -> AskPlan:
    """The flow that answers what the form asks, and its inputs."""
    question, model, name = who.form.get("question"), who.form.get("model"), who.form.get("medium")
    flow, inputs = who.ports.choose_flow(question)
    if not name:
        return AskPlan(flow, inputs)
    if "medium" not in who.client.flows.get(flow).inputs:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{flow} answers this question, and takes no medium",
            suggestions=("choose the model's own medium, and name the other one in the question",),
        )
    request = MediumRequest(label=name, base=who.ports.media.medium(name))
    (found,) = resolve_media(who.client.models, [model], [request]).values()
    return AskPlan(flow, {**inputs, "medium": found.media[0]}, found.notes)


def _estimate(who: Visitor) -> AskPlan:
    """The plan with what finished runs of the flow on the model took."""
    plan = _plan(who)
    model = who.client.models.resolve(who.form.get("model"), files=False)
    where = RunFilter(status="finished", flow=plan.flow, model=model.digest)
    shows = VisibleSessions(who.client).shows
    states, _ = list_page(who.client.store, where, shows, limit=SAMPLE, after=None)
    histories = (who.client.store.events(state.run_id) for state in states)
    return AskPlan(plan.flow, plan.inputs, plan.notes, estimate_run(histories, who.ports.prices()))


def _may_list(who: Visitor, kind: Shared) -> bool:
    return who.client.authority.may(Action.RUN_READ, Resource(kind=kind, id="all"))
