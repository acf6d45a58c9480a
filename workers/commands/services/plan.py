"""`fluxagents plan`: what a load needs, before it comes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json
from fluxagents.workers.machine.capacity import SECONDS_PER_DAY, Load, Plan, build_plan, load_figures

PERIODS = {"hour": 3_600.0, "day": SECONDS_PER_DAY, "week": 7 * SECONDS_PER_DAY}
HOURS_PER_DAY = 24
DAYS_PER_MONTH = 30


@click.command(
    epilog=examples(
        "fluxagents plan --runs 1e6 --per day --models 500",
        "fluxagents plan --runs 1e6 --per day --models 500 --waiting 5% --core-price 0.04 --gb-price 0.005",
    )
)
@click.option("--runs", type=click.FloatRange(min=0, min_open=True), required=True, help="How many runs.")
@click.option("--per", type=click.Choice(list(PERIODS)), default="day", help="In which time.")
@click.option(
    "--models", "model_count", type=click.IntRange(min=1), default=1, help="How many models they use."
)
@click.option("--peak", type=click.FloatRange(min=1), default=3.0, help="The busiest hour, in averages.")
@click.option("--tool-seconds", type=click.FloatRange(min=0), help="Processor time of a run's tools, in s.")
@click.option("--steps", type=click.FloatRange(min=1), help="Steps of a run.")
@click.option("--waiting", default="0%", metavar="SHARE", help="Of the runs that wait for a human: `5%`.")
@click.option("--waiting-hours", type=click.FloatRange(min=0), default=8.0, help="For how long, in h.")
@click.option("--core-price", type=click.FloatRange(min=0), help="Of a core for an hour.")
@click.option("--gb-price", type=click.FloatRange(min=0), help="Of a GB of memory for an hour.")
@click.option(
    "--figures",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with figures of your own machines; see docs/capacity.md.",
)
@json_option
def plan(
    runs: float,
    per: str,
    model_count: int,
    peak: float,
    tool_seconds: float | None,
    steps: float | None,
    waiting: str,
    waiting_hours: float,
    core_price: float | None,
    gb_price: float | None,
    figures: Path | None,
    as_json: bool,
) -> None:
    """Say how many workers and what Redis a load needs, what it costs, and what it meets as it grows.

    The figures behind it are measured (docs/capacity.md). Expect a plan to be right within a factor of
    two, and measure your own runs: `fluxagents stats` says what their tools take.
    """
    own = {"tool_s": tool_seconds, "steps": steps}
    changed = {name: value for name, value in own.items() if value is not None}
    measured = load_figures(figures).with_own(changed)
    load = Load(
        runs_per_s=runs / PERIODS[per],
        peak=peak,
        models=model_count,
        waiting_share=_read_share(waiting),
        waiting_h=waiting_hours,
    )
    found = build_plan(load, measured)
    price = _find_price(found, core_price, gb_price)
    if as_json:
        print_json({"load": asdict(load), "figures": asdict(measured), "plan": asdict(found), "price": price})
        return
    _print_plan(found, load, price)


def _print_plan(found: Plan, load: Load, price: float | None) -> None:
    workers = count_text(found.worker_processes, "process", "processes")
    echo(f"workers  {workers} of a core each, {found.worker_gb:,.1f} GB of memory")
    echo(f"         {found.worker_hours_per_day:,.0f} core hours a day are used")
    echo(f"API      {count_text(found.api_processes, 'process', 'processes')}")
    echo(f"Redis    {found.redis_gb:,.1f} GB of memory, {found.redis_cores:.0%} of its core when busiest")
    echo(f"store    {found.store_gb_per_day:,.1f} GB a day")
    if price is not None:
        echo(f"price    {price:,.2f} a day, {price * DAYS_PER_MONTH:,.0f} a month")
    first = found.walls[0]
    times = first.runs_per_day / (load.runs_per_s * SECONDS_PER_DAY)
    echo(f"wall     {first.what}, at {first.runs_per_day:,.0f} runs a day: {_round(times)} times this load")
    echo(f"         then: {first.way_on}")


def _round(times: float) -> str:
    """Two digits, as people write them."""
    return f"{float(f'{times:.2g}'):,.10g}"


def _find_price(found: Plan, core_price: float | None, gb_price: float | None) -> float | None:
    """What a day costs; None if no price is given."""
    if core_price is None and gb_price is None:
        return None
    cores = found.worker_processes + found.api_processes + 1
    gigabytes = found.worker_gb + found.redis_gb
    return HOURS_PER_DAY * (cores * (core_price or 0.0) + gigabytes * (gb_price or 0.0))


def _read_share(text: str) -> float:
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / 100
    except ValueError:
        share = -1.0
    if not text.strip().endswith("%") or not 0 <= share <= 1:
        raise click.BadParameter(f"{text!r} is no share such as 5%", param_hint="--waiting")
    return share
