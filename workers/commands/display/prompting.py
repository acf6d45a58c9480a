"""Questions to whoever sits at the terminal, or to the lines of a script; asked on standard error."""

from __future__ import annotations

import json

import click

from fluxagents.flows.commands import CallTool
from fluxagents.flows.events import HumanRequest


def asked(request: HumanRequest) -> str:
    """The answer to a question; of several choices one, by its name or its number."""
    click.echo(request.question, err=True)
    for number, choice in enumerate(request.choices, start=1):
        click.echo(f"  {number}  {choice}", err=True)
    answer: str = click.prompt("answer", err=True)
    is_number = answer.isdecimal() and answer not in request.choices
    if is_number and 0 < int(answer) <= len(request.choices):
        return request.choices[int(answer) - 1]
    return answer


def call_lines(call: CallTool) -> str:
    """A call of a tool, an argument a line."""
    args = [f"\n    {name} = {json.dumps(value, ensure_ascii=False)}" for name, value in call.args.items()]
    return f"{call.tool}{''.join(args) or ' without arguments'}"
