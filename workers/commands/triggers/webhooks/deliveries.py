"""`fluxagents webhooks deliveries` and `resend`: what was sent to an address, and sending it again."""

from __future__ import annotations

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_date, format_time
from fluxagents.workers.commands.triggers.webhooks import webhook_access


@click.command(
    epilog=examples(
        "fluxagents webhooks deliveries lab",
        "fluxagents webhooks deliveries lab --attempts --limit 50",
        "fluxagents webhooks deliveries lab --json",
    )
)
@click.argument("name")
@click.option("--attempts", is_flag=True, help="Every attempt instead of every message.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="The newest ones."
)
@json_option
def deliveries(name: str, attempts: bool, limit: int, as_json: bool) -> None:
    """Show the messages to NAME, the newest first. They are kept for a week after they were delivered."""
    if attempts:
        _show_attempts(name, limit, as_json=as_json)
        return
    messages = webhook_access.open_webhooks().deliveries(name, limit=limit)
    if as_json:
        print_json(
            [
                {
                    "id": message.id,
                    "type": message.type,
                    "at": format_time(message.created_ms),
                    "status": message.status,
                    "attempts": message.attempts,
                    "next": format_time(message.next_ms) if message.status == "pending" else None,
                    "last_result": message.last or None,
                    "body": message.body,
                }
                for message in messages
            ]
        )
        return
    print_table(
        ("message", "event", "at (UTC)", "status", "attempts", "next (UTC)", "last result"),
        [
            (
                message.id,
                message.type,
                format_date(message.created_ms),
                message.status,
                message.attempts,
                format_date(message.next_ms) if message.status == "pending" else "",
                message.last,
            )
            for message in messages
        ],
        empty=f"{name} was sent nothing yet",
    )


def _show_attempts(name: str, limit: int, *, as_json: bool) -> None:
    attempts = webhook_access.open_webhooks().attempts(name, limit=limit)
    if as_json:
        print_json([attempt.model_dump(mode="json") for attempt in attempts])
        return
    print_table(
        ("at (UTC)", "message", "event", "attempt", "result", "took", "then"),
        [
            (
                format_date(attempt.at_ms),
                attempt.message_id,
                attempt.type,
                attempt.attempt,
                attempt.error or f"HTTP {attempt.status}",
                f"{attempt.duration_ms} ms",
                attempt.outcome,
            )
            for attempt in attempts
        ],
        empty=f"{name} was sent nothing yet",
    )


@click.command(epilog=examples("fluxagents webhooks resend lab msg_kq2zv5yw4m3kx7h2"))
@click.argument("name")
@click.argument("message_id", metavar="MESSAGE")
@json_option
def resend(name: str, message_id: str, as_json: bool) -> None:
    """Send MESSAGE to NAME again, with the same id and the same bytes."""
    webhook_access.open_webhooks().resend(name, message_id)
    if as_json:
        print_json({"resent": message_id})
    else:
        echo(f"{message_id} is sent within seconds, if workers run")
