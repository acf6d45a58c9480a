"""`fluxagents people quota`: what one person may have in all sessions together."""

from __future__ import annotations

import click

from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import print_json, print_table


@click.command(
    epilog=examples(
        "fluxagents people quota",
        "fluxagents people quota ada --at-once 20 --per-day 500",
        "fluxagents people quota ada --weight 2",
    )
)
@click.argument("person", required=False)
@click.option("--at-once", type=click.IntRange(min=0), help="Runs that have not ended; 0 for any number.")
@click.option("--per-day", type=click.IntRange(min=0), help="Runs started on a day (UTC); 0 for any number.")
@click.option(
    "--weight",
    type=click.FloatRange(min=0, min_open=True),
    help="Of their share of busy workers; 1 is that of others.",
)
@by_option
@json_option
def quota(
    person: str | None,
    at_once: int | None,
    per_day: int | None,
    weight: float | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Show the quotas of all, or change that of PERSON. It holds from the next start on."""
    sessions = CommandClient().sessions
    changes = {"runs_at_once": at_once, "runs_per_day": per_day, "weight": weight}
    named = {what: amount or None for what, amount in changes.items() if amount is not None}
    if named:
        if person is None:
            raise click.UsageError("name a person whose quota is changed")
        sessions.set_quota(person, sessions.quota(person).model_copy(update=named), by=by)
    quotas = sessions.quotas() if person is None else {person: sessions.quota(person)}
    if as_json:
        print_json({name: quota.model_dump() for name, quota in quotas.items()})
        return
    print_table(
        ("person", "runs at once", "runs per day", "weight"),
        [
            (name, _format(quota.runs_at_once), _format(quota.runs_per_day), f"{quota.weight:g}")
            for name, quota in quotas.items()
        ],
        empty="nobody has a quota",
    )


def _format(amount: int | None) -> str:
    return "any" if amount is None else f"{amount:,}"
