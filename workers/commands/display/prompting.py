"""Questions to the person at the terminal or to the lines of a script, on standard error."""

from __future__ import annotations

import json

import click

from fluxagents.flows.commands import CallTool
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.workers.commands.display.output import echo


def prompt_answer(request: HumanRequest) -> str:
    """Print a question and read its answer; a choice is named by its text or its number."""
    echo(request.question, err=True)
    for number, choice in enumerate(request.choices, start=1):
        echo(f"  {number}  {choice}", err=True)
    if request.answer is not None and not request.choices:
        echo(f"  expected: {request.answer.text}", err=True)
    answer: str = click.prompt("answer", err=True)
    is_number = answer.isdecimal() and answer not in request.choices
    if is_number and 0 < int(answer) <= len(request.choices):
        return request.choices[int(answer) - 1]
    return answer


def call_lines(call: CallTool) -> str:
    """A call of a tool, one argument per line."""
    args = [f"\n    {name} = {json.dumps(value, ensure_ascii=False)}" for name, value in call.args.items()]
    return f"{call.tool}{''.join(args) or ' without arguments'}"
