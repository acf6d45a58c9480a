"""`fluxagents sessions clusters`: which runs ask the same, and what they found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from fluxagents.flows.statistics.run_clusters import TOLERANCE, Cluster
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json, print_table

MAX_SHOWN = 20
"""Of disagreements and of outliers."""


@click.command(
    epilog=examples(
        "fluxagents sessions clusters nightly", "fluxagents sessions clusters nightly --tolerance 0.01 --json"
    )
)
@click.argument("name")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=TOLERANCE,
    show_default=True,
    help="Relative difference up to which two numbers agree.",
)
@json_option
def clusters(name: str, tolerance: float, as_json: bool) -> None:
    """Show which runs ask the same, where answers about one model disagree, and which values stand out.

    Runs ask the same if their flows, the terms of their questions and their conditions are the same. A value
    stands out by a modified z-score above 3.5; the guide of sessions states the methods.
    """
    found = CommandClient().sessions.clusters(name, tolerance=tolerance)
    if as_json:
        print_json([_document(cluster) for cluster in found])
        return
    print_table(
        ("", "runs", "models", "outcomes", "condition", "question"),
        [
            (
                number,
                len(cluster.runs),
                len(cluster.models),
                ", ".join(f"{outcome}: {count}" for outcome, count in cluster.outcomes.items()),
                cluster.condition,
                cluster.question,
            )
            for number, cluster in enumerate(found, 1)
        ],
        cut_last=True,
        empty=f"session {name} has no runs in Redis",
    )
    _print_disagreements(found)
    _print_outliers(found)


def _print_disagreements(found: list[Cluster]) -> None:
    rows = [
        (number, each.model, each.what, _describe(each.values))
        for number, cluster in enumerate(found, 1)
        for each in cluster.disagreements
    ]
    if rows:
        echo(f"\n{count_text(len(rows), 'disagreement')} about one model", bold=True)
        print_table(("", "model", "what", "values"), rows[:MAX_SHOWN], cut_last=True)


def _print_outliers(found: list[Cluster]) -> None:
    rows = [
        (number, each.model, each.what, f"{each.value:.6g}", f"{each.median:.6g}", f"{each.score:.1f}")
        for number, cluster in enumerate(found, 1)
        for each in cluster.outliers
    ]
    if rows:
        echo(f"\n{count_text(len(rows), 'value')} that stand out", bold=True)
        print_table(("", "model", "what", "value", "median", "z"), rows[:MAX_SHOWN])


def _describe(values: Mapping[str, float | str]) -> str:
    """Each value with how many runs found it."""
    texts = [value if isinstance(value, str) else f"{value:.6g}" for value in values.values()]
    return ", ".join(f"{text} ({texts.count(text)})" for text in dict.fromkeys(texts))


def _document(cluster: Cluster) -> dict[str, Any]:
    return {
        "question": cluster.question,
        "flow": cluster.flow,
        "condition": cluster.condition,
        "runs": list(cluster.runs),
        "models": list(cluster.models),
        "outcomes": dict(cluster.outcomes),
        "disagreements": [asdict(each) for each in cluster.disagreements],
        "outliers": [asdict(each) for each in cluster.outliers],
    }
