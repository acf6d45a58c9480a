"""`fluxagents inbox`: what waits for you."""

from __future__ import annotations

import click

from fluxagents.flows.history.event_text import shorten
from fluxagents.flows.texts.display import visible
from fluxagents.scheduler.collaboration.inbox import InboxContents, WaitingRequest
from fluxagents.workers.commands.collaboration.remark_text import describe_remark
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.lazy_group import LazyGroup
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_both

COMMANDS = {
    "read": ("collaboration.inbox:read", "Mark mentions and ended runs as read."),
    "watch": ("collaboration.inbox:watch", "Want to know when a run ends."),
    "unwatch": ("collaboration.inbox:unwatch", "Not any more."),
}
"""Name -> (module:attribute below `fluxagents.workers.commands`, help)."""


@click.group(
    cls=LazyGroup,
    commands_below=COMMANDS,
    invoke_without_command=True,
    epilog=examples(
        "fluxagents inbox",
        "fluxagents inbox watch 01JB…",
        "fluxagents inbox read",
    ),
)
@json_option
@click.pass_context
def inbox(context: click.Context, as_json: bool) -> None:
    """Show what waits for you: requests, comments that mention you, and runs you watch that have ended."""
    if context.invoked_subcommand is not None:
        return
    contents = CommandClient().inbox.look()
    if as_json:
        print_json(contents.model_dump(mode="json"))
    else:
        _print(contents)


def _print(contents: InboxContents) -> None:
    if not (contents.requests or contents.mentions or contents.ended):
        echo(f"nothing waits for {contents.person}")
        return
    if contents.requests:
        print_table(
            ("request", "kind", "claimed by", "question"),
            [
                (each.request.id, each.request.kind, _describe_claim(each), visible(each.request.question))
                for each in contents.requests
            ],
            cut_last=True,
        )
    if contents.mentions:
        print_table(
            ("run", "on", "time (UTC)", "by", "comment"),
            [
                (
                    each.run_id,
                    each.remark.on,
                    format_both(each.remark.at_ms)[0],
                    each.remark.by,
                    describe_remark(each.remark.body),
                )
                for each in contents.mentions
            ],
            cut_last=True,
        )
    if contents.ended:
        print_table(
            ("run", "status", "ended (UTC)", "answer"),
            [
                (each.run_id, each.status, format_both(each.ended_ms)[0], shorten(each.answer))
                for each in contents.ended
            ],
            cut_last=True,
        )


def _describe_claim(waiting: WaitingRequest) -> str:
    return waiting.claimed_by or "-"


@click.command(epilog=examples("fluxagents inbox read"))
@json_option
def read(as_json: bool) -> None:
    """Mark mentions and ended runs as read; requests stay until they are answered."""
    until_ms = CommandClient().inbox.mark_read()
    if as_json:
        print_json({"read_until_ms": until_ms})
    else:
        echo("mentions and ended runs are marked as read")


@click.command(epilog=examples("fluxagents inbox watch 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def watch(run_id: str, by: str | None, as_json: bool) -> None:
    """Want to know when a run ends: it appears in your inbox then."""
    CommandClient().collaboration.watch(run_id, by=by)
    _print_watch(run_id, is_on=True, as_json=as_json)


@click.command(epilog=examples("fluxagents inbox unwatch 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def unwatch(run_id: str, by: str | None, as_json: bool) -> None:
    """Not want to know any more when a run ends."""
    CommandClient().collaboration.watch(run_id, is_on=False, by=by)
    _print_watch(run_id, is_on=False, as_json=as_json)


def _print_watch(run_id: str, *, is_on: bool, as_json: bool) -> None:
    if as_json:
        print_json({"run_id": run_id, "watched": is_on})
    else:
        echo(f"run {run_id}: {'watched' if is_on else 'not watched'}")
