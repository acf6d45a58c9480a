"""`fluxagents runs explain`: one step of a run from all sides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fluxagents.workers.commands.display.output import examples, json_option, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from fluxagents.flows.history.explanation import Explanation
    from fluxagents.flows.history.state_diff import Change
    from fluxagents.flows.state import RunState
    from fluxagents.tasks.chat.request import RecordedRequest
    from fluxagents.workers.commands.runs.run_log import RunLog

SHOWN = 1_000
"""Characters of a value that are shown; `--json` has all."""

PROMPT_LINES = 12
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
    """Show one step: the state before, what it called for, the prompt, what happened, what that changed.

    The prompt is composed again from the log, as `fluxagents prompts render` does, and compared with the
    digest of what was sent.
    """
    from fluxagents.flows.history.explanation import explain_step
    from fluxagents.workers.commands.runs.run_log import open_log

    log = open_log(run_id)
    found = explain_step(log.events, step, log.controller)
    request = _request(log, found)
    if as_json:
        print_json(_document(found, request))
    else:
        _print(found, request, full=full)


def _request(log: RunLog, found: Explanation) -> RecordedRequest | None:
    """What the decision of the step sent; None for a step that decides nothing."""
    if not found.record.prompt or found.step.before is None:
        return None
    from fluxagents.tasks.chat.request import rebuild_request
    from fluxagents.workers.archive.prompt_library import open_prompts

    prompts = open_prompts(log.client.settings)
    flow = log.flow(found.step.before.flow.digest)
    return rebuild_request(log.events, flow, found.step.seq, prompts, log.client.tools)


def _document(found: Explanation, request: RecordedRequest | None) -> dict[str, Any]:
    step, one = found.step, found.record
    return {
        "run_id": step.after.run_id,
        "step": step.seq,
        "node": step.node,
        "kind": one.kind,
        "spent_s": {spent: ms / 1_000 for spent, ms in one.spent_ms.items() if ms},
        "before": None if step.before is None else step.before.model_dump(mode="json"),
        "command": None if found.command is None else found.command.model_dump(mode="json"),
        "prompt": None
        if request is None
        else {
            **request.use.model_dump(mode="json"),
            "is_exact": request.is_exact,
            **request.request.document,
        },
        "events": [event.model_dump(mode="json") for event in step.events],
        "artifacts": list(found.artifacts),
        "changes": [
            {"path": one.path, "kind": one.kind, "before": one.before, "after": one.after}
            for one in found.changes
        ],
        "after": step.after.model_dump(mode="json"),
    }


def _print(found: Explanation, request: RecordedRequest | None, *, full: bool) -> None:
    from rich.console import Console

    from fluxagents.workers.commands.display.views import lasted

    console, step, one = Console(highlight=False), found.step, found.record
    spent = ", ".join(f"{spent} {lasted(ms / 1_000)}" for spent, ms in one.spent_ms.items() if ms)
    console.print(f"step {step.seq} of run {step.after.run_id} at node {step.node}: {one.kind}", style="bold")
    if spent:
        console.print(spent, style="dim")
    if step.before is not None:
        _heading(console, "Before")
        _print_state(console, step.before)
        _heading(console, "Called for")
        _print_value(console, found.command.model_dump(mode="json") if found.command else None, full=full)
    if request is not None:
        _print_prompt(console, request, full=full)
    _heading(console, "Happened")
    for event in step.events:
        told = event.model_dump(mode="json", exclude={"type", "seq", "at_ms", "prompt"})
        console.print(event.type)
        _print_value(console, told, full=full)
    _heading(console, "Changed")
    for change in found.changes:
        _print_change(console, change, full=full)
    _heading(console, "After")
    _print_state(console, step.after)


def _heading(console: Console, text: str) -> None:
    console.print(f"\n{text}", style="bold")


def _print_state(console: Console, state: RunState) -> None:
    """The state in a few lines; what changed follows, and `--json` has all."""
    from rich.padding import Padding
    from rich.text import Text

    lists = f"{len(state.findings)} findings, {len(state.errors)} errors, {len(state.notes)} notes"
    lines = [f"{state.status} at {state.node}, next step {state.seq}, {lists}"]
    if state.facts:
        lines.append(f"facts {json.dumps(state.facts, ensure_ascii=False)}")
    if state.pending:
        lines.append(f"pending {state.pending.model_dump_json()}")
    if state.waiting_for:
        lines.append(f"waits for {state.waiting_for.id}: {state.waiting_for.question}")
    for line in lines:
        console.print(Padding(Text(line), (0, 0, 0, 2), expand=False))


def _print_value(console: Console, value: Any, *, full: bool) -> None:
    from rich.padding import Padding
    from rich.text import Text

    text = "nothing" if value is None else _text(value, full=full)
    console.print(Padding(Text(text), (0, 0, 0, 2), expand=False))


def _text(value: Any, *, full: bool) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if full or len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text):,} characters; --full)"


def _print_prompt(console: Console, request: RecordedRequest, *, full: bool) -> None:
    from rich.padding import Padding
    from rich.text import Text

    use, document = request.use, request.request.document
    exact = {True: "exactly what was sent", False: "NOT what was sent", None: "no digest was recorded"}
    _heading(console, f"Prompt {use.name} version {use.version} to {use.chat_model}")
    told = f"{use.tokens_in:,} + {use.tokens_out:,} tokens, {len(document['tools'])} functions"
    console.print(f"  {told}; {exact[request.is_exact]}", style="red" if request.is_exact is False else "dim")
    for message in document["messages"]:
        lines = message["content"].splitlines()
        console.print(f"  {message['role']}", style="cyan")
        shown = lines if full else lines[:PROMPT_LINES]
        console.print(Padding(Text("\n".join(shown)), (0, 0, 0, 4), expand=False))
        if len(shown) < len(lines):
            console.print(f"    … {len(lines) - len(shown)} more lines (--full)", style="dim")


def _print_change(console: Console, change: Change, *, full: bool) -> None:
    from rich.padding import Padding
    from rich.text import Text

    mark, colour = MARKS[change.kind]
    before, after = _text(change.before, full=full), _text(change.after, full=full)
    value = {"added": after, "removed": before, "changed": f"{before} → {after}"}[change.kind]
    console.print(
        Padding(Text.assemble((f"{mark} {change.path}", colour), f" {value}"), (0, 0, 0, 2), expand=False)
    )
