"""`fluxagents sessions budget`: what the runs of a session may use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.session import SessionBudget
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import by_option, examples, json_option
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.sessions.usage_view import describe_part, entry_document, list_parts
from fluxagents.workers.files.price_file import load_prices
from fluxagents.workers.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

POSITIVE = click.FloatRange(min=0, min_open=True)


def limit_options(command: Command) -> Command:
    """Give a command the amounts of a budget as options."""
    for option in (
        click.option("--runs", type=click.IntRange(min=1), help="Runs that may be started."),
        click.option("--processor-minutes", type=POSITIVE, help="That steps may work."),
        click.option("--money", type=POSITIVE, help="In the currency of FLUXAGENTS_CHAT_PRICES."),
        click.option("--tokens", type=click.IntRange(min=1), help="Of chat models, in and out."),
    ):
        command = option(command)
    return command


def build_budget(
    tokens: int | None, money: float | None, processor_minutes: float | None, runs: int | None
) -> SessionBudget:
    """The budget that options name.

    Raises:
        FluxError: If it limits money and nobody knows the prices.
    """
    if money is not None and load_prices(Settings.load()) is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"a budget of {money:g} cannot be held to: no prices are known",
            suggestions=("name a file of prices in FLUXAGENTS_CHAT_PRICES, of the workers as well",),
        )
    return SessionBudget(tokens=tokens, money=money, processor_minutes=processor_minutes, runs=runs)


@click.command(
    epilog=examples(
        "fluxagents sessions budget survey",
        "fluxagents sessions budget survey --tokens 500000 --runs 200",
        "fluxagents sessions budget survey --unlimited",
    )
)
@click.argument("name")
@limit_options
@click.option("--unlimited", is_flag=True, help="Take all limits away that are not named.")
@click.option("--weight", type=POSITIVE, help="Of its share of busy workers; 1 is that of others.")
@by_option
@json_option
def budget(
    name: str,
    tokens: int | None,
    money: float | None,
    processor_minutes: float | None,
    runs: int | None,
    unlimited: bool,
    weight: float | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Show or change what the runs of a session may use together, with the runs that they begin.

    Limits that are not named stay as they are. A run whose session has used up its budget is paused before
    its next step; `sessions resume` lets it go on after the budget was raised.
    """
    sessions = CommandClient().sessions
    named = build_budget(tokens, money, processor_minutes, runs).model_dump(exclude_none=True)
    if named or unlimited or weight is not None:
        kept = {} if unlimited else sessions.show(name).session.budget.model_dump(exclude_none=True)
        sessions.limit(name, budget=SessionBudget(**{**kept, **named}), weight=weight, by=by)
    entry = sessions.show(name)
    if as_json:
        print_json(entry_document(entry))
        return
    for part in list_parts(entry):
        echo(f"{part.what}: {describe_part(part)}" + ("" if part.allowed else ", unlimited"))
    if entry.session.weight != 1:
        echo(f"weight: {entry.session.weight:g}")
