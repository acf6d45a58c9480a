"""`/runs/{run_id}/…`: forms by which somebody acts on a run or says something about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from pydantic import JsonValue
from starlette.responses import Response

from fluxagents.flows.engine.tool_flows import build_call_flow
from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.history.lineage import open_steps
from fluxagents.flows.state import RunState
from fluxagents.scheduler.collaboration.collaboration import Collaboration
from fluxagents.scheduler.collaboration.feedback import Feedback
from fluxagents.scheduler.http.access import load_visible
from fluxagents.scheduler.pages.number_proof import prove_number
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.routes.requests import fill_in, read_changes
from fluxagents.scheduler.pages.run_page import find_next_call
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.runs.argument_form import ArgumentField, build_form, build_value_form
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.registry import entries_of

router = APIRouter(route_class=PageRoute)


@router.post("/runs/{run_id}/acts")
def act(run_id: str, who: Who) -> Response:
    """Pause, resume, retry, cancel or watch a run."""
    load_visible(who.client, run_id)
    name = who.form.get("act")
    if name not in ACTS:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "no act is chosen")
    ACTS[name](who, run_id)
    return go_to(f"/runs/{run_id}")


@router.post("/runs/{run_id}/comments")
def comment(run_id: str, who: Who) -> Response:
    """Say something about a run."""
    load_visible(who.client, run_id)
    Collaboration(who.client, who.ports.presence).comment(run_id, who.form.get("text"))
    return go_to(f"/runs/{run_id}#remarks")


@router.post("/runs/{run_id}/ratings")
def rate(run_id: str, who: Who) -> Response:
    """Say how good the answer is."""
    load_visible(who.client, run_id)
    stars = who.form.get("stars")
    if stars not in {"1", "2", "3", "4", "5"}:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "a rating has 1 to 5 stars")
    Feedback(who.client, who.ports.remedies).rate(run_id, int(stars), reason=who.form.get("reason"))
    return go_to(f"/runs/{run_id}#remarks")


@router.post("/runs/{run_id}/numbers/{index}")
def compute_again(run_id: str, index: int, who: Who) -> Response:
    """Call the tool behind a number once more, with the same arguments on the same model."""
    state = load_visible(who.client, run_id)
    proof = prove_number(state, who.client.store.events(run_id), who.ports.artifacts(), index)
    if proof.finding is None:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"no tool found {proof.source.said}")
    flow = build_call_flow(proof.finding.tool, proof.finding.args)
    who.client.store.save_flow(flow)
    model = proof.finding.model or state.model or state.model_name
    inputs = {name: value for name, value in proof.finding.args.items() if value is not None}
    spec = RunSpec(model=model, inputs=inputs)
    (run,) = who.client.batch(flow.digest, [spec], session=state.session, lane="interactive")
    return go_to(f"/runs/{run_id}/numbers/{index}?again={run.id}")


@router.get("/runs/{run_id}/fork")
def show_fork(run_id: str, who: Who, at: int | None = None) -> Response:
    """The form of a fork: after which step, and what is to differ from then on."""
    state = load_visible(who.client, run_id)
    return _show_fork(who, state, at)


@router.post("/runs/{run_id}/fork")
def fork(run_id: str, who: Who) -> Response:
    """Start a new run that is this one up to a step."""
    state = load_visible(who.client, run_id)
    at = who.form.get("at")
    try:
        values = read_changes(_list_values(who, state), who.form)
        forked = who.client.fork(
            run_id,
            at=int(at) if at.isdecimal() else None,
            values=values,
            stepwise=bool(who.form.get("stepwise")),
        )
    except FluxError as error:
        if error.kind is not ErrorClass.BAD_ARGUMENT:
            raise
        return _show_fork(who, state, int(at) if at.isdecimal() else None, error)
    return go_to(f"/runs/{forked.run_id}")


@router.get("/runs/{run_id}/call")
def show_call(run_id: str, who: Who) -> Response:
    """The call that a paused run makes next, as a form."""
    return _show_call(who, load_visible(who.client, run_id))


@router.post("/runs/{run_id}/call")
def change_call(run_id: str, who: Who) -> Response:
    """Let a paused run call its tool with other arguments."""
    state = load_visible(who.client, run_id)
    try:
        who.client.edit(run_id, _read_new_arguments(who, state))
    except FluxError as error:
        if isinstance(error, ConflictError) or error.kind is not ErrorClass.BAD_ARGUMENT:
            raise
        return _show_call(who, state, error)
    return go_to(f"/runs/{run_id}")


def _show_call(who: Visitor, state: RunState, error: FluxError | None = None) -> Response:
    fields = _list_arguments(who, state)
    return who.show(
        "call.html.j2",
        status=422 if error else 200,
        state=state,
        call=find_next_call(who, state),
        fields=fill_in(who.form, fields),
        problem="; ".join((error.message, *error.suggestions)) if error else "",
    )


def _read_new_arguments(who: Visitor, state: RunState) -> dict[str, JsonValue]:
    args = read_changes(_list_arguments(who, state), who.form)
    if not args:
        raise FluxError(ErrorClass.BAD_ARGUMENT, "no argument differs from those of the call")
    return args


def _list_arguments(who: Visitor, state: RunState) -> tuple[ArgumentField, ...]:
    call = find_next_call(who, state)
    if call is None:
        raise ConflictError(
            f"run {state.run_id!r} is {state.status} and makes no call next that could be changed",
            suggestions=("pause it; only the next call of a paused run can be edited",),
        )
    return build_form(entries_of(who.client.tools)[call.tool], call.args)


def _show_fork(who: Visitor, state: RunState, at: int | None, error: FluxError | None = None) -> Response:
    steps = open_steps(who.client.store.events(state.run_id))
    return who.show(
        "fork.html.j2",
        status=422 if error else 200,
        state=state,
        steps=steps,
        at=at if at in steps else max(steps, default=0),
        fields=fill_in(who.form, _list_values(who, state)),
        problem="; ".join((error.message, *error.suggestions)) if error else "",
    )


def _list_values(who: Visitor, state: RunState) -> tuple[ArgumentField, ...]:
    flow = who.client.store.flow(state.flow.digest)
    return build_value_form(flow, {**state.inputs, **state.facts})


def _watch(who: Visitor, run_id: str) -> object:
    return Collaboration(who.client, who.ports.presence).watch(run_id)


def _unwatch(who: Visitor, run_id: str) -> object:
    return Collaboration(who.client, who.ports.presence).watch(run_id, is_on=False)


ACTS: Mapping[str, Callable[[Visitor, str], object]] = {
    "pause": lambda who, run_id: who.client.pause(run_id),
    "resume": lambda who, run_id: who.client.resume(run_id),
    "retry": lambda who, run_id: who.client.retry(run_id),
    "cancel": lambda who, run_id: who.client.cancel(run_id, reason="on its page"),
    "watch": _watch,
    "unwatch": _unwatch,
}
