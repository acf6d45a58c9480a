"""`fluxagents approvals form`, `ask` and `take-over`: what people do with a request beside voting."""

from __future__ import annotations

import json
import time

import click
from pydantic import JsonValue

from fluxagents.flows.texts.display import visible
from fluxagents.scheduler.runs.argument_form import ArgumentField
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option, parse_pairs
from fluxagents.workers.commands.display.output import echo, print_json, print_table

ANSWER_S = 120.0
"""As long as the agent may take to answer before the command goes away; the answer comes all the same."""

POLL_S = 0.2


@click.command(epilog=examples("fluxagents approvals form 01JB….7"))
@click.argument("request_id")
@json_option
def form(request_id: str, as_json: bool) -> None:
    """Show what each argument of the call that is asked for means, its unit, its range and its choices."""
    fields = CommandClient().request_form(request_id)
    if as_json:
        print_json([field.model_dump(mode="json") for field in fields])
        return
    print_table(
        ("argument", "value", "unit", "may be", "meaning"),
        [
            (
                f"{field.name}{' *' if field.given else ''}",
                visible(json.dumps(field.value, ensure_ascii=False)),
                field.unit,
                _describe_range(field),
                field.description,
            )
            for field in fields
        ],
        empty="no call of a tool is asked for",
    )
    if fields:
        echo(f"* as asked for; change one: fluxagents approvals edit {request_id} --set NAME=VALUE")


@click.command(epilog=examples("fluxagents approvals ask 01JB….7 'Why this gene and not its isozyme?'"))
@click.argument("request_id")
@click.argument("question")
@by_option
@json_option
def ask(request_id: str, question: str, by: str | None, as_json: bool) -> None:
    """Ask the agent before you vote. It answers from what the run found, into the request's thread."""
    client = CommandClient()
    client.ask_back(request_id, question=question, by=by)
    late = time.monotonic() + ANSWER_S
    while (request := client.request(request_id)).open_question and time.monotonic() < late:
        time.sleep(POLL_S)
    if as_json:
        print_json([remark.model_dump(mode="json") for remark in request.thread])
        return
    for remark in request.thread:
        echo(visible(str(remark)))
    if request.open_question:
        echo(f"the agent has not answered yet: fluxagents approvals show {request_id}", err=True)


@click.command(
    "take-over",
    epilog=examples(
        "fluxagents approvals take-over 01JB….7 --value growth_per_h=0.41 --source 'chemostat of 12 May'"
    ),
)
@click.argument("request_id")
@click.option(
    "--value",
    "pairs",
    multiple=True,
    required=True,
    metavar="NAME=VALUE",
    help="What the tool would have found.",
)
@click.option("--source", required=True, help="Where you have it from.")
@by_option
@json_option
def take_over(request_id: str, pairs: tuple[str, ...], source: str, by: str | None, as_json: bool) -> None:
    """Give the result in the tool's place: the call is not made, and the result is marked as yours."""
    value: dict[str, JsonValue] = parse_pairs(pairs)
    state = CommandClient().take_over(request_id, value=value, source=source, by=by)
    if as_json:
        verdict = {"request_id": request_id, "verdict": "taken over"}
        print_json({**verdict, "run_id": state.run_id, "status": state.status})
    else:
        echo(f"{request_id}: taken over; run {state.run_id} is {state.status}")


def _describe_range(field: ArgumentField) -> str:
    if field.choices:
        return ", ".join(map(str, field.choices))
    above = ">" if field.excludes_minimum else "≥"
    limits = [
        f"{above} {field.minimum:g}" if field.minimum is not None else "",
        f"≤ {field.maximum:g}" if field.maximum is not None else "",
    ]
    return " and ".join(limit for limit in limits if limit) or field.type.replace("_", "/")
