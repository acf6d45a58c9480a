"""One shape for everything that goes wrong: as data in an event, as an exception in code."""

from __future__ import annotations

import hashlib
import re
from difflib import get_close_matches
from enum import StrEnum
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


RETRYABLE = frozenset(
    {ErrorClass.TIMEOUT, ErrorClass.MEMORY, ErrorClass.PROVIDER_RATE_LIMIT, ErrorClass.PROVIDER_OUTAGE},
)
"""Kinds that the same call may survive a second time."""


class ErrorInfo(BaseModel):
    """An error as an event records it and as a chat model sees it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ErrorClass
    message: str
    where: str
    retryable: bool
    suggestions: tuple[str, ...] = ()
    fingerprint: str


class FluxError(Exception):
    """An error that names the thing, the value and the way out.

    Args:
        kind: What kind of error this is.
        message: One line; names the thing and the value.
        suggestions: Ways out, the best one first.
    """

    def __init__(self, kind: ErrorClass, message: str, *, suggestions: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.suggestions = tuple(suggestions)

    def __str__(self) -> str:
        if not self.suggestions:
            return self.message
        return f"{self.message}; {'; '.join(self.suggestions)}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.kind, self.message, self.suggestions))

    def info(self, where: str) -> ErrorInfo:
        """The same error as data, with the place it happened at."""
        return ErrorInfo(
            kind=self.kind,
            message=self.message,
            where=where,
            retryable=self.kind in RETRYABLE,
            suggestions=self.suggestions,
            fingerprint=fingerprint(self.kind, where, self.message),
        )


def _rebuild(cls: type[FluxError], kind: ErrorClass, message: str, suggestions: tuple[str, ...]) -> FluxError:
    error = cls.__new__(cls)
    FluxError.__init__(error, kind, message, suggestions=suggestions)
    return error


def fingerprint(kind: ErrorClass, where: str, message: str) -> str:
    """Twelve hex digits that are the same for errors that differ in quoted values and numbers only."""
    pattern = re.sub(r"'[^']*'|-?\d+(\.\d+)?([eE][-+]?\d+)?", "_", message)
    return hashlib.sha256(f"{kind}|{where}|{pattern}".encode()).hexdigest()[:12]


def nearest(value: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """The known names most like `value`, best first, as suggestions for an error."""
    by_folded: dict[str, str] = {}
    for name in known:
        by_folded.setdefault(name.casefold(), name)
    close = get_close_matches(value.casefold(), list(by_folded), n=most, cutoff=0.5)
    if not close:
        return ()
    return (f"nearest: {', '.join(by_folded[name] for name in close)}",)
