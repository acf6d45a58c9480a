"""Tells humans of requests on every channel that is set up, beside the inbox."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.people.members import NotifyBy, membership
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.notifier import Notifier
from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.flows.state import RunState
from fluxagents.scheduler.channels.answer_link import LASTS_MS, AnswerLink, sign_link
from fluxagents.scheduler.channels.channel_book import ChannelBook, Copy, Ticket, make_token
from fluxagents.scheduler.channels.digest_book import DigestBook, DigestPeriod
from fluxagents.scheduler.channels.post import PicturePost, RequestCard, RequestPost, describe_request
from fluxagents.scheduler.channels.posting import PostOffice
from fluxagents.scheduler.channels.recipients import Recipient, find_recipients, may_answer
from fluxagents.scheduler.outbox.message import name_message
from fluxagents.scheduler.people.contacts import find_contact
from fluxagents.scheduler.people.directory import Directory
from fluxagents.scheduler.runs.root_run import find_root


@dataclass(frozen=True, kw_only=True)
class ChannelSettings:
    """How the channels of an installation are set up."""

    channels: Collection[NotifyBy]
    """Those that are."""
    key: bytes
    """Signs links and makes the addresses of replies."""
    public_url: str = ""
    """How people reach the pages; empty for no way, and then messages have no links."""
    slack_channel: str = ""
    """The channel of Slack that is told of every request; empty for none."""


class ChannelNotifier:
    """As `Notifier`: the inbox, and the channels on which those who may answer want to be told.

    Args:
        inbox: What is there without any channel.
        runs: Knows where a run came from.
        directory: Knows who may answer, and where they are reached.
        office: Sends.
        book: Remembers what was sent.
        digests: Remembers what is for the digests of people.
        clock: The time.
        settings: Which channels there are.
    """

    def __init__(
        self,
        inbox: Notifier,
        *,
        runs: RunQueries,
        directory: Directory,
        office: PostOffice,
        book: ChannelBook,
        digests: DigestBook,
        clock: Clock,
        settings: ChannelSettings,
    ) -> None:
        self._inbox = inbox
        self._runs = runs
        self._directory = directory
        self._office = office
        self._book = book
        self._digests = digests
        self._clock = clock
        self._settings = settings

    def notify(self, run_id: str, request: HumanRequest, *, key: str, text: str) -> tuple[str, ...]:
        channels = dict.fromkeys(self._inbox.notify(run_id, request, key=key, text=text))
        if not self._settings.channels:
            return tuple(channels)
        state = self._runs.load(run_id)
        root = find_root(self._runs, state)
        card = describe_request(state, request, root)
        for recipient in self._find_recipients(request, root):
            if recipient.digest_ms:
                period = DigestPeriod(person=recipient.person, due_ms=recipient.digest_ms)
                self._digests.add(period, request.id)
            else:
                self._send(recipient, card, request, key, root)
            channels[recipient.channel] = None
        return tuple(channels)

    def _find_recipients(self, request: HumanRequest, root: RunState) -> Collection[Recipient]:
        """Who is told, each address once: where the run came from, who wants it, and the channel for all."""
        recipients = [
            *self._find_origin(request, root),
            *find_recipients(
                request,
                root.session,
                self._directory.members(),
                self._directory.groups(),
                self._settings.channels,
                now_ms=self._clock.now_ms(),
            ),
        ]
        if self._settings.slack_channel:
            recipients.append(Recipient("", "slack", self._settings.slack_channel))
        first = {(each.channel, each.address): each for each in reversed(recipients)}
        return list(first.values())

    def _find_origin(self, request: HumanRequest, root: RunState) -> Iterator[Recipient]:
        """Where the run came from, if it came by a channel and whoever is there may answer."""
        channel, _, address = (root.trigger.reply_to if root.trigger else "").partition(":")
        if channel == "slack" and channel in self._settings.channels:
            # A thread has many readers; who answers is known by the press of a button.
            yield Recipient("", "slack", address)
        if channel == "email" and channel in self._settings.channels:
            person = find_contact(self._directory, "email", address)
            who = membership(person, self._directory.groups()) if person else None
            if who is not None and may_answer(who, request, root.session):
                yield Recipient(who.name, "email", address)

    def _send(
        self, recipient: Recipient, card: RequestCard, request: HumanRequest, key: str, root: RunState
    ) -> None:
        own_key = f"{key}|{recipient.person or recipient.address}"
        token, link = "", ""
        if recipient.channel == "email":
            token = make_token(self._settings.key, own_key)
            self._book.keep_ticket(
                token,
                Ticket(
                    run=root.run_id,
                    person=recipient.person,
                    request=card.request,
                    digest=card.digest,
                    message=name_message(recipient.channel, own_key),
                ),
            )
            link = sign_request(self._settings, card, recipient.person, now_ms=self._clock.now_ms())
        post = RequestPost(
            to=recipient.address,
            card=card,
            link=link,
            reply_token=token,
            in_reply_to=find_origin_message(root) if recipient.channel == "email" else "",
            effect=request.effect if recipient.channel == "email" else None,
        )
        message = self._office.put(recipient.channel, own_key, post, from_ms=recipient.from_ms)
        copy = Copy(lane=recipient.channel, message=message, card=card, level=request.level)
        self._book.add_copy(card.request, copy)
        if recipient.channel == "slack" and request.effect is not None and request.effect.fluxes:
            picture = PicturePost(of=message, effect=request.effect)
            self._office.put("slack", f"{own_key}|picture", picture, from_ms=recipient.from_ms)


def sign_request(settings: ChannelSettings, card: RequestCard, person: str, *, now_ms: int) -> str:
    """The link by which a person answers a request that a mail shows; empty where there are no pages."""
    return sign_link(
        AnswerLink(request=card.request, digest=card.digest, person=person, channel="email"),
        settings.key,
        settings.public_url,
        expires_ms=card.deadline_ms or now_ms + LASTS_MS,
    )


def find_origin_message(root: RunState) -> str:
    """The id of the mail that started a run; empty if none did."""
    is_mail = root.trigger is not None and root.trigger.kind == "email"
    return root.trigger.delivery if root.trigger and is_mail else ""
