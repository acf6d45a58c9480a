"""`fluxagents schedules`: runs that start at given times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import click

from fluxagents.flows.events import Lane
from fluxagents.scheduler.batches.run_media import resolve_media
from fluxagents.scheduler.schedules.grid import Cron, Timing, cron, every, following
from fluxagents.scheduler.schedules.schedules import Schedules, ScheduleStatus
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.redbeat_schedules import RedbeatSchedules
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.conditions import medium_options, print_notes, read_request
from fluxagents.workers.commands.display.options import examples, json_option, parse_pairs
from fluxagents.workers.commands.display.output import echo, print_json, print_table
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.display.times import format_both, format_date, format_local, format_time
from fluxagents.workers.files.remote_files import hide_secrets
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings


@click.group(
    epilog=examples(
        'fluxagents schedules add nightly --flow metabolic_analysis --model iJO1366 --question "Minimal '
        'medium?" --cron "0 2 * * *" --timezone Europe/Vienna',
        'fluxagents schedules preview --cron "0 2 * * *" --timezone Europe/Vienna',
        "fluxagents schedules list",
        "fluxagents schedules trigger nightly",
        "fluxagents schedules remove nightly",
    )
)
def schedules() -> None:
    """List, add, preview, trigger and remove schedules. Beat fires them (`up`, or `beat`)."""


@schedules.command(
    epilog=examples(
        "fluxagents schedules add growth --flow metabolic_analysis --model e_coli_core "
        '--question "Does it grow?" --every 6h',
        "fluxagents schedules add nightly --flow metabolic_analysis --model iJO1366 "
        '--question "Minimal medium?" --cron "0 2 * * *" --timezone Europe/Vienna',
        'fluxagents schedules add weekdays --flow my_flow.yaml --model iJO1366 --cron "30 7 * * mon-fri" '
        "--input target=EX_succ_e --replace",
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
    replace: bool,
    as_json: bool,
) -> None:
    """Add the schedule NAME. Its first run starts at its first tick; `trigger` starts one at once.

    Every tick starts one run, however many beats there are. After an outage of beat or the workers only the
    last missed tick is made up for. --medium and --change become uptakes of the model as it is now, and are
    the same at every tick.
    """
    timing = _timing(interval, expression, timezone)
    inputs = parse_pairs(pairs)
    if question is not None:
        inputs["question"] = question
    if medium is not None or changes:
        inputs |= _read_medium(model, medium, changes, inputs.get("biomass"))
    registered = _open_schedules()
    registered.add(
        name,
        flow=flow,
        model=model,
        inputs=inputs,
        timing=timing,
        lane=cast("Lane", lane),
        replace=replace,
    )
    added = registered.get(name)
    if as_json:
        print_json(_document(added))
    else:
        local = _local_time(added.schedule.timing, added.next_ms)
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


@schedules.command("list", epilog=examples("fluxagents schedules list --json"))
@json_option
def list_schedules(as_json: bool) -> None:
    """List the schedules: their last and next tick, and the status of their newest run."""
    statuses = _open_schedules().list()
    if as_json:
        print_json([_document(status) for status in statuses])
        return
    print_table(
        (
            "schedule",
            "when",
            "flow",
            "model",
            "next (UTC)",
            "next (local)",
            "last tick (UTC)",
            "newest run",
            "status",
        ),
        [
            (
                status.schedule.name,
                status.schedule.timing,
                status.schedule.flow_text,
                status.schedule.model,
                format_date(status.next_ms)[:16],
                _local_time(status.schedule.timing, status.next_ms) or format_both(status.next_ms)[1],
                _date_or_nothing(status.last_ms)[:16],
                status.last_run.run_id if status.last_run else "",
                status.last_run.status if status.last_run else "",
            )
            for status in statuses
        ],
        empty="no schedules; `fluxagents schedules add --help` shows how to add one",
    )


@schedules.command(epilog=examples("fluxagents schedules show nightly --json"))
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show the schedule NAME."""
    status = _open_schedules().get(name)
    document = _document(status)
    if as_json:
        print_json(document)
        return
    print_table(("what", "value"), [(key, "" if value is None else value) for key, value in document.items()])
    echo(f"its runs: fluxagents runs list --session {status.schedule.session}")


@schedules.command(
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
    timing = _timing(interval, expression, timezone)
    start_ms = round(after.replace(tzinfo=UTC).timestamp()) * 1_000 if after else SystemClock().now_ms()
    ticks, now_ms = [], start_ms
    for _ in range(count):
        now_ms = following(timing, start_ms=start_ms, now_ms=now_ms)
        ticks.append((format_date(now_ms), _local_time(timing, now_ms)))
    if as_json:
        print_json([{"utc": utc, "local": local} for utc, local in ticks])
    else:
        echo(str(timing))
        print_table(("UTC", "local"), [(utc, local or "") for utc, local in ticks])


@schedules.command(epilog=examples("fluxagents schedules remove nightly"))
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the schedule NAME; its runs stay."""
    _open_schedules().remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        echo(f"removed {name}; its runs stay")


@schedules.command(epilog=examples("fluxagents schedules trigger nightly"))
@click.argument("name")
@json_option
def trigger(name: str, as_json: bool) -> None:
    """Start a run of the schedule NAME now, beside its ticks; prints the run's id."""
    run = _open_schedules().trigger(name)
    if as_json:
        print_json({"schedule": name, "run_id": run.id})
    else:
        echo(run.id)


def _open_schedules() -> Schedules:
    client = CommandClient()
    app = create_app(client.settings)
    return Schedules(client, RedbeatSchedules(app), app.time)


def _timing(interval: str | None, expression: str | None, timezone: str | None) -> Timing:
    if (interval is None) == (expression is None):
        raise click.UsageError("say when with either --every or --cron")
    if expression is not None:
        return cron(expression, timezone or "UTC")
    assert interval is not None
    if timezone is not None:
        raise click.UsageError("--timezone belongs to --cron; an interval has no local time")
    return every(interval)


def _document(status: ScheduleStatus) -> dict[str, Any]:
    schedule, newest = status.schedule, status.last_run
    return {
        "name": schedule.name,
        "when": str(schedule.timing),
        "flow": schedule.flow_name or schedule.flow,
        **({"flow_digest": schedule.flow} if schedule.flow_name else {}),
        "model": schedule.model,
        "inputs": schedule.inputs,
        "lane": schedule.lane,
        "session": schedule.session,
        "created": format_time(schedule.created_ms),
        "next_tick": format_time(status.next_ms),
        "next_tick_local": _local_time(schedule.timing, status.next_ms),
        "last_tick": format_time(status.last_ms) if status.last_ms is not None else None,
        "last_run": newest.run_id if newest else None,
        "last_run_status": newest.status if newest else None,
    }


def _date_or_nothing(at_ms: int | None) -> str:
    return "" if at_ms is None else format_date(at_ms)


def _local_time(timing: Timing, at_ms: int) -> str | None:
    """A tick in the time zone of a cron expression; None for an interval."""
    return format_local(at_ms, timing.timezone) if isinstance(timing, Cron) else None
