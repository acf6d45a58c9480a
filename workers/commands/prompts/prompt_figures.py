"""`fluxagents prompts experiment|stats|compare`: which version does better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.prompts.statistics.comparison import Estimate, MetricDifference
from fluxagents.prompts.statistics.costs import Cost
from fluxagents.prompts.statistics.figures import METRICS, Metric
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.workers.archive.prompt_figures import compare_versions, list_figures
from fluxagents.workers.archive.prompt_library import open_prompts
from fluxagents.workers.commands.command_client import open_authority
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.settings import Settings

limit_option = click.option(
    "--most",
    "limit",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="Most runs to read, the newest first, archived ones included.",
)


def _parse_arms(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, int]:
    """`2=50` as version and weight."""
    del context, parameter
    arms: dict[str, int] = {}
    for text in texts:
        version, _, weight = text.partition("=")
        if not version or not weight.isdecimal() or version in arms:
            raise click.BadParameter(f"{text!r} is no VERSION=WEIGHT, or names its version twice")
        arms[version] = int(weight)
    return arms


@click.command(
    epilog=examples(
        "fluxagents prompts experiment tool_selection --arm 1=50 --arm 2=50",
        "fluxagents prompts experiment tool_selection --end",
    )
)
@click.argument("name")
@click.option(
    "--arm", "arms", multiple=True, callback=_parse_arms, metavar="VERSION=WEIGHT", help="One variant."
)
@click.option("--end", is_flag=True, help="End the experiment.")
@by_option
@json_option
def experiment(name: str, arms: dict[str, int], end: bool, by: str | None, as_json: bool) -> None:
    """Divide new runs among versions of a prompt, by hash of the run, or end the experiment.

    A run keeps its variant. Promoting a version to production ends the experiment too.
    """
    if end == bool(arms):
        raise click.UsageError("give two or more --arm VERSION=WEIGHT, or --end")
    settings = Settings.load()
    manager, at_ms = open_prompts(settings), SystemClock().now_ms()
    on = Resource(kind="prompt", id=name)
    by = open_authority(settings).record(Action.PROMPT_EXPERIMENT, on, by=by)
    state = (
        manager.releases.end_experiment(name, by=by, at_ms=at_ms)
        if end
        else manager.releases.begin_experiment(name, arms, by=by, at_ms=at_ms)
    )
    if as_json:
        print_json({"name": name, "experiment": {arm.version: arm.weight for arm in state.arms}})
        return
    total = sum(arm.weight for arm in state.arms)
    shares = ", ".join(f"version {arm.version} to {arm.weight / total:.1%}" for arm in state.arms)
    default = f"version {manager.versions.select_default(name).version}"
    echo(f"prompt '{name}': new runs get {shares or default}")


@click.command(epilog=examples("fluxagents prompts stats", "fluxagents prompts stats tool_selection --json"))
@click.argument("name", required=False)
@limit_option
@json_option
def stats(name: str | None, limit: int, as_json: bool) -> None:
    """Show the figures of each version of a prompt, or of all, from the newest runs.

    Tokens, cost and seconds are per call; a cost is known if FLUXAGENTS_CHAT_PRICES has a price for every
    chat model that answered. Invalid answers are shares of all calls, errors shares of the tool calls that
    decisions made; success and rating are per run. With --json also their 95 % confidence intervals. Rate a
    run with `fluxagents runs rate`.
    """
    settings = Settings.load()
    if name is not None:
        open_prompts(settings).versions.list_numbers(name)
    rows = list_figures(settings, name, limit=limit)
    if as_json:
        print_json(
            [{**row, **{name: asdict(row[name]) for name in ("cost", "success", "rating")}} for row in rows]
        )
        return
    print_table(
        ("prompt", "runs", "tokens", "s", "invalid", "errors", "success", "rating"),
        [
            (
                f"{row['name']} {row['version']}",
                row["runs"],
                f"{row['tokens_per_call']:.0f}",
                f"{row['seconds_per_call']:.2f}",
                f"{row['invalid_answers']}/{row['calls']}",
                f"{row['tool_errors']}/{row['tool_calls']}",
                "-" if row["success"].value is None else f"{row['success'].value:.1%}",
                "-" if row["rating"].value is None else f"{row['rating'].value:.2f}",
            )
            for row in rows
        ],
        empty="no run has used a prompt yet",
    )
    for row in rows if load_prices(settings) else []:
        echo(f"{row['name']} {row['version']}: {_format_cost(row['cost'], row['calls'])}")


def _format_cost(costs: Cost, calls: int) -> str:
    if costs.amount is None:
        return f"cost unknown: no price of {', '.join(costs.unpriced)}"
    return f"a call costs {costs.amount / calls:.4g} {costs.currency}"


@click.command(
    epilog=examples(
        "fluxagents prompts compare tool_selection 1 2", "fluxagents prompts compare tool_selection --json"
    )
)
@click.argument("name")
@click.argument("old", required=False)
@click.argument("new", required=False)
@limit_option
@json_option
def compare(name: str, old: str | None, new: str | None, limit: int, as_json: bool) -> None:
    """Compare two versions of a prompt, with 95 % confidence intervals; without them, the experiment's two.

    Each run counts once: success, invalid answers and tool errors are shares of runs, the others means over
    runs. With --json each version's own intervals too.

    Only runs count that began during the last experiment with both versions. Without one, versions were not
    assigned at random: all runs count, and the output says so.
    """
    settings = Settings.load()
    manager = open_prompts(settings)
    versions = _choose_versions(manager, name, old, new)
    comparison = compare_versions(settings, manager, name, *versions, limit=limit)
    period = comparison.period
    if as_json:
        print_json(
            {
                "name": name,
                "old": comparison.old,
                "new": comparison.new,
                "by_chance": period is not None,
                "experiment": asdict(period) if period else None,
                "metrics": [asdict(difference) for difference in comparison.differences],
            }
        )
        return
    _print_comparison(comparison.old, comparison.new, comparison.differences)
    if period is None:
        echo("no experiment had both versions: they may differ because their runs did", fg="yellow")


def _choose_versions(manager: PromptManager, name: str, old: str | None, new: str | None) -> tuple[str, str]:
    """The versions to compare."""
    if old is not None and new is not None:
        return old, new
    arms = manager.versions.load_state(name).arms
    if old is None and len(arms) == len(("old", "new")):
        return arms[0].version, arms[1].version
    versions = ", ".join(manager.versions.list_numbers(name))
    raise click.UsageError(f"name two versions of prompt '{name}'; it has {versions}")


def _print_comparison(old: str, new: str, differences: Sequence[MetricDifference]) -> None:
    rows = [
        (
            row.metric.replace("_", " "),
            _format_estimate(row.old, METRICS[row.metric]),
            _format_estimate(row.new, METRICS[row.metric]),
            _format_difference(row, METRICS[row.metric]),
            row.verdict,
        )
        for row in differences
    ]
    columns = ("", f"{old} (runs)", f"{new} (runs)", "difference [95 % CI]", f"{new} is")
    print_table(columns, rows)


def _format_estimate(estimate: Estimate, metric: Metric) -> str:
    return "-" if estimate.value is None else f"{_format_number(estimate.value, metric)} ({estimate.runs})"


def _format_difference(row: MetricDifference, metric: Metric) -> str:
    if row.difference is None:
        return "-"
    text = _format_number(row.difference, metric, sign="+")
    if row.interval is None:
        return text
    low, high = (_format_number(end, metric, sign="+") for end in row.interval)
    return f"{text} [{low}, {high}]"


def _format_number(value: float, metric: Metric, sign: str = "") -> str:
    return format(value, f"{sign}.1%" if metric.kind == "share" else f"{sign}.4g")
