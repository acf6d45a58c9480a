"""One shape for everything that goes wrong: as data in an event, as an exception in code."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable


class ErrorClass(StrEnum):
    """What kind of thing went wrong; the kind decides what happens next."""

    UNKNOWN_ID = "unknown_id"
    BAD_ARGUMENT = "bad_argument"
    MEDIUM = "medium"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    SOLVER = "solver"
    NUMERICAL = "numerical"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    UNREADABLE_MODEL = "unreadable_model"
    INVALID_ANSWER = "invalid_answer"
    PROVIDER_RATE_LIMIT = "provider_rate_limit"
    PROVIDER_OUTAGE = "provider_outage"
    PROVIDER_REFUSAL = "provider_refusal"
    PERMISSION = "permission"
    BAD_FLOW = "bad_flow"
    BUDGET = "budget"
    SCHEMA = "schema"
    INTERNAL = "internal"


class Remedy(StrEnum):
    """Who deals with an error that the same step does not survive."""

    ASK_MODEL = "ask_model"
    """The chat model sees the error and chooses again; a human is asked when that goes on."""
    ASK_HUMAN = "ask_human"
    """No other choice of the chat model helps."""
    FAIL = "fail"
    """Nothing helps that can be done while the run goes on."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What follows an error where a chat model decides; a fixed tool has nobody who could choose again.

    There, after the retries, the flow's `on_error` follows, or the run fails with the error.
    """

    remedy: Remedy
    attempts: int = 1
    """How often the same step is tried in a row."""
    pause_ms: int = 0
    """Before the second attempt; each further pause is twice as long."""


POLICIES: Mapping[ErrorClass, Policy] = MappingProxyType(
    {
        ErrorClass.UNKNOWN_ID: Policy(Remedy.ASK_MODEL),
        ErrorClass.BAD_ARGUMENT: Policy(Remedy.ASK_MODEL),
        ErrorClass.MEDIUM: Policy(Remedy.ASK_MODEL),
        ErrorClass.INFEASIBLE: Policy(Remedy.ASK_MODEL),
        ErrorClass.UNBOUNDED: Policy(Remedy.ASK_MODEL),
        ErrorClass.SOLVER: Policy(Remedy.ASK_MODEL),
        ErrorClass.NUMERICAL: Policy(Remedy.ASK_MODEL),
        ErrorClass.TIMEOUT: Policy(Remedy.ASK_MODEL, attempts=2, pause_ms=1_000),
        ErrorClass.MEMORY: Policy(Remedy.ASK_MODEL, attempts=2, pause_ms=1_000),
        ErrorClass.UNREADABLE_MODEL: Policy(Remedy.ASK_HUMAN),
        ErrorClass.INVALID_ANSWER: Policy(Remedy.ASK_MODEL),
        ErrorClass.PROVIDER_RATE_LIMIT: Policy(Remedy.ASK_HUMAN, attempts=3, pause_ms=5_000),
        ErrorClass.PROVIDER_OUTAGE: Policy(Remedy.ASK_HUMAN, attempts=3, pause_ms=2_000),
        ErrorClass.PROVIDER_REFUSAL: Policy(Remedy.ASK_HUMAN),
        ErrorClass.PERMISSION: Policy(Remedy.ASK_MODEL),
        ErrorClass.BAD_FLOW: Policy(Remedy.FAIL),
        ErrorClass.BUDGET: Policy(Remedy.FAIL),
        ErrorClass.SCHEMA: Policy(Remedy.FAIL),
        # A pure tool may run again, and what broke it may have been its worker.
        ErrorClass.INTERNAL: Policy(Remedy.ASK_MODEL, attempts=2, pause_ms=1_000),
    }
)
"""For every kind: how often the same step is tried, and who deals with what is left."""


class ErrorInfo(BaseModel):
    """An error as an event records it and as a chat model sees it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ErrorClass
    message: str
    where: str
    retryable: bool
    suggestions: tuple[str, ...] = ()
    fingerprint: str
    retry_after_ms: int = 0
    """The least pause before the same step is tried again, as a provider asks for it."""


class FluxError(Exception):
    """An error that names the thing, the value and what to do.

    Args:
        kind: What kind of error this is.
        message: One line; names the thing and the value.
        suggestions: Ways out, the best one first.
        retry_after_ms: The least pause before it is tried again; 0 when nobody asks for one.
    """

    def __init__(
        self, kind: ErrorClass, message: str, *, suggestions: Iterable[str] = (), retry_after_ms: int = 0
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.suggestions = tuple(suggestions)
        self.retry_after_ms = retry_after_ms

    def __str__(self) -> str:
        if not self.suggestions:
            return self.message
        return f"{self.message}; {'; '.join(self.suggestions)}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.kind, self.message, self.suggestions, self.retry_after_ms))

    def info(self, where: str) -> ErrorInfo:
        """The same error as data, with the place it happened at."""
        return ErrorInfo(
            kind=self.kind,
            message=self.message,
            where=where,
            retryable=POLICIES[self.kind].attempts > 1,
            suggestions=self.suggestions,
            fingerprint=fingerprint(self.kind, where, self.message),
            retry_after_ms=self.retry_after_ms,
        )


class ConflictError(FluxError):
    """What is asked for does not fit the state that a thing is in: it has ended, was answered, is taken.

    Args:
        message: One line; names the thing and its state.
        suggestions: Ways out, the best one first.
    """

    def __init__(self, message: str, *, suggestions: Iterable[str] = ()) -> None:
        super().__init__(ErrorClass.BAD_ARGUMENT, message, suggestions=suggestions)


def _rebuild(
    cls: type[FluxError], kind: ErrorClass, message: str, suggestions: tuple[str, ...], retry_after_ms: int
) -> FluxError:
    error = cls.__new__(cls)
    FluxError.__init__(error, kind, message, suggestions=suggestions, retry_after_ms=retry_after_ms)
    return error


def fingerprint(kind: ErrorClass, where: str, message: str) -> str:
    """Twelve hex digits that are the same for errors that differ in quoted values and numbers only."""
    pattern = re.sub(r"'[^']*'|-?\d+(\.\d+)?([eE][-+]?\d+)?", "_", message)
    return hashlib.sha256(f"{kind}|{where}|{pattern}".encode()).hexdigest()[:12]


def nearest(value: str, known: Iterable[str], *, limit: int = 3) -> tuple[str, ...]:
    """The known names most like `value`, best first, as suggestions for an error."""
    by_folded: dict[str, str] = {}
    for name in known:
        by_folded.setdefault(name.casefold(), name)
    close = get_close_matches(value.casefold(), list(by_folded), n=limit, cutoff=0.5)
    if not close:
        return ()
    return (f"nearest: {', '.join(by_folded[name] for name in close)}",)
