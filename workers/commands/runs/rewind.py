"""`fluxagents runs fork`, `rollback`, `restart`, `migrate` and `signal`: other ways than straight on."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

import click

from fluxagents.workers.commands.display.output import examples, json_option, print_json

if TYPE_CHECKING:
    from fluxagents.flows.state import RunState
    from fluxagents.scheduler.runs.history_control import WayBack


def _by(command: click.decorators.FC) -> click.decorators.FC:
    return click.option("--by", default=getpass.getuser, show_default="you", help="Who decides.")(command)


def _yes(command: click.decorators.FC) -> click.decorators.FC:
    return click.option("--yes", is_flag=True, help="Ask nothing; for scripts.")(command)


@click.command(
    epilog=examples(
        "fluxagents runs fork 01JB… --at 4",
        "fluxagents runs fork 01JB… --at 4 --set uptake=18.5 --set carbon=acetate",
        "fluxagents runs fork 01JB… --at 4 --step",
    )
)
@click.argument("run_id")
@click.option("--at", type=int, help="The last step that both share; the last one that is open if absent.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="An input or a fact that differs.")
@click.option("--step", is_flag=True, help="The new run stops before every command: `runs step` goes on.")
@_by
@json_option
def fork(run_id: str, at: int | None, pairs: tuple[str, ...], step: bool, by: str, as_json: bool) -> None:
    """Start a new run that is RUN_ID up to a step; that one stays as it is. Prints the id of the new run.

    `fluxagents runs events RUN_ID` shows the steps.
    """
    from fluxagents.workers.client import Client
    from fluxagents.workers.commands.display.views import parsed_pairs

    state = Client().fork(run_id, at=at, values=parsed_pairs(pairs), by=by, stepwise=step)
    if as_json:
        print_json({"run_id": state.run_id, "origin": run_id, "status": state.status})
    else:
        click.echo(state.run_id)


@click.command(
    epilog=examples(
        "fluxagents runs rollback 01JB… --to 4 --reason 'wrong medium'",
        "fluxagents runs rollback 01JB… --to 4 --yes",
    )
)
@click.argument("run_id")
@click.option("--to", type=int, required=True, help="The step after which it stands again.")
@click.option("--reason", default="no reason given", show_default=True)
@_yes
@_by
@json_option
def rollback(run_id: str, to: int, reason: str, yes: bool, by: str, as_json: bool) -> None:
    """Let a run, also one that has ended, stand again where it stood, and go on from there.

    What it did since stays in its log. What cannot be undone is named first, and must be confirmed.
    """
    from fluxagents.workers.client import Client

    client = Client()
    way = client.way_back(run_id, to=to)
    confirmed = _confirmed(way, yes=yes, as_json=as_json)
    _tell(client.go_back(way, by=by, reason=reason, confirmed=confirmed), way, as_json=as_json)


@click.command(epilog=examples("fluxagents runs restart 01JB… --from survey"))
@click.argument("run_id")
@click.option("--from", "node", required=True, help="A node that it came to.")
@click.option("--reason", default="", help="Why.")
@_yes
@_by
@json_option
def restart(run_id: str, node: str, reason: str, yes: bool, by: str, as_json: bool) -> None:
    """Let a run begin again at a node, as it was when it last came there; otherwise as `rollback`."""
    from fluxagents.workers.client import Client

    client = Client()
    way = client.way_back(run_id, node=node)
    confirmed = _confirmed(way, yes=yes, as_json=as_json)
    reason = reason or f"begin again at {node}"
    _tell(client.go_back(way, by=by, reason=reason, confirmed=confirmed), way, as_json=as_json)


def _confirmed(way: WayBack, *, yes: bool, as_json: bool) -> bool:
    """Whether what cannot be undone is accepted; with --json nobody is asked."""
    if yes or as_json or not way.report.irreversible:
        return yes
    _list("made good:", way.report.compensated)
    _list("cannot be undone:", way.report.irreversible)
    click.confirm(
        f"Let run {way.state.run_id} stand where it stood after step {way.to_seq}?", abort=True, err=True
    )
    return True


def _list(title: str, lines: tuple[str, ...]) -> None:
    if lines:
        click.echo("\n  ".join((title, *lines)), err=True)


def _tell(state: RunState, way: WayBack, *, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = {
            "run_id": state.run_id,
            "status": state.status,
            "to": way.to_seq,
            "node": way.then.node,
            "compensated": way.report.compensated,
            "not_undone": way.report.irreversible,
        }
        print_json(document)
    else:
        click.echo(
            f"run {state.run_id}: back at node {way.then.node}, after step {way.to_seq}; it is {state.status}"
        )


@click.command(
    epilog=examples(
        "fluxagents runs migrate 01JB… --dry-run",
        "fluxagents runs migrate 01JB…",
        "fluxagents runs migrate 01JB… --flow my_flow.yaml --yes",
    )
)
@click.argument("run_id")
@click.option(
    "--flow", help="The new version: a name or a YAML file; what its flow's name means now if absent."
)
@click.option("--dry-run", is_flag=True, help="Check it and show what differs; change nothing.")
@_yes
@_by
@json_option
def migrate(run_id: str, flow: str | None, dry_run: bool, yes: bool, by: str, as_json: bool) -> None:
    """Let a run that waits or is paused go on with another version of its flow, from where it stands."""
    from fluxagents.workers.client import Client

    client = Client()
    flow = flow or client.store.load(run_id).flow.name
    found = client.migration(run_id, flow=flow)
    if not as_json:
        click.echo("\n  ".join((f"run {run_id} can go on with it:", *found.changes)), err=True)
    if dry_run:
        if as_json:
            print_json({"run_id": run_id, "migrated": False, "changes": found.changes})
        return
    if not (yes or as_json):
        click.confirm("Go on with the new version?", abort=True, err=True)
    state = client.migrate(run_id, flow=flow, by=by)
    if as_json:
        print_json({"run_id": run_id, "migrated": True, "changes": found.changes, "status": state.status})
    else:
        click.echo(f"run {run_id}: follows {state.flow.name} v{state.flow.version}; it is {state.status}")


@click.command(epilog=examples("fluxagents runs signal 01JB… measured --data growth=0.71"))
@click.argument("run_id")
@click.argument("event")
@click.option("--data", "pairs", multiple=True, metavar="NAME=VALUE", help="What comes with the event.")
@_by
@json_option
def signal(run_id: str, event: str, pairs: tuple[str, ...], by: str, as_json: bool) -> None:
    """Send a run a named EVENT; a node that waits for it, now or later, takes it."""
    from fluxagents.workers.client import Client
    from fluxagents.workers.commands.display.views import parsed_pairs

    state = Client().signal(run_id, event, by=by, data=parsed_pairs(pairs))
    if as_json:
        print_json({"run_id": run_id, "event": event, "status": state.status})
    else:
        click.echo(f"run {run_id}: has {event}; it is {state.status}")
