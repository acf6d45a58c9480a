"""`fluxagents runs diff`: where two runs differ."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from fluxagents.flows.history.run_diff import RunDiff, RunDifference, compare_runs
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import indent, open_console, print_json
from fluxagents.workers.commands.runs.history.run_log import RunLog, open_log

MAX_SHOWN = 400
"""Characters of a value that are shown; `--json` has all."""

TITLES = {
    "start": "Began with",
    "prompts": "Prompts and chat models",
    "path": "Path",
    "decisions": "Decisions",
    "calls": "Tool calls",
    "findings": "Key findings",
    "humans": "Humans",
    "outcome": "Outcome",
    "answer": "Answer",
}


@click.command(
    epilog=examples(
        "fluxagents runs diff 01JB… 01JC…",
        "fluxagents runs diff 01JB… 01JC… --tolerance 0.01",
        "fluxagents runs diff 01JB… 01JC… --json",
    )
)
@click.argument("a")
@click.argument("b")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, max=1),
    default=1e-6,
    show_default=True,
    help="Most difference of two numbers that are the same, as a fraction of the greater one.",
)
@json_option
def diff(a: str, b: str, tolerance: float, as_json: bool) -> None:
    """Show where runs A and B differ: flow, inputs, model, prompts, path, decisions, calls, findings, answer.

    Ids, times and digests of results are no difference. Counts must be equal; other numbers may differ by
    the tolerance, and by 1e-6 unless the tolerance is 0. Exit status: 0 the same, 1 different.
    """
    log = open_log(a)
    other_log = open_log(b, log.client)
    result = compare_runs(log.events, other_log.events, tolerance)
    if as_json:
        print_json(_document(result, log, other_log))
    else:
        _print(result, log, other_log)
    sys.exit(0 if result.same else 1)


def _document(result: RunDiff, a: RunLog, b: RunLog) -> dict[str, Any]:
    return {
        "a": a.state.run_id,
        "b": b.state.run_id,
        "same": result.same,
        "tolerance_fraction": result.tolerance,
        "path": [{"node": node, "in": side} for side, node in result.path],
        "differences": [asdict(difference) for difference in result.differences],
    }


def _print(result: RunDiff, a: RunLog, b: RunLog) -> None:
    console = open_console()
    for side, log in (("A", a), ("B", b)):
        state = log.state
        flow = f"{state.flow.name} v{state.flow.version}"
        console.print(f"{side}  {state.run_id}  {flow}  {state.model_name}  {state.status_text}")
    if result.same:
        console.print(f"the same, numbers to {result.tolerance:g}", style="green")
        return
    for section, title in TITLES.items():
        differences = [difference for difference in result.differences if difference.section == section]
        if differences:
            console.print(f"\n{title}", style="bold")
        if section == "path" and differences:
            _print_path(console, result)
            continue
        for difference in differences:
            _print_difference(console, difference)


def _print_path(console: Console, result: RunDiff) -> None:
    for side, node in result.path:
        mark, style = {"both": (" ", "dim"), "a": ("A", "red"), "b": ("B", "green")}[side]
        console.print(f"  {mark}  {node}", style=style)


def _print_difference(console: Console, difference: RunDifference) -> None:
    by = f" ({difference.relative:.2g} relative)" if difference.relative is not None else ""
    console.print(indent(f"{difference.what}{by}", 2))
    for side, value, style in (("A", difference.a, "red"), ("B", difference.b, "green")):
        text = Text.assemble((f"{side}  ", style), _text(value))
        console.print(indent(text, 4))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… (--json has all)"
