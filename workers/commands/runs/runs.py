"""`fluxagents runs`: look at runs and control them."""

from __future__ import annotations

import sys

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.run_record import record_of
from fluxagents.prompts.statistics.costs import usage
from fluxagents.scheduler.schedules.grid import every
from fluxagents.workers.clients.client import Client
from fluxagents.workers.commands.display.event_text import describe_event
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import clip, count_text, echo, fold, print_json, print_table
from fluxagents.workers.commands.display.run_view import cost_document, print_cost, print_run, run_document
from fluxagents.workers.commands.display.times import format_both, format_clock
from fluxagents.workers.commands.runs.diff import diff
from fluxagents.workers.commands.runs.exit_status import exit_status
from fluxagents.workers.commands.runs.explain import explain
from fluxagents.workers.commands.runs.replay_check import replay
from fluxagents.workers.commands.runs.rewind import fork, migrate, restart, rollback, signal
from fluxagents.workers.commands.runs.stepping import step
from fluxagents.workers.commands.runs.summary_lines import summary_document, summary_lines
from fluxagents.workers.commands.runs.timeline import timeline
from fluxagents.workers.commands.runs.transfer import export_run, import_run
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.connection import connect
from fluxagents.workers.redis.ratings import Rating, RedisRatings

STATUSES = ("running", "waiting", "paused", "finished", "failed", "cancelled", "dead")


@click.group(
    epilog=examples(
        "fluxagents runs list --status waiting",
        "fluxagents runs show 01JB…",
        "fluxagents runs timeline 01JB…",
        "fluxagents runs explain 01JB… --step 3",
        "fluxagents runs diff 01JB… 01JC…",
        "fluxagents runs cancel 01JB… --reason 'wrong model'",
        "fluxagents runs archive --older-than 30d",
    )
)
def runs() -> None:
    """Look at runs, follow, compare, pause, resume or cancel them."""


for command in (timeline, explain, diff, replay, fork, rollback, restart, migrate, signal, step):
    runs.add_command(command)
runs.add_command(export_run)
runs.add_command(import_run)


@runs.command("list", epilog=examples("fluxagents runs list --status failed --most 20"))
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--session", help="Only runs of this session.")
@click.option("--most", "limit", default=50, show_default=True, help="Most runs to list, the newest first.")
@json_option
def list_runs(status: str | None, session: str | None, limit: int, as_json: bool) -> None:
    """List runs, the newest first."""
    states = Client().store.runs(status=status, session=session, limit=limit)  # type: ignore[arg-type] # click checked it
    if as_json:
        print_json([run_document(state) for state in states])
        return
    print_table(
        ("run", "started (UTC)", "model", "status", "started (local)", "question"),
        [
            (
                state.run_id,
                format_both(state.started_ms)[0],
                state.model_name,
                state.status,
                format_both(state.started_ms)[1],
                state.inputs.get("question") or state.flow.name,
            )
            for state in states
        ],
        cut_last=True,
        empty="no runs; `fluxagents run --help` shows how to start one",
    )


@runs.command(epilog=examples("fluxagents runs show 01JB…", "fluxagents runs show 01JB… --json"))
@click.argument("run_id")
@json_option
def show(run_id: str, as_json: bool) -> None:
    """Show a run: its answer, the findings behind it, and its time, tokens and cost.

    FLUXAGENTS_CHAT_PRICES names the file with prices; without a price a cost is unknown.
    """
    client = Client()
    prices = load_prices(client.settings)
    state = client.store.load(run_id)
    try:
        log = client.store.events(run_id)
        record = record_of(log)
    except FluxError as error:
        if error.kind is not ErrorClass.SCHEMA:
            raise
        log, record, why = (), None, error.message
    used = usage(log)
    if as_json:
        took = summary_document(record) if record else {"log_error": why}
        print_json({**run_document(state), **took, **cost_document(used, prices)})
        return
    print_run(state)
    print_cost(used, prices)
    echo()
    for line in summary_lines(record) if record else (f"its log cannot be read: {why}",):
        echo(fold(line), dim=True)


@runs.command(epilog=examples("fluxagents runs events 01JB…"))
@click.argument("run_id")
@json_option
def events(run_id: str, as_json: bool) -> None:
    """Show a run's log: every event, in order."""
    log = Client().store.events(run_id)
    if as_json:
        print_json([event.model_dump(mode="json") for event in log])
        return
    rows = [(event.seq, format_clock(event.at_ms), event.type, describe_event(event)) for event in log]
    print_table(("step", "time (UTC)", "event", ""), rows, cut_last=True)


@runs.command(epilog=examples("fluxagents runs watch 01JB…"))
@click.argument("run_id")
@json_option
def watch(run_id: str, as_json: bool) -> None:
    """Follow a run until it ends or needs a human; with --json one event per line."""
    run = Client().get(run_id)
    for event in run.watch():
        if as_json:
            echo(event.model_dump_json())
        else:
            echo(
                f"{event.seq:>4}  {format_clock(event.at_ms)}  {event.type:<18} {clip(describe_event(event))}"
            )
    sys.exit(exit_status(run.state))


@runs.command(
    epilog=examples("fluxagents runs archive --older-than 30d", "fluxagents runs archive --most 10000")
)
@click.option("--older-than", default="30d", show_default=True, help="Runs whose last event is older.")
@click.option(
    "--most", "limit", type=click.IntRange(min=0), help="Ended runs that stay in Redis, whatever their age."
)
@json_option
def archive(older_than: str, limit: int | None, as_json: bool) -> None:
    """Move ended runs from Redis to the archive, where `show` and `events` still find them."""
    before_ms = SystemClock().now_ms() - round(every(older_than).seconds * 1_000)
    client = Client()
    moved = retire(client.store, Archive(client.settings.artifact_url), before_ms, limit)
    if as_json:
        print_json({"archived": moved})
    else:
        echo(f"{len(moved)} runs moved to the archive")


@runs.command(epilog=examples("fluxagents runs pause 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def pause(run_id: str, by: str, as_json: bool) -> None:
    """Pause a run, after the step that runs now if there is one."""
    state = Client().pause(run_id, by=by)
    note = "paused" if state.status == "paused" else "will pause after the step that runs now"
    _print_change(run_id, state.status, note, as_json=as_json)


@runs.command(epilog=examples("fluxagents runs resume 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def resume(run_id: str, by: str, as_json: bool) -> None:
    """Let a paused run go on."""
    state = Client().resume(run_id, by=by)
    _print_change(run_id, state.status, f"goes on; it is {state.status}", as_json=as_json)


@runs.command(
    epilog=examples(
        "fluxagents runs cancel 01JB… --reason 'wrong model'", "fluxagents runs cancel --session nightly"
    )
)
@click.argument("run_id", required=False)
@click.option("--session", help="Instead of RUN_ID: every run of this session that has not ended.")
@click.option("--reason", default="no reason given", show_default=True)
@by_option
@json_option
def cancel(run_id: str | None, session: str | None, reason: str, by: str, as_json: bool) -> None:
    """End a run, or all of a session, now."""
    if (run_id is None) == (session is None):
        raise click.UsageError("name a run, or a --session")
    client = Client()
    if run_id is not None:
        state = client.cancel(run_id, by=by, reason=reason)
        _print_change(run_id, state.status, "cancelled", as_json=as_json)
        return
    assert session is not None
    runs_of_session = client.session(session)
    if not runs_of_session.states():
        raise FluxError(ErrorClass.UNKNOWN_ID, f"there are no runs of session '{session}'")
    cancelled = runs_of_session.cancel(reason, by)
    if as_json:
        print_json({"session": session, "cancelled": cancelled})
    else:
        echo(f"session {session}: {count_text(len(cancelled), 'run')} cancelled")


@runs.command(epilog=examples("fluxagents runs rate 01JB… 5"))
@click.argument("run_id")
@click.argument("stars", type=click.IntRange(1, 5))
@by_option
@json_option
def rate(run_id: str, stars: int, by: str, as_json: bool) -> None:
    """Say how good a run was, from 1 to 5; `fluxagents prompts stats` counts it."""
    client = Client()
    state = client.store.load(run_id)
    redis = connect(client.settings, decode_responses=False)
    rating = Rating(stars=stars, by=by, at_ms=SystemClock().now_ms())
    RedisRatings(redis, prefix=client.settings.key_prefix).rate(run_id, rating)
    _print_change(run_id, state.status, f"rated {stars} of 5", as_json=as_json)


@runs.command(epilog=examples("fluxagents runs dead"))
@json_option
def dead(as_json: bool) -> None:
    """List the dead letters: runs with a step that never ended."""
    states = Client().store.runs(status="dead", limit=1_000)
    if as_json:
        print_json([run_document(state) for state in states])
        return
    print_table(
        ("run", "model", "step", "what happened"),
        [
            (state.run_id, state.model_name, state.seq - 1, state.error.message if state.error else "")
            for state in states
        ],
        empty="no dead letters",
    )


@runs.command(epilog=examples("fluxagents runs retry 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def retry(run_id: str, by: str, as_json: bool) -> None:
    """Retry a run from the dead letters, from the step that never ended."""
    state = Client().retry(run_id, by=by)
    _print_change(run_id, state.status, "is tried again", as_json=as_json)


@runs.command(epilog=examples("fluxagents runs discard 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def discard(run_id: str, by: str, as_json: bool) -> None:
    """End a run from the dead letters; its log stays."""
    state = Client().discard(run_id, by=by)
    _print_change(run_id, state.status, "discarded", as_json=as_json)


def _print_change(run_id: str, status: str, note: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"run_id": run_id, "status": status, "note": note})
    else:
        echo(f"run {run_id}: {note}")
