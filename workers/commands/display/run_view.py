"""A run as commands show it: plain data for `--json`, and lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from fluxagents.flows.commands import CallTool
from fluxagents.flows.history.event_text import SHORT_DIGEST, describe_call
from fluxagents.flows.state import Finding, RunState
from fluxagents.flows.texts.display import visible
from fluxagents.flows.texts.trace_context import find_trace
from fluxagents.prompts.statistics.costs import Prices, Usage, cost
from fluxagents.scheduler.batches.batch_tables import NOT_KNOWN
from fluxagents.workers.commands.display.output import clip, count_text, open_console
from fluxagents.workers.commands.display.times import format_time

COLOURS = {"finished": "green", "failed": "red", "dead": "red", "waiting": "yellow"}


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
        "unverified": state.unverified or None,
        "node": state.node,
        "answer": state.answer,
        "answered": state.answered,
        "unanswered": list(state.unanswered),
        "asked": [item.model_dump(mode="json") for item in state.asked or ()],
        "item_answers": [answer.model_dump(mode="json") for answer in state.item_answers],
        "untraced": list(state.untraced),
        "facts": state.facts,
        "findings": [finding.model_dump(mode="json") for finding in state.findings],
        "steps": state.seq - 1,
        "artifacts": [finding.artifact for finding in state.findings if finding.artifact],
        "not_before": format_time(state.not_before_ms) if state.not_before_ms else None,
        "parent": state.parent or None,
        "trace": find_trace(state.trace) or None,
        "parts": list(state.joining.runs) if state.joining else [],
        "waiting_for": state.waiting_for.model_dump(mode="json") if state.waiting_for else None,
        "errors": [error.model_dump(mode="json") for error in state.errors],
        "error": state.error.model_dump(mode="json") if state.error else None,
        "tokens": {"in": state.tokens_in, "out": state.tokens_out},
        "started": format_time(state.started_ms),
        "updated": format_time(state.updated_ms),
    }


def cost_document(used: Mapping[str, Usage], prices: Prices | None) -> dict[str, Any]:
    """The chat models that a run used, and what they cost, as scripts read it."""
    return {
        "chat_models": {name: asdict(usage) for name, usage in used.items()},
        "cost": asdict(cost(used, prices)),
    }


def print_head(console: Console, state: RunState) -> None:
    """Print which run it is: id, status, flow and model."""
    status = (state.status, f"bold {COLOURS.get(state.status, 'cyan')}")
    doubt = (f"  unverified: {state.unverified}", "bold yellow") if state.unverified else ""
    console.print(Text.assemble(("run ", "dim"), state.run_id, "  ", status, doubt))
    flow = f"{state.flow.name} v{state.flow.version}"
    console.print(Text.assemble(("flow ", "dim"), flow, ("  model ", "dim"), visible(state.model_name)))
    if state.trace:
        console.print(Text.assemble(("trace ", "dim"), find_trace(state.trace)))


def print_run(state: RunState) -> None:
    """Print a run for people: the answer first, then the findings behind it."""
    console = open_console()
    print_head(console, state)
    if state.inputs.get("question"):
        console.print(Text.assemble(("question ", "dim"), visible(str(state.inputs["question"]))))
    if state.answer:
        console.print(Text(f"\n{visible(state.answer)}\n"))
    _print_answered(console, state)
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


_ANSWERED_COLOURS = {"yes": "green", "partly": "yellow", "no": "red"}


def _print_answered(console: Console, state: RunState) -> None:
    """Print whether a run that has ended answered all that was asked, and what is open."""
    if not state.has_ended:
        return
    answered = state.answered or NOT_KNOWN
    console.print(Text.assemble(("answered ", "dim"), (answered, _ANSWERED_COLOURS.get(answered, "dim"))))
    for line in state.unanswered:
        console.print(Text(f"  open: {visible(line)}", style="yellow"))


def _print_finding(console: Console, finding: Finding) -> None:
    call = clip(describe_call(CallTool(tool=finding.tool, args=finding.args)))
    artifact = (finding.artifact or "")[:SHORT_DIGEST]
    console.print(Text.assemble((f"{finding.id} ", "dim"), call, "  ", (artifact, "dim")))
    if finding.hypothesis:
        console.print(Text(f"   tests: {visible(finding.hypothesis)}", style="dim"))


def print_cost(used: Mapping[str, Usage], prices: Prices | None) -> None:
    """Print one line for each chat model that answered, and the cost of all."""
    console = open_console()
    for name, usage in used.items():
        cached = f" ({usage.tokens_cached:,} from its cache)" if usage.tokens_cached else ""
        answers = count_text(usage.calls, "answer")
        text = f"{answers}, {usage.tokens_in:,} tokens in{cached}, {usage.tokens_out:,} out"
        console.print(Text.assemble(("chat model ", "dim"), name, "  ", (text, "dim")))
    total = cost(used, prices)
    if total.amount is not None and used:
        text = f"{total.amount:.6f} {total.currency}" if total.currency else "nothing"
        console.print(Text.assemble(("cost ", "dim"), text))
    elif total.unpriced:
        names = ", ".join(total.unpriced)
        console.print(Text(f"cost unknown: FLUXAGENTS_CHAT_PRICES has no price for {names}", style="dim"))
