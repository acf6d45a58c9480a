"""The channels of an installation, put together as the settings say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.effect import Effect
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.event_feed import EventFeed
from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.scheduler.channels.answer_desk import AnswerDesk
from fluxagents.scheduler.channels.bounces import Bounces
from fluxagents.scheduler.channels.carrying import Carry, carry_by_lane
from fluxagents.scheduler.channels.channel_notifier import ChannelNotifier, ChannelSettings
from fluxagents.scheduler.channels.channel_relay import ChannelRelay
from fluxagents.scheduler.channels.lane import Lane, LaneName
from fluxagents.scheduler.channels.mail.digests import DigestPorts, Digests
from fluxagents.scheduler.channels.mail.mail_door import MailDoor, MailPorts
from fluxagents.scheduler.channels.posting import PostOffice
from fluxagents.scheduler.channels.question_desk import QuestionDesk
from fluxagents.scheduler.channels.slack.slack_door import SlackDoor, SlackPorts
from fluxagents.scheduler.outbox.outbox import Claim
from fluxagents.scheduler.outbox.retries import Response
from fluxagents.scheduler.people.directory import Directory
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.tasks.fba.media.library.medium_file import medium_file
from fluxagents.workers.channels.browser_sign_in import load_session_key
from fluxagents.workers.channels.email.mail_server import read_mail_server
from fluxagents.workers.channels.extras import import_extra
from fluxagents.workers.channels.inbox import InboxNotifier
from fluxagents.workers.observing.secret_mask import build_mask
from fluxagents.workers.redis.triggers.channel_book import RedisChannelBook
from fluxagents.workers.redis.triggers.channel_outbox import RedisChannelOutbox
from fluxagents.workers.redis.triggers.digest_book import RedisDigestBook
from fluxagents.workers.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Channels:
    """What tells humans of things."""

    notifier: ChannelNotifier
    relay: ChannelRelay
    digests: Digests
    outbox: RedisChannelOutbox
    book: RedisChannelBook
    office: PostOffice


def open_channels(
    settings: Settings, redis: Redis, *, runs: RunQueries, directory: Directory, feed: EventFeed, clock: Clock
) -> Channels:
    """The channels, without the libraries that speak their protocols."""
    book = RedisChannelBook(redis, prefix=settings.key_prefix)
    outbox = RedisChannelOutbox(redis, prefix=settings.key_prefix)
    office = PostOffice(outbox, clock, build_mask(settings).hide)
    how = describe_channels(settings)
    digests = RedisDigestBook(redis, prefix=settings.key_prefix)
    return Channels(
        notifier=ChannelNotifier(
            InboxNotifier(),
            runs=runs,
            directory=directory,
            office=office,
            book=book,
            digests=digests,
            clock=clock,
            settings=how,
        ),
        relay=ChannelRelay(feed, runs=runs, directory=directory, office=office, book=book, settings=how),
        digests=Digests(
            DigestPorts(
                runs=runs,
                directory=directory,
                office=office,
                book=book,
                digests=digests,
                clock=clock,
                settings=how,
            )
        ),
        outbox=outbox,
        book=book,
        office=office,
    )


def describe_channels(settings: Settings) -> ChannelSettings:
    """How the channels are set up; without any no key is read or made."""
    return ChannelSettings(
        channels=settings.channels,
        key=load_session_key(settings) if settings.channels else b"",
        public_url=settings.public_url,
        slack_channel=settings.slack_channel,
    )


def open_carriers(settings: Settings, channels: Channels, client: RunClient, clock: Clock) -> Carry:
    """What carries messages on the channels that are set up; one that cannot be opened holds up no other."""
    carriers: dict[LaneName, Carry] = {}
    if settings.smtp_url is not None:
        carriers["email"] = _open_safely(lambda: open_mail_carrier(settings))
    if settings.slack_bot_token is not None:
        carriers["slack"] = _open_safely(lambda: _open_slack_carrier(settings, channels))
        carriers["slack-in"] = SlackDoor(
            SlackPorts(
                directory=client.authority.directory,
                book=channels.book,
                office=channels.office,
                answers=AnswerDesk(client),
                questions=open_question_desk(settings, channels, client, clock),
                relay=channels.relay,
            )
        )
    return carry_by_lane(carriers)


def _open_safely(open_carrier: Callable[[], Carry]) -> Carry:
    """A carrier; where it cannot be opened, one whose every attempt says why."""
    try:
        return open_carrier()
    except FluxError as error:
        why = "; ".join((error.message, *error.suggestions))

        async def explain(_: Claim[Lane]) -> Response:
            return Response(error=why[:300])

        return explain


def _open_slack_carrier(settings: Settings, channels: Channels) -> Carry:
    assert settings.slack_bot_token is not None
    carrier: Callable[..., Carry] = import_extra("slack", "slack.slack_carrier").SlackCarrier
    token = settings.slack_bot_token.get_secret_value()
    return carrier(token, settings.slack_url, channels.outbox, draw_effect)


def open_mail_carrier(settings: Settings) -> Carry:
    """What sends mail.

    Raises:
        FluxError: If its library is missing, or the server's URL is none.
    """
    assert settings.smtp_url is not None
    server = read_mail_server(settings.smtp_url, "FLUXAGENTS_SMTP_URL")
    carrier: Callable[..., Carry] = import_extra("email", "email.mail_carrier").MailCarrier
    return carrier(server, settings.mail_address, takes_replies=settings.reads_mail, draw_effect=draw_effect)


def open_mail_door(settings: Settings, channels: Channels, client: RunClient, clock: Clock) -> MailDoor:
    """What deals with mail that comes in."""
    return MailDoor(
        MailPorts(
            client=client,
            book=channels.book,
            office=channels.office,
            bounces=Bounces(client, channels.book, channels.outbox),
            answers=AnswerDesk(client),
            questions=open_question_desk(settings, channels, client, clock),
            address=settings.mail_address,
            read_medium=_read_medium,
        )
    )


def open_question_desk(
    settings: Settings, channels: Channels, client: RunClient, clock: Clock
) -> QuestionDesk:
    """What starts the runs of questions."""
    return QuestionDesk(client, channels.book, clock, _choose_flow, model=settings.channel_model)


def _choose_flow(question: str) -> tuple[str, Mapping[str, Any]]:
    # It brings the vocabulary of the planner, which only questions need.
    choice = import_module("fluxagents.workers.chat_models.planner.flow_choice").choose_flow(question)
    return choice.flow, choice.inputs


def draw_effect(effect: Effect) -> bytes:
    """A picture of an effect; matplotlib takes half a second to import, and comes with the first one."""
    content: bytes = import_module("fluxagents.workers.reports.effect_picture").encode_effect(effect)
    return content


def _read_medium(text: str, name: str) -> Mapping[str, float]:
    components = medium_file(text, name).components
    unplaced = [component.name for component in components if not component.exchange]
    if unplaced:
        raise FluxError(
            ErrorClass.MEDIUM,
            f"medium {name!r} names no exchange reaction for {unplaced[0]!r}",
            suggestions=("give the column `exchange` with ids of the model, such as EX_glc__D_e",),
        )
    return {component.exchange: component.uptake_mmol_per_gdw_h for component in components}
