"""A run as commands show it: plain data for `--json`, and lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from fluxagents.flows.commands import CallTool
from fluxagents.flows.state import Finding, RunState
from fluxagents.prompts.human_text import visible
from fluxagents.prompts.statistics.costs import Prices, Usage, cost
from fluxagents.workers.commands.display.event_text import SHORT_DIGEST, describe_call, shorten
from fluxagents.workers.commands.display.times import format_time


def run_document(state: RunState) -> dict[str, Any]:
    """A run as scripts read it."""
    return {
        "run_id": state.run_id,
        "session": state.session,
        "flow": f"{state.flow.name} v{state.flow.version}",
        "model": state.model_name,
        "model_digest": state.model,
        "inputs": state.inputs,
        "status": state.status,
        "node": state.node,
        "answer": state.answer,
        "untraced": list(state.untraced),
        "facts": state.facts,
        "findings": [finding.model_dump(mode="json") for finding in state.findings],
        "steps": state.seq - 1,
        "artifacts": [finding.artifact for finding in state.findings if finding.artifact],
        "not_before": format_time(state.not_before_ms) if state.not_before_ms else None,
        "parent": state.parent or None,
        "parts": list(state.joining.runs) if state.joining else [],
        "waiting_for": state.waiting_for.model_dump(mode="json") if state.waiting_for else None,
        "errors": [error.model_dump(mode="json") for error in state.errors],
        "error": state.error.model_dump(mode="json") if state.error else None,
        "tokens": {"in": state.tokens_in, "out": state.tokens_out},
        "started": format_time(state.started_ms),
        "updated": format_time(state.updated_ms),
    }


def cost_document(taken: Mapping[str, Usage], prices: Prices | None) -> dict[str, Any]:
    """What a run asked of chat models, and what that costs, as scripts read it."""
    return {
        "chat_models": {name: asdict(usage) for name, usage in taken.items()},
        "cost": asdict(cost(taken, prices)),
    }


def print_run(state: RunState) -> None:
    """A run for people: the answer first, then what it rests on."""
    console = Console()
    colour = {"finished": "green", "failed": "red", "dead": "red", "waiting": "yellow"}.get(
        state.status, "cyan"
    )
    console.print(Text.assemble(("run ", "dim"), state.run_id, "  ", (state.status, f"bold {colour}")))
    console.print(
        Text.assemble(
            ("flow ", "dim"),
            f"{state.flow.name} v{state.flow.version}",
            ("  model ", "dim"),
            visible(state.model_name),
        )
    )
    if state.inputs.get("question"):
        console.print(Text.assemble(("question ", "dim"), visible(str(state.inputs["question"]))))
    if state.answer:
        console.print(Text(f"\n{visible(state.answer)}\n"))
    if state.waiting_for:
        console.print(Text(f"\nwaits for a human: {visible(state.waiting_for.question)}", style="yellow"))
        if state.waiting_for.deadline_ms:
            console.print(Text(f"  until {format_time(state.waiting_for.deadline_ms)}"))
        console.print(Text(f"  fluxagents approvals show {state.waiting_for.id}\n"))
    if state.status == "running" and state.not_before_ms:
        console.print(Text(f"\ngoes on after {format_time(state.not_before_ms)}", style="cyan"))
    if state.joining:
        console.print(
            Text(f"\n{state.joining.call.tool} runs in {len(state.joining.runs)} parts", style="cyan")
        )
        console.print(Text(f"  fluxagents runs list --session {state.run_id}\n"))
    if state.error:
        console.print(Text(f"\nerror: {state.error.message}", style="red"))
        for suggestion in state.error.suggestions:
            console.print(Text(f"  → {suggestion}"))
    for finding in state.findings:
        _print_finding(console, finding)


def _print_finding(console: Console, finding: Finding) -> None:
    shown = shorten(describe_call(CallTool(tool=finding.tool, args=finding.args)))
    artifact = (finding.artifact or "")[:SHORT_DIGEST]
    console.print(Text.assemble((f"{finding.id} ", "dim"), shown, "  ", (artifact, "dim")))
    if finding.hypothesis:
        console.print(Text(f"   tests: {visible(finding.hypothesis)}", style="dim"))


def print_cost(taken: Mapping[str, Usage], prices: Prices | None) -> None:
    """A line for each chat model that answered, and what all of it costs."""
    console = Console()
    for name, one in taken.items():
        cached = f" ({one.tokens_cached:,} from its cache)" if one.tokens_cached else ""
        calls = "1 answer" if one.calls == 1 else f"{one.calls} answers"
        said = f"{calls}, {one.tokens_in:,} tokens in{cached}, {one.tokens_out:,} out"
        console.print(Text.assemble(("chat model ", "dim"), name, "  ", (said, "dim")))
    found = cost(taken, prices)
    if found.amount is not None and taken:
        said = f"{found.amount:.6f} {found.currency}" if found.currency else "nothing"
        console.print(Text.assemble(("cost ", "dim"), said))
    elif found.unpriced:
        names = ", ".join(found.unpriced)
        console.print(Text(f"cost unknown: FLUXAGENTS_CHAT_PRICES has no price for {names}", style="dim"))
