"""`fluxagents runs comment` and `remarks`: what people say about a run."""

from __future__ import annotations

import click

from fluxagents.workers.commands.collaboration.remark_text import describe_remark
from fluxagents.workers.commands.collaboration.subject_options import read_subject, subject_options
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.times import format_both


@click.command(
    epilog=examples(
        "fluxagents runs comment 01JB… 'is this the right medium, @bob?'",
        "fluxagents runs comment 01JB… 'below what we measured' --finding f3",
    )
)
@click.argument("run_id")
@click.argument("text")
@subject_options
@by_option
@json_option
def comment(
    run_id: str, text: str, step: int | None, finding: str | None, by: str | None, as_json: bool
) -> None:
    """Say something about a run, a step or a finding; `@name` puts it into the inbox of a person or group."""
    remark = CommandClient().collaboration.comment(run_id, text, on=read_subject(step, finding), by=by)
    if as_json:
        print_json({"run_id": run_id, "remark": remark.model_dump(mode="json")})
        return
    mentions = getattr(remark.body, "mentions", ())
    told = f"; in the inbox of {', '.join(mentions)}" if mentions else ""
    echo(f"run {run_id}: comment {remark.number}{told}")


@click.command(epilog=examples("fluxagents runs remarks 01JB…"))
@click.argument("run_id")
@json_option
def remarks(run_id: str, as_json: bool) -> None:
    """Show all that people said about a run, who watches it, and who looks at it now."""
    collaboration = CommandClient().collaboration
    said = collaboration.remarks(run_id)
    watchers, present = collaboration.watchers(run_id), collaboration.present(run_id)
    if as_json:
        print_json(
            {
                "run_id": run_id,
                "remarks": [remark.model_dump(mode="json") for remark in said],
                "watchers": watchers,
                "present": dict(present),
            }
        )
        return
    print_table(
        ("no.", "time (UTC)", "by", "on", "kind", ""),
        [
            (
                remark.number,
                format_both(remark.at_ms)[0],
                remark.by,
                remark.on,
                remark.body.kind,
                describe_remark(remark.body),
            )
            for remark in said
        ],
        empty="nobody has said anything about this run",
        cut_last=True,
    )
    if watchers:
        echo(f"watched by {', '.join(watchers)}")
    if present:
        echo(f"looked at now by {', '.join(sorted(present))}")
