"""`fluxagents runs explain`: one step of a run from all sides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.text import Text

from fluxagents.flows.history.explanation import Explanation, explain_step
from fluxagents.flows.history.state_diff import Change
from fluxagents.flows.state import RunState
from fluxagents.workers.archive.prompt_library import open_prompts
from fluxagents.workers.commands.display.options import examples, json_option
from fluxagents.workers.commands.display.output import indent, open_console, print_json
from fluxagents.workers.commands.display.times import describe_spent
from fluxagents.workers.commands.runs.history.run_log import RunLog, open_log

if TYPE_CHECKING:
    from fluxagents.tasks.chat.request import RecordedRequest


MAX_SHOWN = 1_000
"""Characters of a value that are shown; `--json` has all."""

MAX_PROMPT_LINES = 12
"""Lines of each message that are shown without `--full`."""

MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


@click.command(
    epilog=examples(
        "fluxagents runs explain 01JB… --step 3",
        "fluxagents runs explain 01JB… --step 3 --full    # the whole prompt",
        "fluxagents runs explain 01JB… --step 3 --json",
    )
)
@click.argument("run_id")
@click.option("--step", type=click.IntRange(min=0), required=True, help="`runs timeline` shows the steps.")
@click.option("--full", is_flag=True, help="Show messages and values whole.")
@json_option
def explain(run_id: str, step: int, full: bool, as_json: bool) -> None:
    """Show one step: the state before, its command, the prompt, its events, and what they changed.

    The prompt is composed again from the log, as `fluxagents prompts render` does, and compared with the
    digest of what was sent.
    """
    log = open_log(run_id)
    explanation = explain_step(log.events, step, log.controller)
    request = _request(log, explanation)
    if as_json:
        print_json(_document(explanation, request))
    else:
        _print(explanation, request, full=full)


def _request(log: RunLog, explanation: Explanation) -> RecordedRequest | None:
    """The request that the decision of the step sent; None for a step without a decision."""
    if not explanation.record.prompt or explanation.step.before is None:
        return None
    prompts = open_prompts(log.client.settings)
    return log.request(explanation.step.before.flow.digest, explanation.step.seq, prompts)


def _document(explanation: Explanation, request: RecordedRequest | None) -> dict[str, Any]:
    step, record = explanation.step, explanation.record
    return {
        "run_id": step.after.run_id,
        "step": step.seq,
        "node": step.node,
        "kind": record.kind,
        "spent_s": {spent: ms / 1_000 for spent, ms in record.spent_ms.items() if ms},
        "before": None if step.before is None else step.before.model_dump(mode="json"),
        "command": None if explanation.command is None else explanation.command.model_dump(mode="json"),
        "prompt": None
        if request is None
        else {
            **request.use.model_dump(mode="json"),
            "is_exact": request.is_exact,
            **request.request.document,
        },
        "events": [event.model_dump(mode="json") for event in step.events],
        "artifacts": list(explanation.artifacts),
        "changes": [
            {"path": change.path, "kind": change.kind, "before": change.before, "after": change.after}
            for change in explanation.changes
        ],
        "after": step.after.model_dump(mode="json"),
    }


def _print(explanation: Explanation, request: RecordedRequest | None, *, full: bool) -> None:
    console, step, record = open_console(), explanation.step, explanation.record
    spent = describe_spent(record.spent_ms)
    console.print(
        f"step {step.seq} of run {step.after.run_id} at node {step.node}: {record.kind}", style="bold"
    )
    if spent:
        console.print(spent, style="dim")
    if step.before is not None:
        _heading(console, "Before")
        _print_state(console, step.before)
        _heading(console, "Command")
        _print_value(
            console, explanation.command.model_dump(mode="json") if explanation.command else None, full=full
        )
    if request is not None:
        _print_prompt(console, request, full=full)
    _heading(console, "Events")
    for event in step.events:
        fields = event.model_dump(mode="json", exclude={"type", "seq", "at_ms", "prompt"})
        console.print(event.type)
        _print_value(console, fields, full=full)
    _heading(console, "Changes")
    for change in explanation.changes:
        _print_change(console, change, full=full)
    _heading(console, "After")
    _print_state(console, step.after)


def _heading(console: Console, text: str) -> None:
    console.print(f"\n{text}", style="bold")


def _print_state(console: Console, state: RunState) -> None:
    """The state in a few lines; what changed follows, and `--json` has all."""
    lists = f"{len(state.findings)} findings, {len(state.errors)} errors, {len(state.notes)} notes"
    lines = [f"{state.status} at {state.node}, next step {state.seq}, {lists}"]
    if state.facts:
        lines.append(f"facts {json.dumps(state.facts, ensure_ascii=False)}")
    if state.pending:
        lines.append(f"pending {state.pending.model_dump_json()}")
    if state.waiting_for:
        lines.append(f"waits for {state.waiting_for.id}: {state.waiting_for.question}")
    for line in lines:
        console.print(indent(line, 2))


def _print_value(console: Console, value: Any, *, full: bool) -> None:
    text = "nothing" if value is None else _text(value, full=full)
    console.print(indent(text, 2))


def _text(value: Any, *, full: bool) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return (
        text if full or len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text):,} characters; --full)"
    )


def _print_prompt(console: Console, request: RecordedRequest, *, full: bool) -> None:
    use, document = request.use, request.request.document
    exact = {True: "exactly what was sent", False: "NOT what was sent", None: "no digest was recorded"}
    _heading(console, f"Prompt {use.name} version {use.version} to {use.chat_model}")
    size = f"{use.tokens_in:,} + {use.tokens_out:,} tokens, {len(document['tools'])} functions"
    console.print(f"  {size}; {exact[request.is_exact]}", style="red" if request.is_exact is False else "dim")
    for message in document["messages"]:
        lines = message["content"].splitlines()
        console.print(f"  {message['role']}", style="cyan")
        visible_lines = lines if full else lines[:MAX_PROMPT_LINES]
        console.print(indent("\n".join(visible_lines), 4))
        if len(visible_lines) < len(lines):
            console.print(f"    … {len(lines) - len(visible_lines)} more lines (--full)", style="dim")


def _print_change(console: Console, change: Change, *, full: bool) -> None:
    mark, colour = MARKS[change.kind]
    before, after = _text(change.before, full=full), _text(change.after, full=full)
    value = {"added": after, "removed": before, "changed": f"{before} → {after}"}[change.kind]
    console.print(indent(Text.assemble((f"{mark} {change.path}", colour), f" {value}"), 2))
