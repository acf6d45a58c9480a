"""What a run must come to, as the author of a scenario writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, JsonValue

from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.language.node_base import StrictModel
from fluxagents.flows.state import Status

TOLERANCE = 1e-6
"""The share by which numbers may differ by default."""


def _under(field: str) -> BeforeValidator:
    """Lets a lone value stand for a mapping with this one field."""

    def wrap(value: Any) -> Any:
        return value if isinstance(value, Mapping) else {field: value}

    return BeforeValidator(wrap)


class ExpectedText(StrictModel):
    """A text: the whole of it, or what stands in it."""

    text: str | None = None
    contains: str | None = None


class ExpectedQuestion(StrictModel):
    """A request to a human; a string is what stands in its text."""

    contains: str | None = None
    text: str | None = None
    node: str | None = None
    kind: Literal["approval", "question", "escalation"] | None = None


class ExpectedCall(StrictModel):
    """A call of a tool; a string is its name."""

    tool: str
    node: str | None = None
    args: dict[str, JsonValue] | None = None
    """All of its arguments."""


class ExpectedRun(StrictModel):
    """A run that a `map` or `subflow` node begins."""

    node: str | None = None
    flow: str | None = None
    inputs: dict[str, JsonValue] | None = None
    model: str | None = None


class ExpectedError(StrictModel):
    """The error of a run that fails; a string is what stands in its message."""

    kind: ErrorClass | None = None
    contains: str | None = None


class Expectation(StrictModel):
    """What it leaves out is not checked."""

    path: tuple[str, ...] | None = None
    """Every node in order; one that is visited twice stands there twice."""
    passes: tuple[str, ...] = ()
    """Nodes that the run visits in this order; others may lie between."""
    avoids: tuple[str, ...] = ()
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    tolerance: float = Field(default=TOLERANCE, ge=0)
    """The share by which the numbers of facts and arguments may differ."""
    questions: tuple[Annotated[ExpectedQuestion, _under("contains")], ...] | None = None
    """All that humans are asked, in order."""
    calls: tuple[Annotated[ExpectedCall, _under("tool")], ...] | None = None
    """All calls of tools that happen, in order; a try again is a call."""
    runs: tuple[ExpectedRun, ...] | None = None
    """All runs that `map` and `subflow` nodes begin, in order."""
    retries: int | dict[str, int] | None = None
    """How often something is tried again: in all, or by node."""
    status: Status | None = None
    answer: Annotated[ExpectedText | None, _under("text")] = None
    error: Annotated[ExpectedError | None, _under("contains")] = None
