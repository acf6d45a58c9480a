"""What commands show of runs: plain data for `--json`, and lines for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click
from pydantic import JsonValue
from rich.console import Console
from rich.text import Text

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.state import Finding, RunState
from fluxagents.prompts.human_text import visible
from fluxagents.prompts.statistics.costs import Prices, Usage, cost

SHORT_DIGEST = len("sha256:") + 12
"""So much of a digest tells artifacts apart; `--json` shows all of it."""

LINE = 100
"""Longest text of an event's line."""


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
        "not_before": moment(state.not_before_ms) if state.not_before_ms else None,
        "parent": state.parent or None,
        "parts": list(state.joining.runs) if state.joining else [],
        "waiting_for": state.waiting_for.model_dump(mode="json") if state.waiting_for else None,
        "errors": [error.model_dump(mode="json") for error in state.errors],
        "error": state.error.model_dump(mode="json") if state.error else None,
        "tokens": {"in": state.tokens_in, "out": state.tokens_out},
        "started": moment(state.started_ms),
        "updated": moment(state.updated_ms),
    }


def cost_document(taken: Mapping[str, Usage], prices: Prices | None) -> dict[str, Any]:
    """What a run asked of chat models, and what that costs, as scripts read it."""
    return {
        "chat_models": {name: asdict(one) for name, one in taken.items()},
        "cost": asdict(cost(taken, prices)),
    }


def moment(at_ms: int) -> str:
    """Unix time in ms as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC).isoformat(timespec="milliseconds")


def event_line(event: e.Event) -> str:
    """One line that says what an event was about."""
    return short(event_text(event))


def event_text(event: e.Event) -> str:
    """What an event was about, in full; of a type that is not known here, its fields."""
    said = _SAID.get(event.type)
    return said(event) if said else _fields(event)


def _fields(event: e.Event) -> str:
    told = event.model_dump(mode="json", exclude_defaults=True, exclude={"type", "seq", "at_ms"})
    return ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in told.items()
    )


def short(text: str, most: int = LINE) -> str:
    """The text on one line, cut after so many characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _call(call: CallTool) -> str:
    return f"{call.tool}({', '.join(f'{name}={json.dumps(value)}' for name, value in call.args.items())})"


def _decision(event: Any) -> str:
    decision = event.decision
    said = (
        _call(decision)
        if isinstance(decision, CallTool)
        else getattr(decision, "question", "") or decision.answer
    )
    flag = f" not traced: {', '.join(event.untraced)};" if event.untraced else ""
    use = event.prompt
    instead = f" instead of {use.instead_of}" if use.instead_of else ""
    return f"{decision.kind}:{flag} {said} [{use.chat_model}{instead}{', kept answer' if use.cached else ''}]"


def _made(event: e.ToolSucceeded | e.RunsJoined) -> str:
    return f" → {event.artifact[:SHORT_DIGEST]}" if event.artifact else ""


def _seen(event: e.BranchTaken | e.NodeSkipped) -> str:
    values = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in event.seen.items())
    return ", ".join(values) or "nothing"


def _compacted(event: e.ContextCompacted) -> str:
    ids: dict[str, list[str]] = {}
    for one in event.compacted:
        ids.setdefault(one.strategy, []).append(one.id)
    said = "; ".join(f"{strategy}: {', '.join(names)}" for strategy, names in ids.items())
    return f"{event.tokens_saved} tokens saved, {event.tokens} of {event.max_tokens} sent; {said}"


_SAID: dict[str, Any] = {
    "RunStarted": lambda event: f"{event.flow.name} on {event.model_name}",
    "NodeEntered": lambda event: event.node,
    "BranchTaken": lambda event: f"{event.node} → {event.to} because {event.because}; saw {_seen(event)}",
    "NodeSkipped": lambda event: (
        f"{event.node} → {event.to}: {event.because} does not hold; saw {_seen(event)}"
    ),
    "NodeFailed": lambda event: f"{event.node}: {event.error.message}",
    "BudgetSpent": lambda event: f"{event.node}: {event.steps} steps",
    "DecisionMade": _decision,
    "DecisionRefused": lambda event: event.error.message,
    "DecisionDeferred": lambda event: (
        f"the limit of {event.chat_model} is used up, not before {moment(event.not_before_ms)}"
    ),
    "ContextCompacted": _compacted,
    "ContextSummarised": lambda event: f"{', '.join(event.ids)}: {event.text}",
    "SummaryRefused": lambda event: f"{', '.join(event.ids)}: {event.error.message}",
    "ToolSucceeded": lambda event: f"{_call(event.call)} in {event.duration_ms} ms{_made(event)}",
    "ToolSplit": lambda event: f"{_call(event.call)} in {len(event.runs)} parts",
    "RunsBegun": lambda event: f"{len(event.runs)} runs of {event.flow.name}, {event.width} at once",
    "RunsJoined": lambda event: (
        f"{event.what}: {event.finished} finished, {event.failed} failed{_made(event)}"
    ),
    "ToolFailed": lambda event: f"{_call(event.call)}: {event.error.message}",
    "ApprovalRequested": lambda event: f"{event.request.id}: {event.request.question}",
    "ApprovalGranted": lambda event: f"by {event.by}{' with other arguments' if event.edited else ''}",
    "ApprovalRejected": lambda event: f"by {event.by}: {event.reason}",
    "QuestionAsked": lambda event: f"{event.request.id}: {event.request.question}",
    "QuestionAnswered": lambda event: f"by {event.by}: {event.answer}",
    "RequestExpired": lambda event: f"{event.request_id}: nobody answered in time",
    "RetryScheduled": lambda event: (
        f"after {event.failures} failures, not before {moment(event.not_before_ms)}"
    ),
    "WaitStarted": lambda event: (
        f"for {repr(event.event) + ' ' if event.event else ''}"
        f"until {moment(event.until_ms) if event.until_ms else 'it comes'}"
    ),
    "WaitEnded": lambda event: f"by {event.by}",
    "EventReceived": lambda event: f"{event.name!r} by {event.by}: {json.dumps(event.data)}",
    "HumanNotified": lambda event: ", ".join(event.channels),
    "RunPaused": lambda event: f"by {event.by}",
    "RunResumed": lambda event: f"by {event.by}",
    "RunCancelled": lambda event: f"by {event.by}: {event.reason}",
    "CallEdited": lambda event: f"by {event.by}: {_call(event.call)}",
    "RunForked": lambda event: f"by {event.by} from {event.origin} after step {event.origin_seq}",
    "RunRolledBack": lambda event: f"by {event.by} to step {event.to_seq}: {event.reason}",
    "RunImported": lambda event: f"by {event.by}",
    "FlowChanged": lambda event: f"by {event.by} to {event.flow.name} v{event.flow.version} at {event.node}",
    "RunFinished": lambda event: event.answer,
    "RunFailed": lambda event: event.error.message,
    "RunDeadLettered": lambda event: event.error.message,
    "RunRetried": lambda event: f"by {event.by}",
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
            console.print(Text(f"  until {moment(state.waiting_for.deadline_ms)}"))
        console.print(Text(f"  fluxagents approvals show {state.waiting_for.id}\n"))
    if state.status == "running" and state.not_before_ms:
        console.print(Text(f"\ngoes on after {moment(state.not_before_ms)}", style="cyan"))
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
    shown = short(_call(CallTool(tool=finding.tool, args=finding.args)))
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


def parsed_pairs(pairs: tuple[str, ...]) -> dict[str, JsonValue]:
    """`name=value` words as arguments; a value that is JSON is read as JSON, any other is text.

    Raises:
        click.BadParameter: If a word has no `=`.
    """
    found: dict[str, JsonValue] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not name=value")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


UNITS = ((172_800.0, 86_400.0, "d"), (3_600.0, 3_600.0, "h"), (60.0, 60.0, "min"))
"""From so many seconds on, in units of so many seconds."""


def lasted(seconds: float) -> str:
    """A duration in its largest unit, with two or three digits: `12 ms`, `3.41 s`, `5.2 min`, `7.1 h`."""
    for least, unit, name in UNITS:
        if seconds >= least:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1_000:.0f} ms"


def elapsed(ms: int) -> str:
    """Time since a start, to the ms in the first minute: `2.771 s`, `7:04.4`, `1:02:03`, `3 d 1:02:03`."""
    minutes, rest = divmod(ms, 60_000)
    if not minutes:
        return f"{ms / 1_000:.3f} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes}:{rest // 100 / 10:04.1f}"
    days, hours = divmod(hours, 24)
    clock = f"{hours}:{minutes:02}:{rest // 1_000:02}"
    return f"{days} d {clock}" if days else clock
