"""A session as the store keeps it: who made it, what its runs may use, and what they have used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Frozen
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import quote

SessionStatus = Literal["open", "closed", "archived"]
"""Takes new runs; takes none; takes none, and its runs have left the store."""
SESSION_STATUSES: tuple[SessionStatus, ...] = get_args(SessionStatus)

MICROS = 1_000_000
"""Of one unit of a currency: sums of millionths are exact."""
MINUTE_MS = 60_000


class SessionBudget(Frozen):
    """What the runs of a session may use together, with the runs that they begin; None for any amount."""

    tokens: PositiveInt | None = None
    """Of chat models, in and out."""
    money: PositiveFloat | None = None
    """In the currency of the prices of the installation."""
    processor_minutes: PositiveFloat | None = None
    """That steps worked, on whatever processors."""
    runs: PositiveInt | None = None
    """That were started, whatever became of them."""

    def amounts(self) -> dict[str, int]:
        """What is limited, in the units in which the store counts: the names are those of `SessionUsage`."""
        amounts = {
            "tokens": self.tokens,
            "cost_micros": None if self.money is None else round(self.money * MICROS),
            "work_ms": None if self.processor_minutes is None else round(self.processor_minutes * MINUTE_MS),
            "runs": self.runs,
        }
        return {name: amount for name, amount in amounts.items() if amount is not None}


class SessionUsage(Frozen):
    """What the runs of a session have used here, with the runs that they began."""

    runs: NonNegativeInt = 0
    steps: NonNegativeInt = 0
    """That a worker carried out."""
    tokens: NonNegativeInt = 0
    cost_micros: NonNegativeInt = 0
    """In millionths of the currency."""
    unpriced_tokens: NonNegativeInt = 0
    """Those of `tokens` whose price was not known."""
    work_ms: NonNegativeInt = 0

    @property
    def money(self) -> float:
        return self.cost_micros / MICROS

    @property
    def processor_minutes(self) -> float:
        return self.work_ms / MINUTE_MS


@dataclass(frozen=True, slots=True)
class StepUsage:
    """What one step used, as its commit adds it to the usage of its session."""

    tokens: int = 0
    cost_micros: int = 0
    unpriced_tokens: int = 0
    work_ms: int = 0


class PersonQuota(Frozen):
    """What one person may have; None for any number."""

    runs_at_once: PositiveInt | None = None
    """Of their own that have not ended; not the runs which those begin."""
    runs_per_day: PositiveInt | None = None
    """That they start on one day (UTC)."""
    weight: PositiveFloat = 1.0
    """Of their share of busy workers, beside others who wait."""


class SessionRecord(Frozen):
    """What is known of a session beside its runs; times are Unix time in ms."""

    name: str
    owner: str = ""
    """Who made it; empty for one that is only a name of runs."""
    label: str = ""
    description: str = ""
    status: SessionStatus = "open"
    budget: SessionBudget = SessionBudget()
    weight: PositiveFloat = 1.0
    """Of its share of busy workers, beside other sessions of the same person that wait."""
    created_ms: NonNegativeInt = 0
    """0 for one that is only a name of runs."""
    changed_ms: NonNegativeInt = 0
    forked_from: str = ""
    unverified: str = Field(default="", max_length=200)
    """Why nobody known here vouches for it, of one that was imported."""


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session in a list."""

    session: SessionRecord
    runs: int
    """In the store; those that left it are not counted."""
    usage: SessionUsage
    active_ms: int
    """When its last run started, or when it was made (Unix time in ms)."""


UNITS = {
    "tokens": ("tokens", 1),
    "cost_micros": ("of money", MICROS),
    "work_ms": ("processor minutes", MINUTE_MS),
    "runs": ("runs", 1),
}
"""What people call the amounts of a budget, and how many of the store's units make one of theirs."""


def describe_excess(session: str, what: str, used: int, allowed: int) -> str:
    """In a line, which part of its budget a session has used up."""
    unit, size = UNITS[what]
    return f"session {quote(session)} has used {used / size:,.6g} of {allowed / size:,.6g} {unit}"


def explain_refused_start(state: RunState, what: str, used: int, allowed: int) -> FluxError:
    """The error for a run that may not start.

    Args:
        state: Of the run, as it would have begun.
        what: The status of its session, an amount of the session's budget, or one of the person's quota.
        used: Of that amount.
        allowed: Of that amount.
    """
    name = state.session
    if what in SESSION_STATUSES:
        return FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"session {quote(name)} is {what}; it takes no new runs",
            suggestions=(f"open it again: `fluxagents sessions restore {name}`", "or name another session"),
        )
    if what in UNITS:
        return FluxError(
            ErrorClass.BUDGET,
            describe_excess(name, what, used, allowed),
            suggestions=(f"raise its budget: `fluxagents sessions budget {name}`", "or name another session"),
        )
    at_once = what == "runs_at_once"
    had = f"has {count_open_runs(used)}" if at_once else f"has started runs today (UTC): {used:,}"
    return FluxError(
        ErrorClass.BUDGET,
        f"{state.requester} {had}; the quota allows {allowed:,} {'at once' if at_once else 'a day'}",
        suggestions=(
            "wait until one has ended" if at_once else "start it tomorrow",
            f"or raise the quota: `fluxagents people quota {state.requester}`",
        ),
    )


def count_open_runs(number: int) -> str:
    """`1 run that has not ended`, `2 runs that have not ended`."""
    return "1 run that has not ended" if number == 1 else f"{number:,} runs that have not ended"


def unknown_session(name: str) -> FluxError:
    """The error for a name that no session has."""
    return FluxError(
        ErrorClass.UNKNOWN_ID,
        f"there is no session {quote(name)}",
        suggestions=("`fluxagents sessions list` shows the sessions",),
    )
