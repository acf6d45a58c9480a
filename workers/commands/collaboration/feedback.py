"""`fluxagents runs rate` and `correct`: what people think of answers and decisions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

import click

from fluxagents.flows.people.remarks import ExpectedCall, ExpectedValue, Remark
from fluxagents.workers.commands.collaboration.remark_text import describe_remark
from fluxagents.workers.commands.collaboration.subject_options import read_subject, subject_options
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json


@click.command(
    epilog=examples(
        "fluxagents runs rate 01JB… 5", "fluxagents runs rate 01JB… 2 --step 4 --reason 'wrong medium'"
    )
)
@click.argument("run_id")
@click.argument("stars", type=click.IntRange(1, 5))
@subject_options
@click.option("--reason", default="", help="Why.")
@by_option
@json_option
def rate(
    run_id: str, stars: int, step: int | None, finding: str | None, reason: str, by: str | None, as_json: bool
) -> None:
    """Say how good a run, or one of its decisions or findings, is, from 1 to 5; at any time.

    A later rating of yours replaces the former; `fluxagents prompts stats` counts it.
    """
    client = CommandClient()
    on = read_subject(step, finding)
    remark = client.feedback.rate(run_id, stars, on=on, reason=reason, by=by)
    note = f"rated {stars} of 5" if on == "run" else f"{on.replace(':', ' ')} rated {stars} of 5"
    _print_remark(run_id, remark, note, as_json=as_json)


MIN_TOLERANCE = 1e-6


def _parse_call(text: str) -> ExpectedCall:
    """`run_metabolic_fba {"method": "pfba"}` as a call."""
    tool, _, arguments = text.strip().partition(" ")
    try:
        args = json.loads(arguments) if arguments.strip() else {}
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"{arguments!r} is no JSON: {error}") from error
    if not tool or not isinstance(args, dict):
        raise click.BadParameter(f"{text!r} is not TOOL or TOOL {{…}}")
    return ExpectedCall(tool=tool, args=args)


def _parse_calls(
    context: click.Context, parameter: click.Parameter, texts: Sequence[str]
) -> list[ExpectedCall]:
    del context, parameter
    return [_parse_call(text) for text in texts]


def _parse_value(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> ExpectedValue | None:
    del context, parameter
    if text is None:
        return None
    name, _, number = text.rpartition("=")
    try:
        return ExpectedValue(name=name, number=float(number), tolerance=_read_tolerance(number))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not NAME=NUMBER") from error


def _read_tolerance(number: str) -> float:
    """The relative tolerance of a number as it is written: half a unit of its last digit."""
    digits = Decimal(number)
    exponent = digits.as_tuple().exponent
    if not digits or not isinstance(exponent, int):
        return MIN_TOLERANCE
    return min(max(float(abs(Decimal((0, (5,), exponent - 1)) / digits)), MIN_TOLERANCE), 1.0)


@click.command(
    epilog=examples(
        'fluxagents runs correct 01JB… --call \'run_metabolic_fba {"method": "pfba"}\'',
        "fluxagents runs correct 01JB… --value growth_per_h=0.8739 --answer 'it grows on acetate'",
    )
)
@click.argument("run_id")
@click.option(
    "--call",
    "calls",
    multiple=True,
    callback=_parse_calls,
    metavar="'TOOL {…}'",
    help="A call that answers the question, with its arguments as JSON; all of them, in any order.",
)
@click.option(
    "--value",
    callback=_parse_value,
    metavar="NAME=NUMBER",
    help="A number that must be found, to these digits: growth_per_h=0.87.",
)
@click.option("--answer", default="", help="What should have been said.")
@subject_options
@by_option
@json_option
def correct(
    run_id: str,
    calls: list[ExpectedCall],
    value: ExpectedValue | None,
    answer: str,
    step: int | None,
    finding: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Say what an answer or a decision should have been; at any time.

    The run stays as it is. `fluxagents eval add RUN` makes an evaluation case of the correction.
    """
    remark = CommandClient().feedback.correct(
        run_id, calls=calls, value=value, answer=answer, on=read_subject(step, finding), by=by
    )
    _print_remark(run_id, remark, f"corrected: {describe_remark(remark.body)}", as_json=as_json)


def _print_remark(run_id: str, remark: Remark, note: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"run_id": run_id, "note": note, "remark": remark.model_dump(mode="json")})
    else:
        echo(f"run {run_id}: {note}")
