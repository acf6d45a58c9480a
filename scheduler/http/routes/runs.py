"""`/v1/runs`: start runs, list them, look at one."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field, JsonValue

from fluxagents.flows.commands import ItemAnswer
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Answered, Event, Lane
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.ports.run_store import RunPlace
from fluxagents.flows.state import Finding, RunState, Status
from fluxagents.flows.texts.grammar import MAX_NAME, MAX_TEXT
from fluxagents.flows.texts.trace_context import TRACEPARENT, find_trace
from fluxagents.scheduler.http.access import (
    Body,
    Client,
    Hub,
    Ports,
    VisibleSessions,
    Who,
    load_visible,
    run_tag,
    tag_run,
)
from fluxagents.scheduler.http.doors.request_log import TRACE_ID
from fluxagents.scheduler.http.paging import (
    MAX_PAGE,
    Cursor,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    link_next,
    slice_page,
)
from fluxagents.scheduler.http.routes.queries import read_query
from fluxagents.scheduler.http.run_listing import RunFilter, list_page
from fluxagents.scheduler.http.streams.sse import EVENT_STREAM, follow_run, stream
from fluxagents.scheduler.runs.run_ids import run_id as new_run_id
from fluxagents.scheduler.runs.run_starter import RunSpec

router = APIRouter(tags=["runs"])

Inputs = dict[str, JsonValue]
LastEventId = Annotated[
    str, Header(alias="Last-Event-ID", max_length=100, description="The last id that you have.")
]
Accept = Annotated[str, Header(max_length=1_000)]

SSE: dict[int | str, dict[str, Any]] = {200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}}
"""What the description of the API says of answers that are streams as well."""


class StartRun(Body):
    """A run to start."""

    flow: str = Field("", max_length=MAX_NAME, examples=["metabolic_analysis"])
    """The name of a flow, or the digest of a stored one; empty for the flow that answers `question`."""
    question: str = Field("", max_length=MAX_TEXT, examples=["How fast does it grow?"])
    """Becomes the input `question`."""
    model: str = Field(min_length=1, max_length=MAX_NAME, examples=["e_coli_core"])
    """A model's name or digest."""
    inputs: Inputs = Field({})
    session: str = Field("", max_length=MAX_NAME)
    lane: Lane = "interactive"
    run_id: str | None = Field(None, max_length=MAX_NAME)
    """With an id of your own, the same start again starts nothing."""
    stepwise: bool = False


class RunOfBatch(Body):
    """One run of a batch."""

    model: str = Field(min_length=1, max_length=MAX_NAME, examples=["e_coli_core"])
    inputs: Inputs = Field({}, examples=[{"question": "How fast does it grow?"}])
    run_id: str | None = Field(None, max_length=MAX_NAME)


class StartBatch(Body):
    """Many runs of one flow."""

    flow: str = Field(max_length=MAX_NAME, examples=["metabolic_analysis"])
    runs: list[RunOfBatch] = Field(min_length=1)
    session: str = Field("", max_length=MAX_NAME, examples=["carbon-sources"])
    lane: Lane = "bulk"
    stepwise: bool = False


class Statuses(Body):
    """How some runs are doing."""

    statuses: list[Status]


class StartedBatch(Body):
    """Runs that were started."""

    session: str
    runs: list[str]
    """Their ids, in the order of the request."""


class RunResult(Body):
    """What a run found."""

    run_id: str
    status: Status
    answer: str | None
    answered: Answered | None
    unanswered: tuple[str, ...]
    item_answers: tuple[ItemAnswer, ...]
    facts: dict[str, JsonValue]
    findings: tuple[Finding, ...]
    """Each with the digest of its full data: `/v1/runs/{run_id}/artifacts/{digest}`."""
    error: str | None


@router.post("/runs", status_code=201, summary="Start a run")
def start_run(body: StartRun, client: Client, ports: Ports, request: Request, response: Response) -> RunState:
    """Start a run and return at once.

    With `Idempotency-Key` the same request gives the same run, also after a crash of the API.
    """
    flow, inputs = body.flow, dict(body.inputs)
    if body.question:
        inputs["question"] = body.question
    if not flow:
        question = inputs.pop("question", None)
        if not isinstance(question, str):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                "neither a flow nor a question is given",
                suggestions=("name a `flow`, or put a `question` for which one is chosen",),
            )
        flow, chosen = ports.choose_flow(question)
        inputs = {**chosen, **inputs}
    spec = RunSpec(
        model=body.model,
        inputs=inputs,
        run_id=body.run_id or _id_from_key(request),
        traceparent=request.headers.get(TRACEPARENT),
    )
    (run,) = client.batch(flow, [spec], session=body.session, lane=body.lane, stepwise=body.stepwise)
    state = run.state
    response.headers["Location"] = f"/v1/runs/{run.id}"
    if state.trace:
        response.headers[TRACE_ID] = find_trace(state.trace)
    tag_run(response, state)
    return state


def _id_from_key(request: Request) -> str | None:
    """The id of a run that an idempotency key starts: always the same, whatever dies in between."""
    key = getattr(request.state, "idempotency", None)
    return None if key is None else new_run_id(key[1], key=key[0])


@router.post("/batches", status_code=202, summary="Start many runs")
def start_batch(
    body: StartBatch, client: Client, ports: Ports, request: Request, response: Response
) -> StartedBatch:
    """Start many runs of one flow; without a session of its own the batch gets one.

    If one of them does not fit, those before it have been started; with an `Idempotency-Key` or `run_id`s of
    your own the corrected request starts the rest.
    """
    if len(body.runs) > ports.limits.batch_runs:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the batch has {len(body.runs):,} runs, at most {ports.limits.batch_runs:,} are taken at once",
            suggestions=("send several batches with one session",),
        )
    key = _id_from_key(request)
    session = body.session or f"batch-{key or new_run_id(ports.clock.now_ms())}"
    specs = [
        RunSpec(
            model=run.model,
            inputs=run.inputs,
            run_id=run.run_id or (f"{key}-{number}" if key else None),
            traceparent=request.headers.get(TRACEPARENT),
        )
        for number, run in enumerate(body.runs)
    ]
    runs = client.batch(body.flow, specs, session=session, lane=body.lane, stepwise=body.stepwise)
    started = [run.id for run in runs]
    response.headers["Location"] = f"/v1/sessions/{quote_url(session, safe='')}"
    return StartedBatch(session=session, runs=started)


class ListRuns(RunFilter):
    """Which runs, and which page of them."""

    query: str = Field("", max_length=MAX_NAME)
    """The name of a saved query, which replaces the other filters."""
    limit: Limit = 50
    cursor: Cursor = ""


@router.get("/runs", summary="List runs")
def list_runs(
    asked: Annotated[ListRuns, Query()],
    client: Client,
    ports: Ports,
    who: Who,
    request: Request,
    response: Response,
) -> Page[RunState]:
    """List the runs that you may see, the newest first."""
    where = read_query(ports.queries, who.name, asked.query)[0].where if asked.query else asked
    place = decode_cursor(asked.cursor, int, str)
    states, last = list_page(
        client.store,
        where,
        VisibleSessions(client).shows,
        limit=asked.limit,
        after=RunPlace(int(place[0]), str(place[1])) if place else None,
    )
    following = encode_cursor(last.started_ms, last.run_id) if last else None
    link_next(request, response, following)
    return Page(items=states, next_cursor=following)


@router.get("/statuses", summary="The statuses of runs")
def list_statuses(
    client: Client,
    run: Annotated[
        list[Annotated[str, Field(max_length=MAX_NAME)]],
        Query(min_length=1, max_length=MAX_PAGE, description="Each of the runs."),
    ],
) -> Statuses:
    """Whether runs go on, wait or have ended, in the order in which they are named."""
    if not client.authority.may(Action.RUN_READ, Resource(kind="run", id="all")):
        for run_id in run:
            load_visible(client, run_id)
    return Statuses(statuses=client.store.statuses(run))


@router.get("/runs/{run_id}", summary="Show a run", responses={304: {"description": "Not changed."}})
def show_run(
    run_id: str,
    client: Client,
    response: Response,
    if_none_match: Annotated[str, Header(max_length=200)] = "",
) -> RunState:
    """All that is known of a run now. Its `ETag` changes with every step."""
    state = load_visible(client, run_id)
    tag_run(response, state)
    if if_none_match == run_tag(state):
        return Response(status_code=304, headers={"ETag": run_tag(state)})  # type: ignore[return-value]
    return state


@router.get("/runs/{run_id}/result", summary="What a run found")
def show_result(run_id: str, client: Client, response: Response) -> RunResult:
    """The answer, the findings and what is open; `status` says whether more is to come."""
    state = load_visible(client, run_id)
    tag_run(response, state)
    return RunResult(
        run_id=state.run_id,
        status=state.status,
        answer=state.answer,
        answered=state.answered,
        unanswered=state.unanswered,
        item_answers=state.item_answers,
        facts=state.facts,
        findings=state.findings,
        error=state.error.message if state.error else None,
    )


@router.get("/runs/{run_id}/events", summary="The log of a run", response_model=Page[Event], responses=SSE)
def list_events(
    run_id: str,
    client: Client,
    hub: Hub,
    ports: Ports,
    who: Who,
    request: Request,
    response: Response,
    limit: Limit = 100,
    cursor: Cursor = "",
    accept: Accept = "",
    last_event_id: LastEventId = "",
) -> object:
    """The events of a run, the oldest first: as pages, or with `Accept: text/event-stream` as they happen.

    The stream begins after `Last-Event-ID` and ends with the run; whoever asks again after the end gets 204.
    Remarks come as they are made, as the event `remark`; whoever listens looks at the run.
    """
    state = load_visible(client, run_id)
    if EVENT_STREAM in accept:
        seen = int(last_event_id) + 1 if last_event_id.isdecimal() else 0
        if state.has_ended and seen >= len(client.store.events(run_id)):
            return Response(status_code=204)
        give_sign = partial(ports.presence.enter, run_id, who.name)
        return stream(follow_run(hub, client, run_id, seen, give_sign))
    items, following = slice_page(client.store.events(run_id), limit, cursor)
    link_next(request, response, following)
    return Page[Event](items=items, next_cursor=following)
