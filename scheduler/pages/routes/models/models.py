"""`/models`: the models that are stored, and what each was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from fluxagents.flows.engine.tool_flows import build_call_flow
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import VisibleSessions, check_may_read
from fluxagents.scheduler.http.routes.models import list_shipped
from fluxagents.scheduler.http.run_listing import RunFilter, list_page
from fluxagents.scheduler.pages.drawings.lineage_graph import HEIGHT, WIDTH, build_lineage
from fluxagents.scheduler.pages.page_route import PageRoute
from fluxagents.scheduler.pages.values import list_values, plain_value
from fluxagents.scheduler.pages.visitor import Visitor, Who, go_to
from fluxagents.scheduler.runs.model_analyses import Args, ModelAnalysis, find_analysis
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.ports.models import SHIPPED, ModelRecord

router = APIRouter(route_class=PageRoute)

COMPARISON = "model_comparison"
"""The flow that lays models side by side."""

ANALYSES = ("analyze_metabolic_model", "score_model", "compare_media_performance")
"""Tools that a page of a model starts by a button, each with nothing but what it takes by itself."""

MAX_RUNS = 200
"""Runs on a model whose results are looked at, the newest."""

MAX_LISTED = 500
RUNS = 10


@router.get("/models")
def list_models(who: Who, search: Annotated[str, Query(max_length=MAX_NAME)] = "") -> Response:
    """The stored models by name, and those that are always there."""
    return _show_list(who, search)


@router.post("/models")
def add_model(who: Who) -> Response:
    """Store the file of the form and go to the page of its model; what is no model is not stored."""
    # Before anything is read: what an error quotes is for those who may store it.
    who.client.authority.permit(Action.MODEL_ADD, Resource(kind="model", id="upload"))
    file = who.form.files.get("file")
    if file is None:
        return _show_list(who, problem="no file was chosen")
    who.client.authority.record(Action.MODEL_ADD, Resource(kind="model", id=file.name[:MAX_NAME]))
    try:
        record = who.client.models.add(file.content, file.name)
    except FluxError as error:
        if error.kind is not ErrorClass.UNREADABLE_MODEL:
            raise
        return _show_list(who, problem="; ".join((error.message, *error.suggestions)))
    return go_to(f"/models/{record.digest}")


def _show_list(who: Visitor, search: str = "", problem: str = "") -> Response:
    check_may_read(who.client, "model")
    wanted = search.strip().casefold()
    records = [record for record in who.client.models.list() if wanted in record.name.casefold()]
    return who.show(
        "models/models.html.j2",
        status=422 if problem else 200,
        problem=problem,
        records=records[:MAX_LISTED],
        left_out=max(len(records) - MAX_LISTED, 0),
        shipped=[name for name in list_shipped(who.client) if wanted in name.casefold()],
        search=search,
        may_add=who.client.authority.may(Action.MODEL_ADD, Resource(kind="model", id="upload")),
        may_start=who.may(Action.RUN_START),
    )


@router.get("/models/{model}")
def show_model(model: str, who: Who) -> Response:
    """A model: its file, its warnings, its lineage, what was made from it, and runs on it."""
    return _show(model, who)


@router.post("/models/{model}/analyses")
def analyse(model: str, who: Who) -> Response:
    """Start one of the analyses that the page shows."""
    check_may_read(who.client, "model", model)
    record = who.client.models.show(who.client.models.resolve(model, files=False))
    tool = who.form.get("tool")
    if tool not in ANALYSES:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"{quote(tool)} is none of {', '.join(ANALYSES)}")
    _start_analysis(who, record, tool)
    return go_to(f"/models/{record.digest}#{tool}")


@router.post("/models/{model}/compare")
def compare(model: str, who: Who) -> Response:
    """Start the run that lays the model and another one side by side, and go to its page."""
    check_may_read(who.client, "model", model)
    record = who.client.models.show(who.client.models.resolve(model, files=False))
    other = who.form.get("other")
    try:
        inputs = {"models": [record.name, who.client.models.resolve(other, files=False).name]}
        (run,) = who.client.batch(
            COMPARISON, [RunSpec(model=record.digest, inputs=inputs)], session="", lane="interactive"
        )
    except FluxError as error:
        if error.kind not in {ErrorClass.BAD_ARGUMENT, ErrorClass.UNKNOWN_ID}:
            raise
        return _show(model, who, other, "; ".join((error.message, *error.suggestions)))
    return go_to(f"/runs/{run.id}")


def _name(who: Visitor, record: ModelRecord) -> str:
    """The name of a model, or its digest where the name means another one by now."""
    is_named = who.client.models.resolve(record.name, files=False).digest == record.digest
    return record.name if is_named else record.digest


def _is_of_library(args: Args) -> bool:
    """Whether all media of the library were looked at, and nothing else."""
    return not args.get("media") and not args.get("own_media")


def _list_growth(who: Visitor, media: ModelAnalysis) -> Sequence[Mapping[str, Any]]:
    """Growth on each medium, the most first; those without any at the end."""
    if media.finding is None or media.finding.artifact is None:
        return ()
    artifacts = who.ports.artifacts()
    tables = artifacts.manifest(media.finding.artifact).tables
    table = artifacts.table(tables["media"].digest).sort_values("growth_per_h", ascending=False)
    rows = [{str(name): plain_value(each) for name, each in row.items()} for row in table.to_dict("records")]
    return sorted(rows, key=lambda row: row["status"] != "optimal")


def _show(model: str, who: Visitor, other: str = "", problem: str = "") -> Response:
    check_may_read(who.client, "model", model)
    record = who.client.models.show(who.client.models.resolve(model, files=False))
    runs = _list_runs_on(who, record)
    reading = find_analysis(runs, record.digest, "analyze_metabolic_model")
    score = find_analysis(runs, record.digest, "score_model")
    media = find_analysis(runs, record.digest, "compare_media_performance", _is_of_library)
    stored = who.client.models.list()
    graph = build_lineage(record, stored)
    return who.show(
        "models/model.html.j2",
        status=422 if problem else 200,
        record=record,
        graph=graph,
        box=(WIDTH, HEIGHT),
        called=_name(who, record),
        changes={
            made.digest: list_values(made.change.tool, made.change.args)
            for made in (node.record for node in graph.nodes)
            if made.change
        },
        runs=runs[:RUNS],
        contents=who.ports.model_contents(record.ref),
        reading=reading,
        score=score,
        media=media,
        growth=_list_growth(who, media),
        follows=any(each.goes_on for each in (reading, score, media)),
        comparison=find_analysis(runs, record.digest, "compare_models"),
        names=sorted({*SHIPPED, *(each.name for each in stored)} - {record.name}, key=str.casefold),
        may_start=who.may(Action.RUN_START),
        other=other,
        problem=problem,
    )


def _list_runs_on(who: Visitor, record: ModelRecord) -> list[RunState]:
    """The newest runs on a model that whoever looks may see, under whatever name it had."""
    shows = VisibleSessions(who.client).shows

    def is_on_it(state: RunState) -> bool:
        return (state.model == record.digest or state.model_name == record.name) and shows(state)

    return list_page(who.client.store, RunFilter(), is_on_it, limit=MAX_RUNS, after=None)[0]


def _start_analysis(who: Visitor, record: ModelRecord, tool: str) -> None:
    """Start the run that calls a tool on a model."""
    flow = build_call_flow(tool, {})
    who.client.store.save_flow(flow)
    spec = RunSpec(model=record.digest, inputs={})
    list(who.client.batch(flow.digest, [spec], session="", lane="interactive"))
