"""`/v1/webhooks`: who is told of events, and what was sent to them. For those who may add webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.http.access import Body, Client, IfMatch, Ports, check_match, tag_content
from fluxagents.scheduler.http.ports import ApiPorts
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.http.routes.triggers.firing_views import HistoryLimit, to_time
from fluxagents.scheduler.outbox.message import Attempt, Message, MessageStatus
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.webhooks.endpoint import EVENT_TYPES, NAME, Endpoint, EndpointForm
from fluxagents.scheduler.webhooks.webhooks import ROTATION_S, WebhookStatus

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

Name = Annotated[str, Field(pattern=NAME, examples=["chat"])]
Pattern = Annotated[str, Field(min_length=1, max_length=64, examples=["run.*", EVENT_TYPES[0]])]


class WebhookContent(Body):
    """Who is told of what."""

    url: str = Field(max_length=2_000, examples=["https://example.org/hooks/flux"])
    """By https; by http only to hosts that the installation names."""
    form: EndpointForm = "standard"
    """`github`: the address is that of a repository, and `secret` a token for it."""
    events: list[Pattern] = Field(min_length=1, max_length=50, examples=[["run.finished", "approval.*"]])
    session: str = Field("", max_length=MAX_NAME)
    """Only events of this session."""
    flow: str = Field("", max_length=MAX_NAME)
    """Only events of runs of this flow."""
    secret: str | None = Field(None, max_length=500)
    """The one that the receiver has already; without it one is made."""


class NewWebhook(WebhookContent):
    """A webhook to be made."""

    name: Name


class WebhookView(Body):
    """A webhook and how it is doing, without its secret."""

    name: str
    form: EndpointForm
    url: str
    events: list[str]
    session: str
    flow: str
    status: Literal["active", "gone"]
    """`gone`: the receiver answered 410 and gets nothing any more."""
    owner: str
    created: datetime
    pending: int
    """Messages that wait for their next attempt."""
    last: Attempt | None


class WebhookSecret(Body):
    """What a receiver checks messages with."""

    name: str
    secret: str
    """Shown now and never again."""


class Rotation(Body):
    """How a secret is changed."""

    overlap_s: float = Field(ROTATION_S, ge=0, le=30 * ROTATION_S)
    """How long the old one signs as well."""
    secret: str | None = Field(None, max_length=500)
    """The new one; without it one is made. A repository takes a token."""


class Delivery(Body):
    """A message to a receiver."""

    id: str
    type: str
    created: datetime
    status: MessageStatus
    attempts: int
    next: datetime | None
    """When it is tried next."""
    last: str
    """What came of the last attempt."""
    body: str


class ReceiverAnswer(Body):
    """What a receiver said to a test message."""

    taken: bool
    status: int
    """Of HTTP; 0 when there was no answer."""
    error: str
    duration_ms: int


@router.get("", summary="List webhooks")
def list_webhooks(client: Client, ports: Ports) -> list[WebhookView]:
    """The webhooks that you may manage, and how they are doing."""
    return [_view(status) for status in _list_own(client, ports)]


@router.post("", status_code=201, summary="Add a webhook")
def add_webhook(body: NewWebhook, client: Client, ports: Ports, response: Response) -> WebhookSecret:
    """Tell an address of events from now on; the secret is shown once."""
    return _keep(body.name, body, client, ports, response, replace=False)


@router.get("/{name}", summary="Show a webhook")
def show_webhook(name: Name, client: Client, ports: Ports, response: Response) -> WebhookView:
    """A webhook and how it is doing."""
    status = _find(name, client, ports)
    response.headers["ETag"] = tag_content(status.endpoint)
    return _view(status)


@router.put("/{name}", summary="Replace a webhook")
def replace_webhook(
    name: Name,
    body: WebhookContent,
    client: Client,
    ports: Ports,
    response: Response,
    if_match: IfMatch = "",
) -> WebhookSecret:
    """Replace a webhook that is as `If-Match` says, with its messages and its log."""
    status = _find(name, client, ports)
    if not if_match:
        raise ProblemError("state_required", f"webhook {quote(name)} is replaced with If-Match only")
    check_match(if_match, tag_content(status.endpoint), f"webhook {quote(name)}")
    return _keep(name, body, client, ports, response, replace=True)


@router.delete("/{name}", status_code=204, summary="Remove a webhook")
def remove_webhook(name: Name, client: Client, ports: Ports, if_match: IfMatch = "") -> None:
    """Forget a webhook, its messages and its log."""
    status = _find(name, client, ports)
    check_match(if_match, tag_content(status.endpoint), f"webhook {quote(name)}")
    ports.webhooks(client).remove(name)


@router.post("/{name}/rotate", summary="Change the secret of a webhook")
def rotate_webhook(
    name: Name, client: Client, ports: Ports, response: Response, body: Rotation | None = None
) -> WebhookSecret:
    """Make a new secret; the old one signs as well until the receiver has had time to take it over."""
    _find(name, client, ports)
    rotation = body or Rotation()
    endpoint = ports.webhooks(client).rotate(name, overlap_s=rotation.overlap_s, secret=rotation.secret)
    response.headers["ETag"] = tag_content(endpoint)
    return WebhookSecret(name=name, secret=endpoint.secrets[0].text)


@router.post("/{name}/enable", summary="Enable a webhook")
def enable_webhook(name: Name, client: Client, ports: Ports, response: Response) -> WebhookView:
    """Tell a receiver of events again that wanted none any more."""
    _find(name, client, ports)
    ports.webhooks(client).enable(name)
    return show_webhook(name, client, ports, response)


@router.post("/{name}/test", summary="Test a webhook")
def try_webhook(name: Name, client: Client, ports: Ports) -> ReceiverAnswer:
    """Send a message of type `webhook.test` at once; it is not tried again."""
    _find(name, client, ports)
    answer = ports.webhooks(client).test(name)
    return ReceiverAnswer(
        taken=answer.is_taken, status=answer.status, error=answer.error, duration_ms=answer.duration_ms
    )


@router.get("/{name}/deliveries", summary="List deliveries")
def list_deliveries(name: Name, client: Client, ports: Ports, limit: HistoryLimit = 50) -> list[Delivery]:
    """The messages that are kept, the newest first."""
    _find(name, client, ports)
    return [_view_message(message) for message in ports.webhooks(client).deliveries(name, limit=limit)]


@router.get("/{name}/attempts", summary="List attempts")
def list_attempts(name: Name, client: Client, ports: Ports, limit: HistoryLimit = 50) -> list[Attempt]:
    """The last attempts to deliver, the newest first."""
    _find(name, client, ports)
    return list(ports.webhooks(client).attempts(name, limit=limit))


@router.post("/{name}/deliveries/{message}/resend", status_code=202, summary="Send a message again")
def resend_message(
    name: Name, message: Annotated[str, Field(max_length=MAX_NAME)], client: Client, ports: Ports
) -> Response:
    """Send a message again with the same id and the same bytes."""
    _find(name, client, ports)
    ports.webhooks(client).resend(name, message)
    return Response(status_code=202)


def _find(name: str, client: RunClient, ports: ApiPorts) -> WebhookStatus:
    """A webhook, for those who may manage it: what it was sent tells of runs."""
    own = {status.endpoint.name: status for status in _list_own(client, ports)}
    if name not in own:
        raise FluxError(
            ErrorClass.UNKNOWN_ID, f"there is no webhook {quote(name)}", suggestions=nearest(name, own)
        )
    return own[name]


def _list_own(client: RunClient, ports: ApiPorts) -> list[WebhookStatus]:
    """The webhooks that whoever acts may manage."""
    may = client.authority.may
    return [
        status
        for status in ports.webhooks(client).list()
        if may(Action.WEBHOOK_ADD, _resource(status.endpoint))
    ]


def _resource(endpoint: Endpoint) -> Resource:
    return Resource(kind="webhook", id=endpoint.name, session=endpoint.session)


def _keep(
    name: str, body: WebhookContent, client: RunClient, ports: ApiPorts, response: Response, *, replace: bool
) -> WebhookSecret:
    endpoint = ports.webhooks(client).add(
        name,
        body.url,
        events=body.events,
        form=body.form,
        session=body.session,
        flow=body.flow,
        secret=body.secret,
        replace=replace,
    )
    response.headers["Location"] = f"/v1/webhooks/{name}"
    response.headers["ETag"] = tag_content(endpoint)
    return WebhookSecret(name=name, secret=endpoint.secrets[0].text)


def _view(status: WebhookStatus) -> WebhookView:
    endpoint = status.endpoint
    return WebhookView(
        name=endpoint.name,
        form=endpoint.form,
        url=endpoint.url,
        events=list(endpoint.events),
        session=endpoint.session,
        flow=endpoint.flow,
        status=endpoint.status,
        owner=endpoint.owner,
        created=to_time(endpoint.created_ms),
        pending=status.pending,
        last=status.last,
    )


def _view_message(message: Message) -> Delivery:
    return Delivery(
        id=message.id,
        type=message.type,
        created=to_time(message.created_ms),
        status=message.status,
        attempts=message.attempts,
        next=to_time(message.next_ms) if message.next_ms and message.status == "pending" else None,
        last=message.last,
        body=message.body,
    )
