"""`fluxagents runs diff`: where two runs differ."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from fluxagents.workers.commands.display.output import examples, json_option, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from fluxagents.flows.history.run_diff import Difference, RunDiff
    from fluxagents.workers.commands.runs.run_log import RunLog

SHOWN = 400
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
    from fluxagents.flows.history.run_diff import compare_runs
    from fluxagents.workers.commands.runs.run_log import open_log

    one = open_log(a)
    other = open_log(b, one.client)
    found = compare_runs(one.events, other.events, tolerance)
    if as_json:
        print_json(_document(found, one, other))
    else:
        _print(found, one, other)
    sys.exit(0 if found.same else 1)


def _document(found: RunDiff, a: RunLog, b: RunLog) -> dict[str, Any]:
    return {
        "a": a.state.run_id,
        "b": b.state.run_id,
        "same": found.same,
        "tolerance_fraction": found.tolerance,
        "path": [{"node": node, "in": side} for side, node in found.path],
        "differences": [asdict(one) for one in found.differences],
    }


def _print(found: RunDiff, a: RunLog, b: RunLog) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for side, log in (("A", a), ("B", b)):
        state = log.state
        flow = f"{state.flow.name} v{state.flow.version}"
        console.print(f"{side}  {state.run_id}  {flow}  {state.model_name}  {state.status}")
    if found.same:
        console.print(f"the same, numbers to {found.tolerance:g}", style="green")
        return
    for section, title in TITLES.items():
        shown = [one for one in found.differences if one.section == section]
        if shown:
            console.print(f"\n{title}", style="bold")
        if section == "path" and shown:
            _print_path(console, found)
            continue
        for one in shown:
            _print_difference(console, one)


def _print_path(console: Console, found: RunDiff) -> None:
    for side, node in found.path:
        mark, style = {"both": (" ", "dim"), "a": ("A", "red"), "b": ("B", "green")}[side]
        console.print(f"  {mark}  {node}", style=style)


def _print_difference(console: Console, one: Difference) -> None:
    from rich.padding import Padding
    from rich.text import Text

    by = f" ({one.relative:.2g} relative)" if one.relative is not None else ""
    console.print(Padding(Text(f"{one.what}{by}"), (0, 0, 0, 2), expand=False))
    for side, value, style in (("A", one.a, "red"), ("B", one.b, "green")):
        text = Text.assemble((f"{side}  ", style), _text(value))
        console.print(Padding(text, (0, 0, 0, 4), expand=False))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… (--json has all)"
