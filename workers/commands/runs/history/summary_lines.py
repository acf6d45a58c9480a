"""A run in a few lines: how it went, and where its time went."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from fluxagents.flows.history.run_record import RequestRecord, RunRecord
from fluxagents.workers.commands.display.output import count_text
from fluxagents.workers.commands.display.run_view import print_head
from fluxagents.workers.commands.display.times import describe_spent, format_duration


def summary_document(record: RunRecord) -> dict[str, Any]:
    """The figures of a run as scripts read them; times in seconds."""
    return {
        "status": record.state.status,
        "unverified": record.state.unverified or None,
        "duration_s": None if record.duration_ms is None else record.duration_ms / 1_000,
        "spent_s": {spent: ms / 1_000 for spent, ms in record.spent_ms.items()},
        "decisions": record.state.decisions,
        "tool_calls": record.state.tool_calls,
        "errors_counted": len(record.errors),
        "retries": record.retries,
        "requests": [_request_document(request) for request in record.requests],
        "compactions": sum(step.tokens_saved > 0 for step in record.steps),
        "tokens_saved": sum(step.tokens_saved for step in record.steps),
        "runs_begun": list(record.children),
    }


def _request_document(request: RequestRecord) -> dict[str, Any]:
    return {
        "id": request.id,
        "kind": request.kind,
        "tool": request.tool or None,
        "outcome": request.outcome,
        "by": request.by or None,
        "delay_s": None if request.delay_ms is None else request.delay_ms / 1_000,
    }


def print_summary(console: Console, record: RunRecord) -> None:
    """Print which run it is, then its `summary_lines`."""
    print_head(console, record.state)
    console.print(Text("\n".join(summary_lines(record))), style="dim")


def summary_lines(record: RunRecord) -> tuple[str, str]:
    """How long the run took and on what, and the counts of what it did."""
    state = record.state
    duration = format_duration((state.updated_ms - state.started_ms) / 1_000)
    longest_first = sorted(record.spent_ms.items(), key=lambda item: (item[1], item[0]), reverse=True)
    shares = describe_spent(dict(longest_first))
    saved = sum(step.tokens_saved for step in record.steps)
    counts = (
        _nonzero(state.seq - 1, "step"),
        _nonzero(state.decisions, "decision"),
        _nonzero(state.tool_calls, "tool call"),
        f"{state.tokens_in:,} + {state.tokens_out:,} tokens" if state.decisions else "",
        f"{saved:,} tokens saved" if saved else "",
        _nonzero(len(record.errors), "error"),
        _nonzero(record.retries, "retry", "retries"),
        *(_describe_request(request) for request in record.requests),
        f"began {count_text(len(record.children), 'run')}" if record.children else "",
    )
    until = "took" if state.has_ended else "goes on after"
    return f"{until} {duration}: {shares or 'nothing yet'}", "; ".join(text for text in counts if text)


def _describe_request(request: RequestRecord) -> str:
    text = f"{request.kind} {request.outcome}"
    if request.delay_ms is None:
        return text
    return f"{text} by {request.by} after {format_duration(request.delay_ms / 1_000)}"


def _nonzero(number: int, noun: str, plural: str = "") -> str:
    return count_text(number, noun, plural) if number else ""
