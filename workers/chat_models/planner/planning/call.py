"""The answer of the planner: one function to call, as a chat model would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function and its arguments."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)


def finish(answer: str) -> FunctionCall:
    """Stop with an answer."""
    return FunctionCall("finish", {"answer": answer})
