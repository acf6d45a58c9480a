"""`fluxagents approvals claim`, `release` and `assign`: who sees to a request."""

from __future__ import annotations

import click

from fluxagents.flows.people.request_claims import CLAIM_MS
from fluxagents.scheduler.schedules.grid import every
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.display.times import format_both


@click.command(
    epilog=examples(
        "fluxagents approvals claim 01JB….7", "fluxagents approvals claim 01JB….7 --for 2h --force"
    )
)
@click.argument("request_id")
@click.option(
    "--for",
    "duration",
    default=f"{CLAIM_MS // 60_000}m",
    show_default=True,
    help="How long; a claim of your own begins anew.",
)
@click.option("--force", is_flag=True, help="Take it from whoever has it; the log says so.")
@by_option
@json_option
def claim(request_id: str, duration: str, force: bool, by: str | None, as_json: bool) -> None:
    """See to a request: nobody else can answer it until the claim ends."""
    for_ms = round(every(duration).seconds * 1_000)
    held = CommandClient().collaboration.claim(request_id, for_ms=for_ms, force=force, by=by)
    if as_json:
        print_json({"request_id": request_id, "claimed_by": held.by, "until_ms": held.until_ms})
    else:
        echo(f"{request_id}: claimed by {held.by} until {format_both(held.until_ms)[0]} UTC")


@click.command(epilog=examples("fluxagents approvals release 01JB….7"))
@click.argument("request_id")
@by_option
@json_option
def release(request_id: str, by: str | None, as_json: bool) -> None:
    """Give a request back that you have claimed."""
    remark = CommandClient().collaboration.release(request_id, by=by)
    if as_json:
        print_json({"request_id": request_id, "released_by": remark.by})
    else:
        echo(f"{request_id}: released by {remark.by}")


@click.command(
    epilog=examples(
        "fluxagents approvals assign 01JB….7 bob",
        "fluxagents approvals assign 01JB….7 group:curators --reason 'on holiday'",
    )
)
@click.argument("request_id")
@click.argument("assignees", nargs=-1, required=True, metavar="WHO…")
@click.option("--reason", default="", help="Why; is kept in the log of the run.")
@by_option
@json_option
def assign(request_id: str, assignees: tuple[str, ...], reason: str, by: str | None, as_json: bool) -> None:
    """Say who is to answer a request: persons, `group:NAME` or `anyone`. Whoever is asked may pass it on."""
    CommandClient().collaboration.assign(request_id, assignees, by=by, reason=reason)
    if as_json:
        print_json({"request_id": request_id, "assignees": list(assignees)})
    else:
        echo(f"{request_id}: assigned to {', '.join(assignees)}")
