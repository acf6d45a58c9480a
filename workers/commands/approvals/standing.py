"""`fluxagents approvals standing`: votes in advance, within ranges of arguments."""

from __future__ import annotations

import click
from pydantic import JsonValue

from fluxagents.flows.humans.ladders import read_duration
from fluxagents.scheduler.people.standing_approvals import CountedApproval
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import comment_option, examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_time


@click.group(
    epilog=examples(
        "fluxagents approvals standing grant set_bounds --session nightly --for 5d --max-uses 20 "
        "--arg 'reaction_bounds.EX_glc__D_e.0=-15..-5' --arg 'reaction_bounds.EX_glc__D_e.1=0..1000'",
        "fluxagents approvals standing list",
        "fluxagents approvals standing revoke 01JB…",
    )
)
def standing() -> None:
    """Approve in advance: these arguments within these ranges, for a session, for a time, so many times."""


@standing.command(
    epilog=examples(
        "fluxagents approvals standing grant knock_out --session nightly --arg 'genes.*=b0720|b0721' "
        "--for 2d --max-uses 5"
    )
)
@click.argument("tool")
@click.option("--session", required=True, help="The session of the runs.")
@click.option(
    "--arg",
    "pairs",
    multiple=True,
    required=True,
    metavar="WHERE=RANGE",
    help="An argument by where it stands, and -15..-5, a|b or * for anything.",
)
@click.option("--for", "time", required=True, metavar="TIME", help="For how long, such as 8h or 5d.")
@click.option("--max-uses", required=True, type=click.IntRange(min=1), help="How often at most.")
@comment_option
@json_option
def grant(
    tool: str,
    session: str,
    pairs: tuple[str, ...],
    time: str,
    max_uses: int,
    comment: str,
    as_json: bool,
) -> None:
    """Vote yes on calls of TOOL to come. A call with any other argument is asked for as before."""
    arguments = dict(_split(pair) for pair in pairs)
    try:
        seconds = read_duration(time)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from error
    client = CommandClient()
    granted = client.grant_standing(
        tool, session=session, arguments=arguments, for_s=seconds, max_uses=max_uses, comment=comment
    )
    counted = CountedApproval(granted, ())
    if as_json:
        print_json(_document(counted, client.runs.clock.now_ms()))
    else:
        echo(
            f"{granted.id}: {granted.by} approves up to {max_uses} calls of {tool} in session {session} "
            f"until {format_time(granted.until_ms)}"
        )


@standing.command("list", epilog=examples("fluxagents approvals standing list --session nightly"))
@click.option("--session", default="", help="Only of this session.")
@json_option
def list_standing(session: str, as_json: bool) -> None:
    """List the standing approvals, the newest first, with how often each was used."""
    client = CommandClient()
    counted, now_ms = client.list_standing(session), client.runs.clock.now_ms()
    if as_json:
        print_json([_document(each, now_ms) for each in counted])
        return
    print_table(
        ("id", "tool", "session", "by", "until", "used", "status"),
        [
            (
                each.approval.id,
                each.approval.tool,
                each.approval.session,
                each.approval.by,
                format_time(each.approval.until_ms),
                f"{len(each.uses)} of {each.approval.max_uses}",
                each.status(now_ms),
            )
            for each in counted
        ],
        empty="there are no standing approvals",
    )


@standing.command(epilog=examples("fluxagents approvals standing show 01JB…"))
@click.argument("approval_id")
@json_option
def show(approval_id: str, as_json: bool) -> None:
    """Show what a standing approval covers, and the requests that it was used for."""
    client = CommandClient()
    counted, now_ms = client.show_standing(approval_id), client.runs.clock.now_ms()
    if as_json:
        print_json(_document(counted, now_ms))
        return
    approval = counted.approval
    echo(f"{approval.id}: {counted.status(now_ms)}, by {approval.by}, until {format_time(approval.until_ms)}")
    echo(f"{approval.tool} in session {approval.session}")
    for name, allowed in approval.arguments.items():
        echo(f"  {name} = {allowed}")
    echo(f"used {len(counted.uses)} of {approval.max_uses} times")
    for use in counted.uses:
        echo(f"  {use}")


@standing.command(epilog=examples("fluxagents approvals standing revoke 01JB…"))
@click.argument("approval_id")
@json_option
def revoke(approval_id: str, as_json: bool) -> None:
    """Let it count no more, from now on; what it has approved stays approved."""
    client = CommandClient()
    counted = client.revoke_standing(approval_id)
    if as_json:
        print_json(_document(counted, client.runs.clock.now_ms()))
    else:
        echo(f"{approval_id}: revoked after {len(counted.uses)} of {counted.approval.max_uses} uses")


def _split(pair: str) -> tuple[str, str]:
    name, equals, text = pair.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{pair!r} is not WHERE=RANGE", param_hint="--arg")
    return name, text


def _document(counted: CountedApproval, now_ms: int) -> dict[str, JsonValue]:
    approval = counted.approval
    return {
        **approval.model_dump(mode="json", exclude={"arguments"}),
        "arguments": {name: str(allowed) for name, allowed in approval.arguments.items()},
        "uses": list(counted.uses),
        "status": counted.status(now_ms),
    }
