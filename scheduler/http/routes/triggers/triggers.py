"""`/v1/triggers`: runs that start because of events."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Lane
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Body, Client, IfMatch, Ports, check_match, tag_content
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.http.routes.triggers.firing_views import (
    FiringView,
    HistoryLimit,
    Span,
    to_time,
    view_firing,
)
from fluxagents.scheduler.http.times import to_milliseconds
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.triggers.event_trigger import (
    MAX_WAIT_S,
    NAME,
    EventTrigger,
    Source,
    WebhookSource,
    name_session,
)
from fluxagents.scheduler.triggers.folders.folder_plan import FolderState
from fluxagents.scheduler.triggers.triggers import TriggerStatus
from fluxagents.scheduler.webhooks.incoming import create_incoming_secret

router = APIRouter(prefix="/triggers", tags=["triggers"])

Name = Annotated[str, Field(pattern=NAME, examples=["validate-new-models"])]
Expression = Annotated[str, Field(max_length=2_000)]


class TriggerContent(Body):
    """What is started, and by which events."""

    source: Source = Field(examples=[{"kind": "model"}])
    flow: str = Field(max_length=MAX_NAME, examples=["model_validation"])
    when: Expression = Field("", examples=["growth_per_h < 0.1"])
    """A condition on the event, in the language of flows."""
    model: str = Field("", max_length=MAX_NAME)
    """A model's name or digest; that of the event when empty."""
    model_from: Expression = ""
    """Instead: an expression that gives it; with `via` a file, as `path@commit`."""
    via: str = Field("", max_length=MAX_NAME)
    """A repository among the webhooks, from which models are fetched."""
    fetch: dict[str, Expression] = Field({})
    """Inputs that are models of it: name -> expression that gives `path@commit`."""
    inputs: dict[str, JsonValue] = Field({})
    expressions: dict[str, Expression] = Field({})
    """Inputs that are computed from the event."""
    lane: Lane = "bulk"
    wait_s: float = Field(0.0, ge=0, le=MAX_WAIT_S)
    """How long events are gathered before one run starts for all of them."""
    is_debounced: bool = False
    """The wait begins anew with each event."""
    key: Expression = ""
    """An expression: events with equal values are gathered, and limited, together."""
    max_open: int = Field(0, ge=0, le=10_000)
    """Runs that may be open for one key at once; 0 for any number."""
    reply_to: str = Field("", max_length=MAX_NAME)
    """The webhook that is told how its runs go."""
    reply: dict[str, Expression] = Field({})
    """Where at that webhook, by expressions: `commit` of a repository."""
    secret: str | None = Field(None, max_length=200)
    """What senders sign with, of a source of kind `webhook`; without it one is made, or kept."""


class NewTrigger(TriggerContent):
    """A trigger to be made."""

    name: Name


class FolderView(Body):
    """What is known of a folder."""

    looked: datetime | None
    """When it was last read."""
    files: int
    """How many are known."""
    problem: str
    """Why it cannot be read now."""


class TriggerView(Body):
    """A trigger and how it is doing."""

    trigger: EventTrigger
    paused_by: str | None
    """Who paused it."""
    waiting: int
    """Events that were gathered and wait for their run."""
    last: FiringView | None
    folder: FolderView | None = None
    """The folder that it watches."""


class AddedTrigger(TriggerView):
    """A trigger that was added or replaced."""

    secret: str | None
    """What senders sign with, if it is new; shown now and never again."""


class BackfilledEvents(Body):
    """What a backfill has gathered."""

    events: int
    """One that was gathered before starts nothing."""


@router.get("", summary="List triggers")
def list_triggers(client: Client, ports: Ports) -> list[TriggerView]:
    """The triggers that you may see, and how they are doing."""
    return [_view(status) for status in list_visible(client, ports)]


@router.post("", status_code=201, summary="Add a trigger")
def add_trigger(body: NewTrigger, client: Client, ports: Ports, response: Response) -> AddedTrigger:
    """Start a run for each event of a source from now on."""
    return _keep(body.name, body, client, ports, response, replace=False)


@router.get("/{name}", summary="Show a trigger")
def show_trigger(name: Name, client: Client, ports: Ports, response: Response) -> TriggerView:
    """A trigger and how it is doing."""
    status = find_trigger(name, client, ports)
    response.headers["ETag"] = tag_content(status.trigger)
    return _view(status)


@router.put("/{name}", summary="Replace a trigger")
def replace_trigger(
    name: Name,
    body: TriggerContent,
    client: Client,
    ports: Ports,
    response: Response,
    if_match: IfMatch = "",
) -> AddedTrigger:
    """Replace a trigger that is as `If-Match` says."""
    status = find_trigger(name, client, ports)
    if not if_match:
        raise ProblemError("state_required", f"trigger {quote(name)} is replaced with If-Match only")
    check_match(if_match, tag_content(status.trigger), f"trigger {quote(name)}")
    return _keep(name, body, client, ports, response, replace=True)


@router.delete("/{name}", status_code=204, summary="Remove a trigger")
def remove_trigger(name: Name, client: Client, ports: Ports, if_match: IfMatch = "") -> None:
    """Forget a trigger and its history; its runs stay."""
    status = find_trigger(name, client, ports)
    check_match(if_match, tag_content(status.trigger), f"trigger {quote(name)}")
    ports.triggers(client).remove(name)


@router.post("/{name}/pause", summary="Pause a trigger")
def pause_trigger(name: Name, client: Client, ports: Ports) -> TriggerView:
    """Start no runs until it is resumed; what happens meanwhile is not made up for."""
    find_trigger(name, client, ports)
    ports.triggers(client).pause(name)
    return _view(ports.triggers(client).get(name))


@router.post("/{name}/resume", summary="Resume a trigger")
def resume_trigger(name: Name, client: Client, ports: Ports) -> TriggerView:
    """Let a paused trigger go on."""
    find_trigger(name, client, ports)
    ports.triggers(client).resume(name)
    return _view(ports.triggers(client).get(name))


@router.get("/{name}/history", summary="The history of a trigger")
def list_firings(name: Name, client: Client, ports: Ports, limit: HistoryLimit = 50) -> list[FiringView]:
    """What came of its events, the newest first."""
    find_trigger(name, client, ports)
    return [view_firing(firing) for firing in ports.triggers(client).history(name, limit=limit)]


@router.post("/{name}/backfill", status_code=202, summary="Backfill a trigger")
def backfill_trigger(name: Name, body: Span, client: Client, ports: Ports) -> BackfilledEvents:
    """Gather the events of runs that began from `since` on and before `until`."""
    find_trigger(name, client, ports)
    events = ports.triggers(client).backfill(
        name, since_ms=to_milliseconds(body.since), until_ms=to_milliseconds(body.until)
    )
    return BackfilledEvents(events=events)


def list_visible(client: RunClient, ports: ApiPorts) -> list[TriggerStatus]:
    """The triggers whose runs whoever acts may see."""
    return [
        status
        for status in ports.triggers(client).list()
        if client.authority.may(Action.RUN_READ, _resource(status.trigger.name))
    ]


def find_trigger(name: str, client: RunClient, ports: ApiPorts) -> TriggerStatus:
    """A trigger, for those who may see its runs.

    Raises:
        FluxError: `UNKNOWN_ID`.
    """
    if not client.authority.may(Action.RUN_READ, _resource(name)):
        raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no trigger {quote(name)}")
    return ports.triggers(client).get(name)


def _resource(name: str) -> Resource:
    return Resource(kind="trigger", id=name, session=name_session(name))


def _keep(
    name: str, body: TriggerContent, client: RunClient, ports: ApiPorts, response: Response, *, replace: bool
) -> AddedTrigger:
    triggers, secret = ports.triggers(client), body.secret
    if secret is None and isinstance(body.source, WebhookSource) and not replace:
        secret = create_incoming_secret(body.source.scheme)
    trigger = triggers.add(
        name,
        source=body.source,
        flow=body.flow,
        when=body.when,
        model=body.model,
        model_from=body.model_from,
        via=body.via,
        fetch=body.fetch,
        inputs=body.inputs,
        expressions=body.expressions,
        lane=body.lane,
        wait_s=body.wait_s,
        is_debounced=body.is_debounced,
        key=body.key,
        max_open=body.max_open,
        reply_to=body.reply_to,
        reply=body.reply,
        secret=secret,
        replace=replace,
    )
    response.headers["Location"] = f"/v1/triggers/{name}"
    response.headers["ETag"] = tag_content(trigger)
    return AddedTrigger(**dict(_view(triggers.get(name))), secret=secret)


def _view(status: TriggerStatus) -> TriggerView:
    return TriggerView(
        trigger=status.trigger,
        paused_by=status.state.paused_by or None,
        waiting=len(status.state.waiting),
        last=view_firing(status.last) if status.last else None,
        folder=_view_folder(status.folder) if status.folder else None,
    )


def _view_folder(folder: FolderState) -> FolderView:
    looked = to_time(folder.looked_ms) if folder.looked_ms else None
    return FolderView(looked=looked, files=len(folder.files), problem=folder.problem)
