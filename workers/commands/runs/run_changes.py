"""`fluxagents runs pause`, `resume`, `cancel` and what else changes a run or moves it."""

from __future__ import annotations

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.scheduler.schedules.grid import every
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.machine.clock import SystemClock


@click.command(
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
    client = CommandClient()
    client.authority.record(Action.RUN_ARCHIVE, Resource(kind="run", id=f"older than {older_than}"))
    with notice_when_slow("moving runs to the archive …"):
        moved = retire(client.store, Archive(client.settings.artifact_url), before_ms, limit)
    if as_json:
        print_json({"archived": moved})
    else:
        echo(f"{len(moved)} runs moved to the archive")


@click.command(epilog=examples("fluxagents runs pause 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def pause(run_id: str, by: str | None, as_json: bool) -> None:
    """Pause a run, after the step that runs now if there is one."""
    state = CommandClient().pause(run_id, by=by)
    note = "paused" if state.status == "paused" else "will pause after the step that runs now"
    _print_change(run_id, state.status, note, as_json=as_json)


@click.command(epilog=examples("fluxagents runs resume 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def resume(run_id: str, by: str | None, as_json: bool) -> None:
    """Let a paused run go on."""
    state = CommandClient().resume(run_id, by=by)
    _print_change(run_id, state.status, f"goes on; it is {state.status}", as_json=as_json)


@click.command(
    epilog=examples(
        "fluxagents runs cancel 01JB… --reason 'wrong model'", "fluxagents runs cancel --session nightly"
    )
)
@click.argument("run_id", required=False)
@click.option("--session", help="Instead of RUN_ID: every run of this session that has not ended.")
@click.option("--reason", default="no reason given", show_default=True)
@by_option
@json_option
def cancel(run_id: str | None, session: str | None, reason: str, by: str | None, as_json: bool) -> None:
    """End a run, or all of a session, now."""
    if (run_id is None) == (session is None):
        raise click.UsageError("name a run, or a --session")
    client = CommandClient()
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


@click.command(epilog=examples("fluxagents runs retry 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def retry(run_id: str, by: str | None, as_json: bool) -> None:
    """Retry a run from the dead letters, from the step that never ended."""
    state = CommandClient().retry(run_id, by=by)
    _print_change(run_id, state.status, "is tried again", as_json=as_json)


@click.command(epilog=examples("fluxagents runs discard 01JB…"))
@click.argument("run_id")
@by_option
@json_option
def discard(run_id: str, by: str | None, as_json: bool) -> None:
    """End a run from the dead letters; its log stays."""
    state = CommandClient().discard(run_id, by=by)
    _print_change(run_id, state.status, "discarded", as_json=as_json)


def _print_change(run_id: str, status: str, note: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"run_id": run_id, "status": status, "note": note})
    else:
        echo(f"run {run_id}: {note}")
