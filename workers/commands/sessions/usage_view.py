"""What a session may use and has used, as commands print it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fluxagents.flows.ports.session import SessionEntry
from fluxagents.workers.commands.display.times import format_time


@dataclass(frozen=True, slots=True)
class BudgetPart:
    """One amount that a budget may limit."""

    what: str
    used: float
    allowed: float | None


def list_parts(entry: SessionEntry) -> Iterator[BudgetPart]:
    """The amounts of a session, in the units of people."""
    budget, usage = entry.session.budget, entry.usage
    yield BudgetPart("runs started", usage.runs, budget.runs)
    yield BudgetPart("tokens", usage.tokens, budget.tokens)
    yield BudgetPart("money", usage.money, budget.money)
    yield BudgetPart("processor minutes", usage.processor_minutes, budget.processor_minutes)


def describe_part(part: BudgetPart) -> str:
    """`1,200 of 10,000 (12 %)`, or how much was used where nothing is limited."""
    used = _format(part.used)
    if part.allowed is None:
        return used
    return f"{used} of {_format(part.allowed)} ({part.used / part.allowed:.0%})".replace("%", " %")


def entry_document(entry: SessionEntry) -> dict[str, Any]:
    """A session as JSON: times in ISO 8601, amounts in the units of people."""
    session = entry.session
    return {
        "name": session.name,
        "status": session.status,
        "owner": session.owner,
        "label": session.label,
        "description": session.description,
        "created": format_time(session.created_ms) if session.created_ms else None,
        "active": format_time(entry.active_ms),
        "forked_from": session.forked_from or None,
        "unverified": session.unverified or None,
        "weight": session.weight,
        "budget": session.budget.model_dump(),
        "runs": entry.runs,
        "used": {
            "runs": entry.usage.runs,
            "steps": entry.usage.steps,
            "tokens": entry.usage.tokens,
            "unpriced_tokens": entry.usage.unpriced_tokens,
            "money": entry.usage.money,
            "processor_minutes": entry.usage.processor_minutes,
        },
    }


def _format(amount: float) -> str:
    return f"{amount:,}" if isinstance(amount, int) else f"{amount:,.4g}"
