"""`fluxagents runs ratings`: what people gave runs, and how far they agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from statistics import fmean

import click

from fluxagents.flows.people.ratings import find_ratings
from fluxagents.prompts.statistics.agreement import describe_agreement, measure_agreement
from fluxagents.workers.archive.histories import Choice, open_histories
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import echo, fold, print_json, print_table
from fluxagents.workers.redis.store_access import open_run_store
from fluxagents.workers.settings import Settings


@click.command(epilog=examples("fluxagents runs ratings --session nightly", "fluxagents runs ratings --json"))
@click.option("--session", help="Only runs of this session.")
@click.option("--flow", help="Only runs of this flow, all its versions.")
@click.option(
    "--most",
    "limit",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="Most runs to read, the newest first, archived ones included.",
)
@json_option
def ratings(session: str | None, flow: str | None, limit: int, as_json: bool) -> None:
    """Show what people gave runs, decisions and findings, and how far they agree.

    Agreement is Krippendorff's alpha for ordinal data over what two people or more have rated: 1 where all
    agree, 0 where they agree as by chance. Its 95 % interval is by resampling.
    """
    settings = Settings.load()
    choice = Choice(session=session, flow=flow)
    run_ids = [
        history.run_id for history in open_histories(settings).newest(limit) if choice.takes(history.started)
    ]
    rows = [
        (run_id, subject, stars)
        for run_id, remarks in zip(run_ids, open_run_store(settings).remarks.of_many(run_ids), strict=True)
        for subject, stars in find_ratings(remarks).items()
    ]
    agreement = measure_agreement([stars for _, _, stars in rows])
    if as_json:
        print_json(
            {
                "ratings": [
                    {"run_id": run_id, "on": subject, "stars": stars} for run_id, subject, stars in rows
                ],
                "agreement": {**asdict(agreement), "explanation": agreement.explanation},
            }
        )
        return
    print_table(
        ("run", "on", "mean", "by"),
        [
            (run_id, subject, f"{fmean(stars.values()):.2f}", _list_stars(stars))
            for run_id, subject, stars in rows
        ],
        empty="nobody has rated any of these runs",
    )
    if rows:
        echo(fold(describe_agreement(agreement)))


def _list_stars(stars: Mapping[str, int]) -> str:
    return ", ".join(f"{person} {number}" for person, number in sorted(stars.items()))
