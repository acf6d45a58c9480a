"""`fluxagents prompts experiment|stats|compare`: which version does better."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from fluxagents.workers.commands.display.output import examples, json_option, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fluxagents.prompts.statistics.comparison import Difference, Estimate
    from fluxagents.prompts.statistics.costs import Cost, Prices
    from fluxagents.prompts.statistics.figures import Metric, Trial
    from fluxagents.prompts.versions.manager import PromptManager

MOST = click.option(
    "--most",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="So many runs, the newest, archived ones too.",
)


def _arm(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
    """`2=50` as version and weight."""
    del context, parameter
    arms: dict[str, int] = {}
    for text in given:
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
@click.option("--arm", "arms", multiple=True, callback=_arm, metavar="VERSION=WEIGHT", help="One variant.")
@click.option("--end", is_flag=True, help="End the experiment.")
@click.option("--by", default=getpass.getuser, show_default="you", help="Who decides.")
@json_option
def experiment(name: str, arms: dict[str, int], end: bool, by: str, as_json: bool) -> None:
    """Share new runs out among versions of a prompt, by hash of the run, or end that.

    A run keeps its variant. Promoting a version to production ends the experiment too.
    """
    from fluxagents.workers.archive.prompt_library import open_prompts
    from fluxagents.workers.clock import SystemClock
    from fluxagents.workers.settings import Settings

    if end == bool(arms):
        raise click.UsageError("give two or more --arm VERSION=WEIGHT, or --end")
    manager, at_ms = open_prompts(Settings.load()), SystemClock().now_ms()
    now = (
        manager.releases.end_experiment(name, by=by, at_ms=at_ms)
        if end
        else manager.releases.begin_experiment(name, arms, by=by, at_ms=at_ms)
    )
    if as_json:
        print_json({"name": name, "experiment": {arm.version: arm.weight for arm in now.arms}})
        return
    total = sum(arm.weight for arm in now.arms)
    shares = ", ".join(f"version {arm.version} to {arm.weight / total:.1%}" for arm in now.arms)
    default = f"version {manager.versions.select_default(name).version}"
    click.echo(f"prompt '{name}': new runs get {shares or default}")


@click.command(epilog=examples("fluxagents prompts stats", "fluxagents prompts stats tool_selection --json"))
@click.argument("name", required=False)
@MOST
@json_option
def stats(name: str | None, most: int, as_json: bool) -> None:
    """Show the figures of each version of a prompt, or of all, from the newest runs.

    Tokens, cost and seconds are those of a call; a cost is known if FLUXAGENTS_CHAT_PRICES has a price of
    every chat model that answered. Invalid answers are of all calls, errors of the tools that ran as a
    decision said; success and rating are of runs. With --json also their 95 % confidence intervals. Rate a
    run with `fluxagents runs rate`.
    """
    from fluxagents.workers.archive.prompt_library import open_prompts, read_trials
    from fluxagents.workers.files.price_file import load_prices
    from fluxagents.workers.settings import Settings

    settings = Settings.load()
    prices = load_prices(settings)
    manager = open_prompts(settings)
    if name is not None:
        manager.versions.list_numbers(name)
    found = [trials for trials in read_trials(settings, most=most).values() if name in {None, trials[0].name}]
    rows = sorted(
        (_figures(trials, prices) for trials in found), key=lambda row: (row["name"], int(row["version"]))
    )
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
    for row in rows if prices else []:
        click.echo(f"{row['name']} {row['version']}: {_cost_line(row['cost'], row['calls'])}")


def _cost_line(found: Cost, calls: int) -> str:
    if found.amount is None:
        return f"cost unknown: no price of {', '.join(found.unpriced)}"
    return f"a call costs {found.amount / calls:.4g} {found.currency}"


def _figures(found: Sequence[Trial], prices: Prices | None) -> dict[str, Any]:
    from fluxagents.prompts.statistics.comparison import estimate
    from fluxagents.prompts.statistics.costs import cost, total
    from fluxagents.prompts.statistics.figures import METRICS

    calls = sum(trial.calls for trial in found)
    taken = total(trial.taken for trial in found)
    return {
        "name": found[0].name,
        "version": found[0].version,
        "digest": found[0].digest,
        "runs": len(found),
        "calls": calls,
        "tokens_in": sum(trial.tokens_in for trial in found),
        "tokens_out": sum(trial.tokens_out for trial in found),
        "tokens_per_call": sum(trial.tokens_in + trial.tokens_out for trial in found) / calls,
        "chat_models": {name: asdict(one) for name, one in taken.items()},
        "cost": cost(taken, prices),
        "seconds_per_call": sum(trial.duration_ms for trial in found) / calls / 1_000,
        "invalid_answers": sum(trial.invalid_answers for trial in found),
        "no_answers": sum(trial.no_answers for trial in found),
        "tool_calls": sum(trial.tool_calls for trial in found),
        "tool_errors": sum(trial.tool_errors for trial in found),
        "success": estimate(METRICS["success"], found),
        "rating": estimate(METRICS["rating"], found),
    }


@click.command(
    epilog=examples(
        "fluxagents prompts compare tool_selection 1 2", "fluxagents prompts compare tool_selection --json"
    )
)
@click.argument("name")
@click.argument("old", required=False)
@click.argument("new", required=False)
@MOST
@json_option
def compare(name: str, old: str | None, new: str | None, most: int, as_json: bool) -> None:
    """Compare two versions of a prompt, with 95 % confidence intervals; without them, the experiment's two.

    Each run counts once: success, invalid answers and tool errors are shares of runs, the others means over
    runs. With --json each version's own intervals too.

    Only runs count that began during the last experiment with both versions. Without one, versions were not
    shared out by chance: all runs count, and the output says so.
    """
    from fluxagents.prompts.statistics.comparison import compare
    from fluxagents.prompts.versions.record import find_trial_period
    from fluxagents.workers.archive.prompt_library import open_prompts, read_trials
    from fluxagents.workers.settings import Settings

    settings = Settings.load()
    manager = open_prompts(settings)
    versions = _two(manager, name, old, new)
    one, other = (manager.versions.find(name, version) for version in versions)
    period = find_trial_period(manager.versions.read_log(name), (one.digest, other.digest))
    found = read_trials(settings, most=most, wanted=lambda run: period is None or period.covers(run.at_ms))
    differences = compare(found.get(one.digest, ()), found.get(other.digest, ()))
    if as_json:
        print_json(
            {
                "name": name,
                "old": one.version,
                "new": other.version,
                "by_chance": period is not None,
                "experiment": asdict(period) if period else None,
                "metrics": [asdict(difference) for difference in differences],
            }
        )
        return
    _print_comparison(one.version, other.version, differences)
    if period is None:
        click.secho(
            "no experiment had both versions: they met different runs, and may differ for that reason",
            fg="yellow",
        )


def _two(manager: PromptManager, name: str, old: str | None, new: str | None) -> tuple[str, str]:
    """The versions to compare."""
    if old is not None and new is not None:
        return old, new
    arms = manager.versions.load_state(name).arms
    if old is None and len(arms) == len(("old", "new")):
        return arms[0].version, arms[1].version
    versions = ", ".join(manager.versions.list_numbers(name))
    raise click.UsageError(f"name two versions of prompt '{name}'; it has {versions}")


def _print_comparison(old: str, new: str, differences: Sequence[Difference]) -> None:
    from fluxagents.prompts.statistics.figures import METRICS

    rows = [
        (
            one.metric.replace("_", " "),
            _estimate(one.old, METRICS[one.metric]),
            _estimate(one.new, METRICS[one.metric]),
            _between(one, METRICS[one.metric]),
            one.verdict,
        )
        for one in differences
    ]
    columns = ("", f"{old} (runs)", f"{new} (runs)", "difference [95 % CI]", f"{new} is")
    print_table(columns, rows)


def _estimate(found: Estimate, metric: Metric) -> str:
    return "-" if found.value is None else f"{_number(found.value, metric)} ({found.runs})"


def _between(found: Difference, metric: Metric) -> str:
    if found.difference is None:
        return "-"
    text = _number(found.difference, metric, sign="+")
    if found.interval is None:
        return text
    low, high = (_number(end, metric, sign="+") for end in found.interval)
    return f"{text} [{low}, {high}]"


def _number(value: float, metric: Metric, sign: str = "") -> str:
    return format(value, f"{sign}.1%" if metric.kind == "share" else f"{sign}.4g")
