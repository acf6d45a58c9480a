"""`fluxagents runs fork`, `rollback`, `restart`, `migrate` and `signal`: change the course of a run."""

from __future__ import annotations

from typing import Any

import click

from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.history_control import Rewind
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option, parse_pairs
from fluxagents.workers.commands.display.output import echo, print_json


def _yes_option(command: click.decorators.FC) -> click.decorators.FC:
    return click.option("--yes", is_flag=True, help="Ask nothing; for scripts.")(command)


@click.command(
    epilog=examples(
        "fluxagents runs fork 01JB… --at 4",
        "fluxagents runs fork 01JB… --at 4 --set uptake=18.5 --set carbon=acetate",
        "fluxagents runs fork 01JB… --at 4 --step",
    )
)
@click.argument("run_id")
@click.option("--at", type=int, help="The last step that both share; by default the last one before its end.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="An input or a fact that differs.")
@click.option("--step", is_flag=True, help="The new run stops before every command: `runs step` goes on.")
@by_option
@json_option
def fork(
    run_id: str, at: int | None, pairs: tuple[str, ...], step: bool, by: str | None, as_json: bool
) -> None:
    """Start a new run that shares the first steps of RUN_ID, which stays as it is. Prints the new id.

    `fluxagents runs events RUN_ID` shows the steps.
    """
    state = CommandClient().fork(run_id, at=at, values=parse_pairs(pairs), by=by, stepwise=step)
    if as_json:
        print_json({"run_id": state.run_id, "origin": run_id, "status": state.status})
    else:
        echo(state.run_id)


@click.command(
    epilog=examples(
        "fluxagents runs rollback 01JB… --to 4 --reason 'wrong medium'",
        "fluxagents runs rollback 01JB… --to 4 --yes",
    )
)
@click.argument("run_id")
@click.option("--to", type=int, required=True, help="The step to rewind to; the run goes on after it.")
@click.option("--reason", default="no reason given", show_default=True)
@_yes_option
@by_option
@json_option
def rollback(run_id: str, to: int, reason: str, yes: bool, by: str | None, as_json: bool) -> None:
    """Rewind a run, even one that has ended, to an earlier step, and let it go on from there.

    Its later events stay in its log. What cannot be undone is listed first, and must be confirmed.
    """
    client = CommandClient()
    plan = client.plan_rewind(run_id, to=to)
    confirmed = _confirm(plan, yes=yes, as_json=as_json)
    _print_rewind(client.rewind(plan, by=by, reason=reason, confirmed=confirmed), plan, as_json=as_json)


@click.command(epilog=examples("fluxagents runs restart 01JB… --from survey"))
@click.argument("run_id")
@click.option("--from", "node", required=True, help="A node that the run has entered.")
@click.option("--reason", default="", help="Why.")
@_yes_option
@by_option
@json_option
def restart(run_id: str, node: str, reason: str, yes: bool, by: str | None, as_json: bool) -> None:
    """Restart a run at a node, with the state of its last visit there; otherwise as `rollback`."""
    client = CommandClient()
    plan = client.plan_rewind(run_id, node=node)
    confirmed = _confirm(plan, yes=yes, as_json=as_json)
    reason = reason or f"begin again at {node}"
    _print_rewind(client.rewind(plan, by=by, reason=reason, confirmed=confirmed), plan, as_json=as_json)


def _confirm(plan: Rewind, *, yes: bool, as_json: bool) -> bool:
    """Whether the person accepts what cannot be undone; with --json there is no question."""
    if yes or as_json or not plan.report.irreversible:
        return yes
    _print_list("recovered:", plan.report.compensated)
    _print_list("cannot be undone:", plan.report.irreversible)
    click.confirm(
        f"Rewind run {plan.state.run_id} to where it was after step {plan.to_seq}?", abort=True, err=True
    )
    return True


def _print_list(title: str, lines: tuple[str, ...]) -> None:
    if lines:
        echo("\n  ".join((title, *lines)), err=True)


def _print_rewind(state: RunState, plan: Rewind, *, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = {
            "run_id": state.run_id,
            "status": state.status,
            "to": plan.to_seq,
            "node": plan.then.node,
            "compensated": plan.report.compensated,
            "not_undone": plan.report.irreversible,
        }
        print_json(document)
    else:
        echo(
            f"run {state.run_id}: rewound to node {plan.then.node}, after step {plan.to_seq}; "
            f"it is {state.status}"
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
@_yes_option
@by_option
@json_option
def migrate(run_id: str, flow: str | None, dry_run: bool, yes: bool, by: str | None, as_json: bool) -> None:
    """Let a waiting or paused run go on with another version of its flow, from its current node."""
    client = CommandClient()
    flow = flow or client.store.load(run_id).flow.name
    migration = client.migration(run_id, flow=flow)
    if not as_json:
        echo("\n  ".join((f"run {run_id} can go on with the new version:", *migration.changes)), err=True)
    if dry_run:
        if as_json:
            print_json({"run_id": run_id, "migrated": False, "changes": migration.changes})
        return
    if not (yes or as_json):
        click.confirm("Go on with the new version?", abort=True, err=True)
    state = client.migrate(run_id, flow=flow, by=by)
    if as_json:
        print_json({"run_id": run_id, "migrated": True, "changes": migration.changes, "status": state.status})
    else:
        echo(f"run {run_id}: follows {state.flow.name} v{state.flow.version}; it is {state.status}")


@click.command(epilog=examples("fluxagents runs signal 01JB… measured --data growth=0.71"))
@click.argument("run_id")
@click.argument("event")
@click.option("--data", "pairs", multiple=True, metavar="NAME=VALUE", help="What comes with the event.")
@by_option
@json_option
def signal(run_id: str, event: str, pairs: tuple[str, ...], by: str | None, as_json: bool) -> None:
    """Send a run a named EVENT; a node that waits for it, now or later, takes it."""
    state = CommandClient().signal(run_id, event, by=by, data=parse_pairs(pairs))
    if as_json:
        print_json({"run_id": run_id, "event": event, "status": state.status})
    else:
        echo(f"run {run_id}: has {event}; it is {state.status}")
