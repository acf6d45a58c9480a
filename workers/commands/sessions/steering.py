"""`fluxagents sessions pause`, `resume` and `cancel`: all runs of a session at once."""

from __future__ import annotations

import click

from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow


@click.command(epilog=examples("fluxagents sessions pause nightly"))
@click.argument("name")
@by_option
@json_option
def pause(name: str, by: str | None, as_json: bool) -> None:
    """Pause all runs of a session, with those that they began: each after the step that runs now."""
    with notice_when_slow("pausing runs …"):
        runs = CommandClient().sessions.pause(name, by=by)
    _print_runs(name, "paused", runs, as_json=as_json)


@click.command(epilog=examples("fluxagents sessions resume nightly"))
@click.argument("name")
@by_option
@json_option
def resume(name: str, by: str | None, as_json: bool) -> None:
    """Let all paused runs of a session go on, with those that they began."""
    with notice_when_slow("resuming runs …"):
        runs = CommandClient().sessions.resume(name, by=by)
    _print_runs(name, "resumed", runs, as_json=as_json)


@click.command(epilog=examples("fluxagents sessions cancel nightly --reason 'wrong medium'"))
@click.argument("name")
@click.option("--reason", default="no reason given", show_default=True)
@by_option
@json_option
def cancel(name: str, reason: str, by: str | None, as_json: bool) -> None:
    """End all runs of a session that have not ended."""
    with notice_when_slow("cancelling runs …"):
        runs = CommandClient().sessions.cancel(name, reason=reason, by=by)
    _print_runs(name, "cancelled", runs, as_json=as_json)


def _print_runs(name: str, what: str, runs: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"session": name, what: runs})
    else:
        echo(f"session {name}: {count_text(len(runs), 'run')} {what}")
