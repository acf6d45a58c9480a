"""A run step by step: each command is shown before it is carried out, and may be edited."""

from __future__ import annotations

import sys

import click

from fluxagents.flows.commands import BeginRuns, CallTool, Command, Decide, JoinRuns, JoinShards
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.run import Run
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option, parse_pairs
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.display.prompting import call_lines, prompt_answer
from fluxagents.workers.commands.display.run_view import print_run, run_document
from fluxagents.workers.commands.runs.exit_status import exit_status

CHOICES = "g = go on, e NAME=VALUE = edit an argument, s = stop"
ANSWERS = "y = agree, n = refuse, s = stop"


@click.command(epilog=examples("fluxagents runs step 01JB…", "yes g | fluxagents runs step 01JB…"))
@click.argument("run_id")
@json_option
def step(run_id: str, as_json: bool) -> None:
    """Go on with a run that was started with `run --step`, or forked so, from where it was left.

    Each command is shown before it is carried out: g goes on, `e NAME=VALUE` changes an argument of a tool,
    s stops. The answers may also come from a pipe, one a line.
    """
    client = CommandClient()
    run = client.get(run_id)
    if not run.state.stepwise:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {run_id!r} does not stop before its commands",
            suggestions=(f"a fork can: `fluxagents runs fork {run_id} --at STEP --step`",),
        )
    walk(client, run)
    state = run.state
    if as_json:
        print_json(run_document(state))
    else:
        print_run(state)
    sys.exit(exit_status(state))


def walk(client: RunClient, run: Run) -> None:
    """Show each command and ask, until the run ends or somebody stops it. It stays paused then."""
    try:
        while _goes_on(client, run):
            pass
    except click.Abort:
        echo(err=True)
    state = run.state
    if state.status == "paused":
        echo(
            f"run {run.id} is paused: `fluxagents runs step {run.id}` goes on, "
            f"`fluxagents runs cancel {run.id}` ends it",
            err=True,
        )


def _goes_on(client: RunClient, run: Run) -> bool:
    run.wait()
    state = run.state
    if state.status == "paused":
        return _on_command(client, run, state)
    if state.waiting_for is not None:
        return _on_request(client, state.waiting_for)
    if state.wait is not None:
        event = state.wait.event
        echo(
            f"it waits for event {event!r}: `fluxagents runs signal {run.id} {event} --data NAME=VALUE`",
            err=True,
        )
    return False


def _on_command(client: RunClient, run: Run, state: RunState) -> bool:
    command = client.next_command(state)
    echo(f"\nstep {state.seq}, node {state.node}: {_describe_command(command)}", err=True)
    word, _, rest = click.prompt(CHOICES, default="g", show_default=False, err=True).strip().partition(" ")
    if word in {"g", "go"}:
        client.resume(run.id)
    elif word in {"e", "edit"}:
        try:
            client.edit(run.id, parse_pairs((rest,)))
        except (FluxError, click.BadParameter) as error:
            echo(f"not changed: {error}", fg="red", err=True)
    elif word not in {"s", "stop"}:
        echo(f"{word!r} is none of them", err=True)
    return word not in {"s", "stop"}


def _describe_command(command: Command | None) -> str:
    if isinstance(command, CallTool):
        return call_lines(command)
    if isinstance(command, Decide):
        tools = ", ".join(command.tools) or "no tool"
        return f"decide with prompt {command.prompt} among {tools}; {command.steps_left} steps left"
    if isinstance(command, BeginRuns):
        return "begin its runs"
    if isinstance(command, JoinRuns):
        return f"wait for its {len(command.runs)} runs and join what they found"
    if isinstance(command, JoinShards):
        return f"wait for the {len(command.runs)} parts of {command.call.tool} and join them"
    return "go on"


def _on_request(client: RunClient, request: HumanRequest) -> bool:
    echo(f"\nrequest {request.id}", err=True)
    if request.kind != "approval":
        try:
            client.reply(request.id, answer=prompt_answer(request))
        except FluxError as error:
            echo(f"no answer: {error}", fg="red", err=True)
        return True
    echo(request.question, err=True)
    word = click.prompt(ANSWERS, err=True).strip()
    if word in {"y", "yes"}:
        client.approve(request.id)
    elif word in {"n", "no"}:
        client.reject(request.id, reason=click.prompt("why", err=True))
    return word not in {"s", "stop"}
