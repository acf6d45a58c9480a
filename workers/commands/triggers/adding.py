"""`fluxagents triggers add`: which events start which runs."""

from __future__ import annotations

from typing import Literal, cast

import click

from fluxagents.flows.events import Lane
from fluxagents.scheduler.schedules.grid import every
from fluxagents.scheduler.triggers.event_trigger import (
    ArtifactSource,
    ModelSource,
    RunEnd,
    RunSource,
    Source,
)
from fluxagents.workers.commands.display.options import examples, json_option, parse_pairs
from fluxagents.workers.commands.display.output import echo, print_json
from fluxagents.workers.commands.triggers import trigger_access


@click.command(
    epilog=examples(
        "fluxagents triggers add slow --on run --of metabolic_analysis --when 'growth_per_h < 0.1' "
        "--flow model_validation",
        "fluxagents triggers add check --on model --flow model_validation",
        "fluxagents triggers add again --on run --ends failed --ends dead --flow metabolic_analysis "
        "--expression 'question=question' --wait 10m --debounce --key model_name --max-open 1",
    )
)
@click.argument("name")
@click.option(
    "--on",
    "kind",
    type=click.Choice(["run", "model", "artifact"]),
    required=True,
    help="A run has ended; a tool has made a model; a tool has stored a result.",
)
@click.option("--of", default="", help="Only of this flow (--on run), or of this tool.")
@click.option(
    "--ends",
    type=click.Choice(["finished", "failed", "cancelled", "dead"]),
    multiple=True,
    default=("finished",),
    show_default=True,
    help="With --on run: how it ended.",
)
@click.option("--when", default="", help="A condition on the event, in the language of flows.")
@click.option(
    "--flow", required=True, help="What is started: a flow's name, or a file, which fixes the flow."
)
@click.option("--model", help="On this model.  [default: the one of the event]")
@click.option("--input", "pairs", multiple=True, metavar="NAME=VALUE", help="An input of the flow.")
@click.option(
    "--expression", "texts", multiple=True, metavar="NAME=TEXT", help="An input, computed from the event."
)
@click.option("--wait", help="Gather events for so long (30s, 10m), and start one run for all of them.")
@click.option("--debounce", is_flag=True, help="The wait begins anew with each event.")
@click.option("--key", default="", help="An expression: events with equal values belong together.")
@click.option("--max-open", type=click.IntRange(0), default=0, help="Runs of a key that may be open at once.")
@click.option("--reply-to", default="", metavar="WEBHOOK", help="Is told how the runs go.")
@click.option("--lane", type=click.Choice(["bulk", "interactive"]), default="bulk", show_default=True)
@click.option("--replace", is_flag=True, help="Replace the trigger of this name.")
@json_option
def add(
    name: str,
    kind: Literal["run", "model", "artifact"],
    of: str,
    ends: tuple[RunEnd, ...],
    when: str,
    flow: str,
    model: str | None,
    pairs: tuple[str, ...],
    texts: tuple[str, ...],
    wait: str | None,
    debounce: bool,
    key: str,
    max_open: int,
    reply_to: str,
    lane: str,
    replace: bool,
    as_json: bool,
) -> None:
    """Start a run of a flow for each event from now on, under NAME.

    Expressions speak of the event: for --on run of the facts and inputs of the run, and of run_id, session,
    flow, status, answer, error, model, model_name; for the others of tool, artifact, findings and the same
    ids. With --wait there are also `events`, all that were gathered. An event that a trigger led to starts no
    run of the same trigger again.
    """
    if debounce and wait is None:
        raise click.UsageError("--debounce needs --wait")
    trigger = trigger_access.open_triggers().add(
        name,
        source=_read_source(kind, of, ends),
        flow=flow,
        when=when,
        model=model or "",
        inputs=parse_pairs(pairs),
        expressions=_read_expressions(texts),
        lane=cast("Lane", lane),
        wait_s=every(wait).seconds if wait else 0.0,
        is_debounced=debounce,
        key=key,
        max_open=max_open,
        reply_to=reply_to,
        replace=replace,
    )
    if as_json:
        print_json({"name": name, "on": str(trigger.source), "session": trigger.session})
    else:
        echo(f"{name}: {trigger.source} starts {trigger.flow_name or trigger.flow}")


def _read_source(kind: str, of: str, ends: tuple[RunEnd, ...]) -> Source:
    match kind:
        case "model":
            return ModelSource(tool=of)
        case "artifact":
            return ArtifactSource(tool=of)
    return RunSource(flow=of, ends=ends)


def _read_expressions(texts: tuple[str, ...]) -> dict[str, str]:
    """`name=expression` words; an expression may have `=` of its own."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, expression = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not name=expression")
        found[name] = expression
    return found
