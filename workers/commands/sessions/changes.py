"""`fluxagents sessions create`, `describe`, `share`, `close`, `archive` and `restore`."""

from __future__ import annotations

import click

from fluxagents.flows.people.roles import Role
from fluxagents.flows.ports.session import SessionRecord
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import count_text, echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow
from fluxagents.workers.commands.sessions.limits import POSITIVE, build_budget, limit_options


@click.command(
    epilog=examples(
        "fluxagents sessions create survey --label 'Carbon sources of three models'",
        "fluxagents sessions create survey --tokens 200000 --processor-minutes 60",
    )
)
@click.argument("name")
@click.option("--label", default="", help="A few words for lists.")
@click.option("--description", default="", help="What it is about.")
@limit_options
@click.option("--weight", type=POSITIVE, default=1.0, show_default=True, help="Of its share of busy workers.")
@by_option
@json_option
def create(
    name: str,
    label: str,
    description: str,
    tokens: int | None,
    money: float | None,
    processor_minutes: float | None,
    runs: int | None,
    weight: float,
    by: str | None,
    as_json: bool,
) -> None:
    """Make the session NAME. Runs join it with `--session NAME`."""
    session = CommandClient().sessions.create(
        name,
        label=label,
        description=description,
        budget=build_budget(tokens, money, processor_minutes, runs),
        weight=weight,
        by=by,
    )
    _print_change(session, "is open", as_json=as_json)


@click.command(epilog=examples("fluxagents sessions describe survey --label 'Carbon sources'"))
@click.argument("name")
@click.option("--label", help="A few words for lists.")
@click.option("--description", help="What it is about.")
@by_option
@json_option
def describe(name: str, label: str | None, description: str | None, by: str | None, as_json: bool) -> None:
    """Change the label or the description of a session."""
    if label is None and description is None:
        raise click.UsageError("name a --label or a --description")
    session = CommandClient().sessions.describe(name, label=label, description=description, by=by)
    _print_change(session, f"is called {session.label!r}", as_json=as_json)


@click.command(epilog=examples("fluxagents sessions share survey bob viewer"))
@click.argument("name")
@click.argument("person")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@by_option
@json_option
def share(name: str, person: str, role: str, by: str | None, as_json: bool) -> None:
    """Give PERSON a role in the session NAME, beside those that they have elsewhere."""
    grant = CommandClient().sessions.share(name, person, Role(role), by=by)
    if as_json:
        print_json({"session": name, "person": person, "role": grant.role})
    else:
        echo(f"session {name}: {person} is {grant.role} there")


@click.command(epilog=examples("fluxagents sessions close survey"))
@click.argument("name")
@by_option
@json_option
def close(name: str, by: str | None, as_json: bool) -> None:
    """Let a session take no new runs; those that it has go on."""
    _print_change(CommandClient().sessions.close(name, by=by), "takes no new runs", as_json=as_json)


@click.command(epilog=examples("fluxagents sessions archive survey"))
@click.argument("name")
@by_option
@json_option
def archive(name: str, by: str | None, as_json: bool) -> None:
    """Move a session and its runs from Redis to the archive, where `runs show` still finds them.

    All of its runs must have ended.
    """
    with notice_when_slow("moving runs to the archive …"):
        archived = CommandClient().sessions.archive(name, by=by)
    if as_json:
        print_json({"session": name, "status": "archived", "runs": list(archived.runs)})
    else:
        echo(f"session {name}: archived with {count_text(len(archived.runs), 'run')}")


@click.command(epilog=examples("fluxagents sessions restore survey"))
@click.argument("name")
@by_option
@json_option
def restore(name: str, by: str | None, as_json: bool) -> None:
    """Open a session that was closed, or bring one back from the archive with its runs."""
    sessions = CommandClient().sessions
    if sessions.show(name).session.status != "archived":
        _print_change(sessions.open(name, by=by), "takes new runs", as_json=as_json)
        return
    with notice_when_slow("bringing runs back from the archive …"):
        restored = sessions.restore(name, by=by)
    if as_json:
        print_json({"session": name, "status": "open", "runs": list(restored.runs)})
    else:
        echo(f"session {name}: open, with {count_text(len(restored.runs), 'run')} from the archive")


def _print_change(session: SessionRecord, note: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"session": session.name, "status": session.status, "note": note})
    else:
        echo(f"session {session.name} {note}")
