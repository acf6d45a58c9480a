"""What the planner answers: one function to call, as a chat model would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)


def finish(answer: str) -> Call:
    """Stop with an answer."""
    return Call("finish", {"answer": answer})
