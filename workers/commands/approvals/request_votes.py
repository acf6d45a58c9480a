"""`fluxagents approvals abstain`, `recuse` and `delegate`: what can be said beside yes and no."""

from __future__ import annotations

import click

from fluxagents.flows.humans.ladders import read_duration
from fluxagents.workers.commands.approvals.vote_result import print_vote
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, comment_option, examples, json_option


@click.command(epilog=examples("fluxagents approvals abstain 01JB….7 --comment 'not my field'"))
@click.argument("request_id")
@comment_option
@by_option
@json_option
def abstain(request_id: str, comment: str, by: str | None, as_json: bool) -> None:
    """Have no opinion: nobody waits for this vote any more."""
    state = CommandClient().abstain(request_id, by=by, comment=comment)
    print_vote(state, request_id, "abstained", as_json=as_json)


@click.command(epilog=examples("fluxagents approvals recuse 01JB….7 --comment 'it is my own model'"))
@click.argument("request_id")
@comment_option
@by_option
@json_option
def recuse(request_id: str, comment: str, by: str | None, as_json: bool) -> None:
    """Step out of a request that is not yours to judge; it holds after an edit as well."""
    state = CommandClient().recuse(request_id, by=by, comment=comment)
    print_vote(state, request_id, "stepped out", as_json=as_json)


@click.command(
    epilog=examples(
        "fluxagents approvals delegate 01JB….7 --to ben",
        "fluxagents approvals delegate 01JB….7 --to ben --for 2d --comment 'on holiday'",
    )
)
@click.argument("request_id")
@click.option("--to", required=True, metavar="NAME", help="The person who votes in your place.")
@click.option(
    "--for", "time", metavar="TIME", show_default="while it waits", help="For how long, such as 2h or 3d."
)
@comment_option
@by_option
@json_option
def delegate(request_id: str, to: str, time: str | None, comment: str, by: str | None, as_json: bool) -> None:
    """Let another person vote in your place. They need the role, and are not asked themselves."""
    try:
        seconds = read_duration(time) if time else 0
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from error
    state = CommandClient().delegate(request_id, to, by=by, for_s=seconds, comment=comment)
    print_vote(state, request_id, f"delegated to {to}", as_json=as_json)
