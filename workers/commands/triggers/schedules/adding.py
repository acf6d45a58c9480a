"""`fluxagents schedules add` and `preview`: when a schedule is due, and what it starts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import click

from fluxagents.flows.events import Lane
from fluxagents.scheduler.batches.run_media import resolve_media
from fluxagents.scheduler.schedules.grid import Timing, cron, every, following
from fluxagents.scheduler.schedules.schedule import MAX_CATCH_UP, CatchUp, Overlap
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.workers.commands.conditions import medium_options, print_notes, read_request
from fluxagents.workers.commands.display.options import examples, json_option, parse_pairs
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.display.times import format_date
from fluxagents.workers.commands.triggers.schedules import schedule_access
from fluxagents.workers.commands.triggers.schedules.schedule_view import document, format_tick
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings


@click.command(
    epilog=examples(
        "fluxagents schedules add growth --flow metabolic_analysis --model e_coli_core "
        '--question "Does it grow?" --every 6h',
        "fluxagents schedules add nightly --flow metabolic_analysis --model iJO1366 "
        '--question "Minimal medium?" --cron "0 2 * * *" --timezone Europe/Vienna',
        'fluxagents schedules add weekdays --flow my_flow.yaml --model iJO1366 --cron "30 7 * * mon-fri" '
        "--input target=EX_succ_e --overlap skip --jitter 10m --replace",
        "fluxagents schedules add anaerobic --flow metabolic_analysis --model iJO1366 "
        '--question "How fast does it grow?" --medium M9_glucose --change oxygen=0 --cron @daily',
    )
)
@click.argument("name")
@click.option(
    "--flow", required=True, help="A flow's name, looked up at every tick, or a file, which fixes the flow."
)
@click.option(
    "--model",
    required=True,
    help="A model's name, looked up at every tick, or a file or digest, which fixes the model.",
)
@click.option("--question", help="What you want to know, in plain language.")
@medium_options
@click.option("--input", "pairs", multiple=True, metavar="NAME=VALUE", help="Another input of the flow.")
@click.option("--every", "interval", metavar="INTERVAL", help="30m, 6h, 1d12h …, counted from now.")
@click.option(
    "--cron",
    "expression",
    metavar="EXPRESSION",
    help="Minute, hour, day, month, weekday (0 and 7 are Sunday), or @daily and the like; if both day "
    "fields are given, one is enough.",
)
@click.option("--timezone", metavar="ZONE", help="Of --cron, such as Europe/Vienna.  [default: UTC]")
@click.option(
    "--lane",
    type=click.Choice(["bulk", "interactive"]),
    default="bulk",
    show_default=True,
    help="bulk delays nobody who waits for a run.",
)
@click.option(
    "--overlap",
    type=click.Choice(["allow", "skip", "buffer-one", "cancel-old"]),
    default="allow",
    show_default=True,
    help="A tick that meets the open run of the one before it starts beside it, is skipped, starts when that "
    "run has ended, or cancels it.",
)
@click.option(
    "--catch-up",
    type=click.Choice(["none", "last", "all"]),
    default="last",
    show_default=True,
    help="Which ticks are made up for that nobody was there for.",
)
@click.option(
    "--catch-up-limit",
    type=click.IntRange(1, MAX_CATCH_UP),
    default=100,
    show_default=True,
    help="With --catch-up all: at most so many, the last ones.",
)
@click.option(
    "--jitter",
    metavar="INTERVAL",
    help="Each tick starts its run by up to so much later (30s, 10m), the same tick always by as much.",
)
@click.option("--reply-to", default="", metavar="WEBHOOK", help="Is told how the runs go.")
@click.option("--replace", is_flag=True, help="Replace the schedule of this name.")
@json_option
def add(
    name: str,
    flow: str,
    model: str,
    question: str | None,
    medium: str | None,
    changes: tuple[str, ...],
    pairs: tuple[str, ...],
    interval: str | None,
    expression: str | None,
    timezone: str | None,
    lane: str,
    overlap: str,
    catch_up: str,
    catch_up_limit: int,
    jitter: str | None,
    reply_to: str,
    replace: bool,
    as_json: bool,
) -> None:
    """Add the schedule NAME. Its first run starts at its first tick; `trigger` starts one at once.

    Every tick starts one run, however many beats there are. --medium and --change become uptakes of
    the model as it is now, and are the same at every tick.
    """
    timing = read_timing(interval, expression, timezone)
    inputs = parse_pairs(pairs)
    if question is not None:
        inputs["question"] = question
    if medium is not None or changes:
        inputs |= _read_medium(model, medium, changes, inputs.get("biomass"))
    registered = schedule_access.open_schedules()
    registered.add(
        name,
        flow=flow,
        model=model,
        inputs=inputs,
        timing=timing,
        lane=cast("Lane", lane),
        overlap=cast("Overlap", overlap.replace("-", "_")),
        catch_up=cast("CatchUp", catch_up),
        catch_up_limit=catch_up_limit,
        jitter_s=every(jitter).seconds if jitter else 0.0,
        reply_to=reply_to,
        replace=replace,
    )
    added = registered.get(name)
    if as_json:
        print_json(document(added))
    else:
        local = format_tick(added.schedule.timing, added.next_ms)
        echo(
            f"{name}: {added.schedule.timing}, next {format_date(added.next_ms)} UTC"
            + (f", {local} there" if local else "")
        )


def _read_medium(
    model: str, medium: str | None, changes: tuple[str, ...], biomass: str | None
) -> dict[str, Any]:
    """The input `medium` of the runs, checked in the model; empty for its own medium."""
    settings = Settings.load()
    request = read_request(MediaLibrary(settings.media_folder), medium, changes)
    models = ModelFiles(settings.artifact_url, hosts=settings.model_hosts)
    with notice_when_slow(f"reading {hide_secrets(model)} …"):
        (found,) = resolve_media(models, [model], [request], biomass=biomass).values()
    print_notes(found.notes)
    return {} if found.media[0] is None else {"medium": found.media[0]}


@click.command(
    epilog=examples(
        'fluxagents schedules preview --cron "0 2 * * mon-fri" --timezone Europe/Vienna --count 10',
        'fluxagents schedules preview --cron "30 1 * * *" --timezone US/Pacific --after 2026-10-31',
        "fluxagents schedules preview --every 6h",
    )
)
@click.option("--every", "interval", metavar="INTERVAL", help="30m, 6h, 1d12h …, counted from --after.")
@click.option("--cron", "expression", metavar="EXPRESSION", help="As in `schedules add`.")
@click.option("--timezone", metavar="ZONE", help="Of --cron, such as Europe/Vienna.  [default: UTC]")
@click.option(
    "--after",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    help="Date, or date and time in UTC.  [default: now]",
)
@click.option("--count", type=click.IntRange(1, 1_000), default=5, show_default=True, help="So many ticks.")
@json_option
def preview(
    interval: str | None,
    expression: str | None,
    timezone: str | None,
    after: datetime | None,
    count: int,
    as_json: bool,
) -> None:
    """Show the next ticks of an interval or a cron expression, in UTC and in local time; adds nothing.

    A time of the day that the clocks skip is due when they have gone forward, one that they show twice the
    first time; ticks of every hour, or every few minutes, are due whenever the clocks show them.
    """
    timing = read_timing(interval, expression, timezone)
    start_ms = round(after.replace(tzinfo=UTC).timestamp()) * 1_000 if after else SystemClock().now_ms()
    ticks, now_ms = [], start_ms
    for _ in range(count):
        now_ms = following(timing, start_ms=start_ms, now_ms=now_ms)
        ticks.append((format_date(now_ms), format_tick(timing, now_ms)))
    if as_json:
        print_json([{"utc": utc, "local": local} for utc, local in ticks])
    else:
        echo(str(timing))
        print_table(("UTC", "local"), [(utc, local or "") for utc, local in ticks])


def read_timing(interval: str | None, expression: str | None, timezone: str | None) -> Timing:
    if (interval is None) == (expression is None):
        raise click.UsageError("say when with either --every or --cron")
    if expression is not None:
        return cron(expression, timezone or "UTC")
    assert interval is not None
    if timezone is not None:
        raise click.UsageError("--timezone belongs to --cron; an interval has no local time")
    return every(interval)
