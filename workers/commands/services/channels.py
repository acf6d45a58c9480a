"""`fluxagents channels`: mail and Slack, what they were given to carry, and what listens to them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.scheduler.outbox.message import Attempt, Message
from fluxagents.workers.commands.command_client import open_authority
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_date
from fluxagents.workers.commands.services.services import become
from fluxagents.workers.host.checks import check_listeners
from fluxagents.workers.host.listening import process as listening
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.triggers.channel_outbox import RedisChannelOutbox
from fluxagents.workers.settings import Settings

CHANNELS = click.Choice(["email", "slack"])


@click.group(
    epilog=examples(
        "fluxagents channels list",
        "fluxagents channels messages email",
        "fluxagents channels resend email msg_…",
        "fluxagents channels listen",
    )
)
def channels() -> None:
    """Show the channels to humans beside the inbox, and what became of their messages."""


def open_outbox(settings: Settings) -> RedisChannelOutbox:
    """What the channels were given to carry."""
    redis = connection.connect(settings, decode_responses=False)
    return RedisChannelOutbox(redis, prefix=settings.key_prefix)


@channels.command("list", epilog=examples("fluxagents channels list --json"))
@json_option
def list_channels(*, as_json: bool) -> None:
    """List the channels that are set up, and how many of their messages wait."""
    settings = Settings.load()
    outbox = open_outbox(settings)
    rows = [
        {
            "channel": channel,
            "pending": outbox.count_pending(channel),
            "last": _describe_last(outbox.attempts(channel, limit=1)),
        }
        for channel in settings.channels
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("channel", "pending", "last attempt"),
        [(row["channel"], row["pending"], row["last"]) for row in rows],
        empty="no channel is set up; docs/channels.md says how",
    )


def _describe_last(attempts: Sequence[Attempt]) -> str:
    if not attempts:
        return ""
    return f"{attempts[0].outcome}: {attempts[0].error}" if attempts[0].error else attempts[0].outcome


@channels.command(epilog=examples("fluxagents channels messages email --limit 5"))
@click.argument("channel", type=CHANNELS)
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True)
@json_option
def messages(channel: str, *, limit: int, as_json: bool) -> None:
    """List the messages of CHANNEL that are kept, the newest first. What they say stays with their receivers.

    `unknown`: the receiver may have it or not, and it is not sent again by itself.
    """
    kept = open_outbox(Settings.load()).messages(channel, limit=limit)
    if as_json:
        print_json([message.model_dump(mode="json", exclude={"body"}) for message in kept])
        return
    print_table(
        ("message", "says", "at (UTC)", "status", "attempts", "next (UTC)", "last result"),
        [_row(message) for message in kept],
        empty=f"no message on channel {channel}",
    )


def _row(message: Message) -> tuple[object, ...]:
    return (
        message.id,
        message.type,
        format_date(message.created_ms),
        message.status,
        message.attempts,
        format_date(message.next_ms) if message.status == "pending" else "",
        message.last,
    )


@channels.command(epilog=examples("fluxagents channels resend email msg_…"))
@click.argument("channel", type=CHANNELS)
@click.argument("message_id")
def resend(channel: str, message_id: str) -> None:
    """Send a message of CHANNEL again, as it was."""
    settings = Settings.load()
    on = Resource(kind="channel", id=channel)
    open_authority(settings).record(Action.CHANNEL_RESEND, on, details={"message": message_id})
    if not open_outbox(settings).resend(channel, message_id):
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"channel {channel!r} keeps no message {message_id!r}",
            suggestions=(f"`fluxagents channels messages {channel}` shows those that it keeps",),
        )
    echo(f"{message_id} is sent again")


@channels.command(epilog=examples("fluxagents channels listen", "fluxagents channels listen --check"))
@click.option("--check", is_flag=True, help="Only say whether somebody listens; exit status 1 if not.")
def listen(*, check: bool) -> None:
    """Listen to mail and Slack in the foreground, for production; `fluxagents up` does it by itself."""
    settings = Settings.load()
    if not settings.listens:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "there is nothing to listen to",
            suggestions=("set FLUXAGENTS_IMAP_URL, FLUXAGENTS_LMTP_PORT or FLUXAGENTS_SLACK_APP_TOKEN",),
        )
    if check:
        found = check_listeners(settings)
        echo(found.seen)
        if found.verdict != "ok":
            raise click.exceptions.Exit(1)
        return
    become(listening.command())
