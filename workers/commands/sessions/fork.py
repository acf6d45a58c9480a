"""`fluxagents sessions fork`: a session made from another one."""

from __future__ import annotations

import click

from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option, parse_pairs
from fluxagents.workers.commands.display.output import count_text, echo, print_json
from fluxagents.workers.commands.display.slow_notice import notice_when_slow


@click.command(
    epilog=examples(
        "fluxagents sessions fork survey survey-2",
        "fluxagents sessions fork survey on-core --model e_coli_core",
        "fluxagents sessions fork survey anew --input question='How fast does it grow?'",
    )
)
@click.argument("name")
@click.argument("new")
@click.option("--model", help="Begin all runs anew on this model.")
@click.option(
    "--input", "pairs", multiple=True, metavar="NAME=VALUE", help="Begin them anew with another input."
)
@json_option
def fork(name: str, new: str, model: str | None, pairs: tuple[str, ...], as_json: bool) -> None:
    """Make the session NEW with the runs of the session NAME, which stays as it is.

    Without changes each run is forked at its end: what it did is shared, and its last step is done again.
    With --model or --input each run begins anew, with its flow and its other inputs as they were; runs whose
    flow has no such input are left out. NEW has the label, the budget and the weight of NAME.
    """
    with notice_when_slow("forking runs …"):
        session, runs = CommandClient().sessions.fork(name, new, inputs=parse_pairs(pairs), model=model or "")
    if as_json:
        print_json({"session": session.name, "forked_from": name, "runs": runs})
    else:
        echo(f"session {session.name}: {count_text(len(runs), 'run')} from session {name}")
