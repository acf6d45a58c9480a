"""A run in a few lines: how it went, and where its time went."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from fluxagents.flows.history.run_record import RequestRecord, RunRecord
from fluxagents.workers.commands.display.times import format_duration

COLOURS = {"finished": "green", "failed": "red", "dead": "red", "waiting": "yellow"}


def summary(record: RunRecord) -> dict[str, Any]:
    """The figures of a run as scripts read them; times in seconds."""
    return {
        "status": record.state.status,
        "duration_s": None if record.duration_ms is None else record.duration_ms / 1_000,
        "spent_s": {spent: ms / 1_000 for spent, ms in record.spent_ms.items()},
        "decisions": record.state.decisions,
        "tool_calls": record.state.tool_calls,
        "errors_counted": len(record.errors),
        "retries": record.retries,
        "requests": [_request(one) for one in record.requests],
        "compactions": sum(step.tokens_saved > 0 for step in record.steps),
        "tokens_saved": sum(step.tokens_saved for step in record.steps),
        "runs_begun": list(record.children),
    }


def _request(one: RequestRecord) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "tool": one.tool or None,
        "outcome": one.outcome,
        "by": one.by or None,
        "delay_s": None if one.delay_ms is None else one.delay_ms / 1_000,
    }


def print_summary(console: Console, record: RunRecord) -> None:
    """Which run it is, and what `counted` says."""
    state = record.state
    colour = COLOURS.get(state.status, "cyan")
    console.print(Text.assemble(("run ", "dim"), state.run_id, "  ", (state.status, f"bold {colour}")))
    flow = f"{state.flow.name} v{state.flow.version}"
    console.print(Text.assemble(("flow ", "dim"), flow, ("  model ", "dim"), state.model_name))
    console.print(Text("\n".join(counted(record))), style="dim")


def counted(record: RunRecord) -> tuple[str, str]:
    """How long it took and on what; how much of everything there was."""
    state = record.state
    passed = (state.updated_ms - state.started_ms) / 1_000
    spent = sorted(((ms, name) for name, ms in record.spent_ms.items() if ms), reverse=True)
    shares = ", ".join(f"{name} {format_duration(ms / 1_000)}" for ms, name in spent)
    saved = sum(step.tokens_saved for step in record.steps)
    told = (
        _many(state.seq - 1, "step"),
        _many(state.decisions, "decision"),
        _many(state.tool_calls, "tool call"),
        f"{state.tokens_in:,} + {state.tokens_out:,} tokens" if state.decisions else "",
        f"{saved:,} tokens saved" if saved else "",
        _many(len(record.errors), "error"),
        _many(record.retries, "retry", "retries"),
        *(_answered(one) for one in record.requests),
        f"began {_many(len(record.children), 'run')}" if record.children else "",
    )
    until = "took" if state.ended else "goes on after"
    return f"{until} {format_duration(passed)}: {shares or 'nothing yet'}", "; ".join(
        one for one in told if one
    )


def _answered(one: RequestRecord) -> str:
    if one.delay_ms is None:
        return f"{one.kind} {one.outcome}"
    return f"{one.kind} {one.outcome} by {one.by} after {format_duration(one.delay_ms / 1_000)}"


def _many(number: int, what: str, plural: str = "") -> str:
    if not number:
        return ""
    return f"1 {what}" if number == 1 else f"{number:,} {plural or what + 's'}"
