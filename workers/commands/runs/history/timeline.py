"""`fluxagents runs timeline`: what happened in a run, in order, and where its time went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.event_text import describe_event, shorten
from fluxagents.flows.history.recorded_steps import Step, runs_begun, steps_of
from fluxagents.flows.history.run_record import RunRecord, StepRecord, record_of
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import (
    PROSE_WIDTH,
    clip,
    indent,
    open_console,
    print_json,
    screen_width,
)
from fluxagents.workers.commands.display.times import (
    describe_spent,
    format_duration,
    format_elapsed,
    format_time,
)
from fluxagents.workers.commands.runs.history.run_log import open_log
from fluxagents.workers.commands.runs.history.summary_lines import print_summary, summary_document
from fluxagents.workers.commands.runs.history.timeline_bars import CUT_MARK, MARKS, draw_bars

LONGEST = 200
"""Characters of an event's text that are shown; `runs events --json` has all."""

LABEL = 30
"""Width of the label before a bar."""

NARROWEST = 20
"""Width of the bars where there is no room for them; lines are folded then."""


@click.command(epilog=examples("fluxagents runs timeline 01JB…", "fluxagents runs timeline 01JB… --bars"))
@click.argument("run_id")
@click.option("--bars", "as_bars", is_flag=True, help="Draw where the time went, one row per step.")
@json_option
def timeline(run_id: str, as_bars: bool, as_json: bool) -> None:
    """Show what happened in a run: one paragraph per step, with times from its start.

    Time in the queue and time at work are separate where the log says how long the work took. Branches
    show which condition held and the values that it saw.
    """
    log = open_log(run_id)
    steps, record = steps_of(log.events), record_of(log.events)
    if as_json:
        print_json(timeline_document(steps, record, _children(log.client, record)))
    elif as_bars:
        _print_bars(steps, record)
    else:
        _print_steps(steps, record, _children(log.client, record))


def _children(client: CommandClient, record: RunRecord) -> dict[str, dict[str, Any]]:
    """The status and times of the runs that it began; those that are nowhere are left out."""
    children: dict[str, dict[str, Any]] = {}
    for run_id in record.children:
        try:
            state = client.store.load(run_id)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            continue
        children[run_id] = {
            "status": state.status,
            "began_s": (state.started_ms - record.state.started_ms) / 1_000,
            "lasted_s": (state.updated_ms - state.started_ms) / 1_000,
        }
    return children


def timeline_document(
    steps: Sequence[Step], record: RunRecord, children: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """A timeline as scripts read it; times in seconds."""
    return {
        "run_id": record.state.run_id,
        **summary_document(record),
        "children": children,
        "steps": [
            _step_document(step, step_record, record)
            for step, step_record in zip(steps, record.steps, strict=True)
        ],
    }


def _step_document(step: Step, step_record: StepRecord, record: RunRecord) -> dict[str, Any]:
    start = record.state.started_ms
    return {
        "step": step.seq,
        "node": step.node,
        "kind": step_record.kind,
        "at": format_time(step.at_ms),
        "at_s": (step.at_ms - start) / 1_000,
        "spent_s": {spent: ms / 1_000 for spent, ms in step_record.spent_ms.items() if ms},
        "work_s": None if step_record.work_ms is None else step_record.work_ms / 1_000,
        "is_retry": step_record.retry,
        "tokens": {
            "in": step_record.tokens_in,
            "out": step_record.tokens_out,
            "saved": step_record.tokens_saved,
        },
        "runs": [run for run in record.children if run in runs_begun(step.events)],
        "events": [
            {"type": event.type, "text": describe_event(event), **event.model_dump(mode="json")}
            for event in step.events
        ],
    }


def _print_steps(steps: Sequence[Step], record: RunRecord, children: dict[str, dict[str, Any]]) -> None:
    console = open_console()
    print_summary(console, record)
    for step, step_record in zip(steps, record.steps, strict=True):
        _print_head(console, step, step_record, record.state.started_ms)
        for event in step.events:
            _print_event(console, event)
        for run_id in runs_begun(step.events):
            if run_id in children:
                _print_child(console, run_id, children[run_id])


def _print_head(console: Console, step: Step, step_record: StepRecord, start_ms: int) -> None:
    spent = describe_spent(step_record.spent_ms)
    tokens = (
        f"{step_record.tokens_in:,} + {step_record.tokens_out:,} tokens"
        if step_record.tokens_in or step_record.tokens_out
        else ""
    )
    details = ", ".join(part for part in (spent, tokens, "a retry" if step_record.retry else "") if part)
    at = f"+{format_elapsed(step.at_ms - start_ms)}"
    console.print()
    console.print(
        Text.assemble(
            (f"{at:>9}", "cyan"), f"  step {step.seq}  ", (step.node, "bold"), (f"  {details}", "dim")
        )
    )


def _print_event(console: Console, event: Any) -> None:
    style = "red" if getattr(event, "error", None) else ""
    text = Text.assemble((event.type, style), f" {clip(describe_event(event), LONGEST)}")
    console.print(indent(text, 11))


def _print_child(console: Console, run_id: str, child: dict[str, Any]) -> None:
    text = f"↳ {run_id}: {child['status']} after {format_duration(child['lasted_s'])}"
    console.print(indent(text, 13), style="dim")


def _print_bars(steps: Sequence[Step], record: RunRecord) -> None:
    console = open_console()
    print_summary(console, record)
    console.print()
    width = max((screen_width() or PROSE_WIDTH) - LABEL - 10, NARROWEST)
    for bar, step_record in zip(draw_bars(steps, width), record.steps, strict=True):
        label = shorten(
            f"{step_record.seq} {step_record.node} {step_record.tool or step_record.kind}", LABEL - 1
        )
        console.print(
            Text.assemble(
                f"{label:<{LABEL}}",
                (f"{bar.cells:<{width}}", "cyan"),
                f" {format_duration(bar.ms / 1_000):>9}",
            )
        )
    legend = ", ".join(f"{mark} {spent}" for spent, mark in MARKS.items())
    console.print(f"\n{legend}, {CUT_MARK} a human, a pause or a time (not to scale)", style="dim")
