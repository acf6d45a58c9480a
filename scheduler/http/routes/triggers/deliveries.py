"""`/v1/triggers/{name}/deliveries`: what was posted for a trigger, again and as a trial."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, JsonValue

from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Body, Client, Ports
from fluxagents.scheduler.http.routes.triggers.firing_views import HistoryLimit, to_time
from fluxagents.scheduler.http.routes.triggers.triggers import Expression, Name, find_trigger
from fluxagents.scheduler.triggers.deliveries import ROTATION_S
from fluxagents.scheduler.triggers.intake.delivery import DeliveryStatus

router = APIRouter(prefix="/triggers", tags=["triggers"])


class DeliveryView(Body):
    """Something that was posted."""

    id: str
    received: datetime
    """When it came first."""
    status: DeliveryStatus
    """`paused`: it came during a pause, and starts a run when it is replayed."""
    run_id: str | None
    """The run that it started last."""
    note: str
    repeats: int
    """How often it came again."""
    replays: int
    """How often it was to start a run again."""
    headers: dict[str, str]
    body: str


class Replay(Body):
    """What starts a run again."""

    occurrence: str
    """The `delivery` of the run's trigger."""


class Trial(Body):
    """What is tried; nothing starts."""

    last: int = Field(5, ge=1, le=50)
    """How many of the last deliveries."""
    payload: JsonValue = None
    """Instead of these, what could be posted."""
    headers: dict[str, str] = Field({}, max_length=40)
    """With it, by name in lower case."""
    when: Expression | None = None
    """Another condition."""
    model_from: Expression | None = None
    """Another expression for the model."""
    expressions: dict[str, Expression] | None = None
    """Other inputs that are computed."""


class PreviewView(Body):
    """What one delivery would start."""

    delivery: str
    received: datetime
    fires: bool
    note: str
    """Why it would not."""
    flow: str
    model: str
    inputs: dict[str, JsonValue] | None
    key: str


class SecretRotation(Body):
    """How the secret is changed."""

    overlap_s: float = Field(ROTATION_S, ge=0, le=30 * ROTATION_S)
    """How long the old one counts as well."""
    secret: str | None = Field(None, max_length=200)
    """The new one; without it one is made."""


class TriggerSecret(Body):
    """What a sender signs with."""

    name: str
    secret: str
    """Shown now and never again."""


@router.get("/{name}/deliveries", summary="List what was posted for a trigger")
def list_trigger_deliveries(
    name: Name, client: Client, ports: Ports, limit: HistoryLimit = 50
) -> list[DeliveryView]:
    """The deliveries that are kept, the newest first."""
    find_trigger(name, client, ports)
    return [
        DeliveryView(
            received=to_time(delivery.came_ms),
            run_id=delivery.run_id or None,
            **delivery.model_dump(exclude={"came_ms", "run_id"}),
        )
        for delivery in ports.deliveries(client).list(name, limit=limit)
    ]


@router.post("/{name}/deliveries/{delivery}/replay", status_code=202, summary="Replay a delivery")
def replay_delivery(
    name: Name, delivery: Annotated[str, Field(max_length=MAX_NAME)], client: Client, ports: Ports
) -> Replay:
    """Let a delivery start a run again, as the trigger is now."""
    find_trigger(name, client, ports)
    return Replay(occurrence=ports.deliveries(client).replay(name, delivery))


@router.post("/{name}/preview", summary="Try a trigger")
def preview_trigger(name: Name, client: Client, ports: Ports, body: Trial | None = None) -> list[PreviewView]:
    """What the last deliveries, or a payload of yours, would start; starts nothing."""
    find_trigger(name, client, ports)
    trial = body or Trial()
    previews = ports.deliveries(client).preview(
        name,
        limit=trial.last,
        payload=trial.payload,
        headers=trial.headers,
        when=trial.when,
        model_from=trial.model_from,
        expressions=trial.expressions,
    )
    return [
        PreviewView(
            delivery=each.delivery,
            received=to_time(each.came_ms),
            fires=each.fires,
            note=each.note,
            flow=each.flow,
            model=each.model,
            inputs=dict(each.inputs) if each.inputs is not None else None,
            key=each.key,
        )
        for each in previews
    ]


@router.post("/{name}/rotate", summary="Change the secret of a trigger")
def rotate_trigger(
    name: Name, client: Client, ports: Ports, body: SecretRotation | None = None
) -> TriggerSecret:
    """Make a new secret; the old one counts as well until the sender has had time to take it over."""
    find_trigger(name, client, ports)
    rotation = body or SecretRotation()
    secret = ports.deliveries(client).rotate(name, overlap_s=rotation.overlap_s, secret=rotation.secret)
    return TriggerSecret(name=name, secret=secret)
