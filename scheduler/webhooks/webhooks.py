"""Webhooks: adds, shows, tests and removes the receivers of messages, and what was sent to them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError, nearest
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.texts.checks import check_name
from fluxagents.scheduler.outbox.message import Attempt, Message
from fluxagents.scheduler.outbox.outbox import Claim
from fluxagents.scheduler.outbox.retries import Response, Verdict
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.scheduler.webhooks.address import check_address
from fluxagents.scheduler.webhooks.endpoint import (
    EVENT_TYPES,
    NAME,
    TEST,
    Endpoint,
    EndpointForm,
    Secret,
    rotate_secrets,
)
from fluxagents.scheduler.webhooks.endpoint_book import WebhookOutbox
from fluxagents.scheduler.webhooks.notice import Notice
from fluxagents.scheduler.webhooks.notice_message import build_message
from fluxagents.scheduler.webhooks.poster import Poster, post_message
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.scheduler.webhooks.signature import create_secret, decode_secret

_REPOSITORY = re.compile(r"/repos/[\w.\-]+/[\w.\-]+$", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]{8,500}")

ROTATION_S = 86_400.0
"""How long an old secret signs as well, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class WebhookStatus:
    """An endpoint and how it is doing."""

    endpoint: Endpoint
    pending: int
    """Messages that wait for their next attempt."""
    last: Attempt | None


class Webhooks:
    """What people do with webhooks.

    Args:
        outbox: Keeps endpoints and messages.
        relay: Listens to the events that endpoints want.
        poster: Sends one message, for a test.
        authority: Decides what whoever acts may do.
        clock: The time.
    """

    def __init__(
        self,
        outbox: WebhookOutbox,
        relay: WebhookRelay,
        poster: Poster,
        authority: Authority,
        clock: Clock,
    ) -> None:
        self._outbox = outbox
        self._relay = relay
        self._poster = poster
        self._authority = authority
        self._clock = clock

    def add(
        self,
        name: str,
        url: str,
        *,
        events: Sequence[str] = ("*",),
        form: EndpointForm = "standard",
        session: str = "",
        flow: str = "",
        secret: str | None = None,
        replace: bool = False,
    ) -> Endpoint:
        """Tell an address of events from now on.

        Args:
            name: Of the endpoint.
            url: Where messages are posted, by https; by http only to hosts that the settings name.
            events: Types of events, or patterns such as `run.*`.
            form: What it takes; a repository takes statuses of commits, for runs of triggers that name it as
                where the reply goes, whatever `events` says.
            session: Only events of this session.
            flow: Only events of runs of this flow.
            secret: The one that the receiver has already; without it one is made. For a repository its token.
            replace: Replace the endpoint of this name, its messages and its log.

        Returns:
            The endpoint with its secret, which is shown to nobody afterwards.

        Raises:
            FluxError: If something does not fit, or the name is taken.
        """
        _check_endpoint_name(name)
        on = Resource(kind="webhook", id=name, session=session)
        owner = self._authority.permit(Action.WEBHOOK_ADD, on).by
        if session:
            check_name(session, "a session")
        for pattern in events:
            _check_events(pattern)
        check_address(url, self._poster.may_be_plain)
        if form == "github":
            url = url.rstrip("/")
            _check_repository(url, secret)
        elif secret is not None:
            decode_secret(secret)
        endpoint = Endpoint(
            name=name,
            form=form,
            url=url,
            events=tuple(dict.fromkeys(events)),
            session=session,
            flow=flow,
            secrets=(Secret(text=secret or create_secret()),),
            owner=owner,
            created_ms=self._clock.now_ms(),
        )
        self._authority.record(Action.WEBHOOK_ADD, on)
        if not self._outbox.add(endpoint, replace=replace):
            raise ConflictError(
                f"there is a webhook {name!r} already",
                suggestions=("replace it with --replace", f"or `fluxagents webhooks remove {name}`"),
            )
        self._relay.listen()
        return endpoint

    def get(self, name: str) -> WebhookStatus:
        """An endpoint and how it is doing.

        Raises:
            FluxError: If there is no such webhook.
        """
        return self._status(self._find(name))

    def list(self) -> Sequence[WebhookStatus]:
        """All endpoints and how they are doing, sorted by name."""
        return [self._status(endpoint) for endpoint in self._outbox.list()]

    def remove(self, name: str) -> None:
        """Forget an endpoint, its messages and its log.

        Raises:
            FluxError: If there is no such webhook.
        """
        endpoint = self._find(name)
        self._record(Action.WEBHOOK_REMOVE, endpoint)
        self._outbox.remove(name)
        self._relay.listen()

    def rotate(self, name: str, *, overlap_s: float = ROTATION_S, secret: str | None = None) -> Endpoint:
        """Give an endpoint a new secret; the old one signs as well for a while, until the receiver has it.

        Args:
            name: Of the endpoint.
            overlap_s: For how long.
            secret: The new one; without it one is made. The token of a repository is replaced at once.

        Returns:
            The endpoint, its new secret first.

        Raises:
            FluxError: If there is no such webhook, or the secret does not fit.
        """
        endpoint = self._find(name)
        if endpoint.form == "github":
            token = _check_token(secret)
        elif secret is not None:
            decode_secret(secret)
        self._record(Action.WEBHOOK_ROTATE, endpoint)
        until_ms = self._clock.now_ms() + round(overlap_s * 1_000)
        if endpoint.form == "github":
            secrets: tuple[Secret, ...] = (Secret(text=token),)
        else:
            secrets = rotate_secrets(endpoint.secrets, secret or create_secret(), until_ms=until_ms)
        return self._change(endpoint, endpoint.model_copy(update={"secrets": secrets}))

    def enable(self, name: str) -> Endpoint:
        """Tell a receiver of events again that wanted none any more.

        Raises:
            FluxError: If there is no such webhook, or it is active.
        """
        endpoint = self._find(name)
        if endpoint.status == "active":
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"webhook {name!r} is active")
        self._record(Action.WEBHOOK_ENABLE, endpoint)
        return self._change(endpoint, endpoint.model_copy(update={"status": "active"}))

    def test(self, name: str) -> Response:
        """Send a message of type `webhook.test` from here, at once; it is not tried again.

        Raises:
            FluxError: If there is no such webhook.
        """
        endpoint = self._find(name)
        if endpoint.form == "github":
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"webhook {name!r} is a repository, which is told of commits only",
                suggestions=("a run of a trigger with --reply-to and --reply commit=… tells it",),
            )
        self._record(Action.WEBHOOK_TEST, endpoint)
        now_ms = self._clock.now_ms()
        notice = Notice(
            key=f"test|{run_id(now_ms)}",
            type=TEST,
            at_ms=now_ms,
            session="",
            flow="",
            reply_to="",
            data={"webhook": name, "events": list(endpoint.events)},
        )
        claim = Claim(endpoint, build_message(endpoint, notice), attempt=1)
        response = asyncio.run(post_message(self._poster, claim, now_ms=now_ms))
        verdict = Verdict("delivered" if response.is_taken else "given_up")
        self._outbox.settle(claim, response, verdict, at_ms=self._clock.now_ms())
        return response

    def deliveries(self, name: str, *, limit: int) -> Sequence[Message]:
        """The messages to an endpoint that are kept, the newest first.

        Raises:
            FluxError: If there is no such webhook.
        """
        return self._outbox.messages(self._find(name).name, limit=limit)

    def attempts(self, name: str, *, limit: int) -> Sequence[Attempt]:
        """The last attempts to deliver to an endpoint, the newest first.

        Raises:
            FluxError: If there is no such webhook.
        """
        return self._outbox.attempts(self._find(name).name, limit=limit)

    def resend(self, name: str, message_id: str) -> None:
        """Send a message again, with the same id and the same bytes, and the attempts of a new one.

        Raises:
            FluxError: If there is no such webhook, or no such message of it is kept.
        """
        endpoint = self._find(name)
        self._record(Action.WEBHOOK_RESEND, endpoint)
        if not self._outbox.resend(name, message_id):
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"webhook {name!r} keeps no message {message_id!r}",
                suggestions=(f"`fluxagents webhooks deliveries {name}` shows those that it keeps",),
            )

    def _change(self, before: Endpoint, after: Endpoint) -> Endpoint:
        if not self._outbox.change(before, after):
            raise ConflictError(
                f"webhook {before.name!r} was changed meanwhile",
                suggestions=("try again",),
            )
        self._relay.listen()
        return after

    def _record(self, action: Action, endpoint: Endpoint) -> str:
        on = Resource(kind="webhook", id=endpoint.name, session=endpoint.session)
        return self._authority.record(action, on)

    def _find(self, name: str) -> Endpoint:
        endpoint = self._outbox.get(name)
        if endpoint is None:
            names = [each.name for each in self._outbox.list()]
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no webhook {name!r}",
                suggestions=(*nearest(name, names), "`fluxagents webhooks list` shows the webhooks"),
            )
        return endpoint

    def _status(self, endpoint: Endpoint) -> WebhookStatus:
        attempts = self._outbox.attempts(endpoint.name, limit=1)
        return WebhookStatus(
            endpoint, self._outbox.count_pending(endpoint.name), attempts[0] if attempts else None
        )


def _check_endpoint_name(name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{name!r} cannot name a webhook",
            suggestions=("use up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit",),
        )


def _check_events(pattern: str) -> None:
    if not any(fnmatchcase(event_type, pattern) for event_type in EVENT_TYPES):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"no event is called {pattern!r}",
            suggestions=(*nearest(pattern, EVENT_TYPES), f"all of them: {', '.join(EVENT_TYPES)}"),
        )


def _check_repository(url: str, token: str | None) -> None:
    _check_token(token)
    if not _REPOSITORY.search(url):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "this is no address of a repository",
            suggestions=(
                "write https://api.github.com/repos/OWNER/NAME",
                "or https://HOST/api/v3/repos/OWNER/NAME",
            ),
        )


def _check_token(token: str | None) -> str:
    """A token of a repository, which goes into a header of each request."""
    if not token or not _TOKEN.fullmatch(token):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "a repository takes a token, of visible characters",
            suggestions=(
                "make one that may read contents and write commit statuses, and name it with --secret",
            ),
        )
    return token
