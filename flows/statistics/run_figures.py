"""Figures that a stream of runs is added up in, each as plain data for people and scripts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from fluxagents.flows.statistics.distribution import Distribution


@dataclass(slots=True)
class Figures:
    """What can be shown as a row of a table."""

    def row(self) -> dict[str, Any]:
        """The figures in their order; times in seconds."""
        return dict(_cell(figure.name, getattr(self, figure.name)) for figure in fields(self))


def _cell(name: str, value: object) -> tuple[str, object]:
    if isinstance(value, Distribution):
        return f"{name}_s", value.document()
    return name, dict(value.most_common()) if isinstance(value, Counter) else value


@dataclass(slots=True)
class FlowFigures(Figures):
    """Runs of one version of a flow."""

    status: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    """Finished runs by whether all that was asked is answered; those of early versions do not say."""
    duration: Distribution = field(default_factory=Distribution)
    """Of those that have ended."""
    steps: int = 0
    tokens: int = 0
    """With those of the runs that they began."""

    def row(self) -> dict[str, Any]:
        return {"runs": self.status.total(), **Figures.row(self)}


@dataclass(slots=True)
class StepFigures(Figures):
    """Steps of one kind at one node."""

    count: int = 0
    queue: Distribution = field(default_factory=Distribution)
    work: Distribution = field(default_factory=Distribution)


@dataclass(slots=True)
class ToolFigures(Figures):
    """Calls of one tool."""

    calls: int = 0
    failed: int = 0
    parts: int = 0
    """Parts of calls that were split, each computed by a run of its own."""
    retries: int = 0
    queue: Distribution = field(default_factory=Distribution)
    work: Distribution = field(default_factory=Distribution)
    """Of a call, or of a part; putting parts together is not in it."""


@dataclass(slots=True)
class ChatFigures(Figures):
    """Requests to one chat model."""

    calls: int = 0
    refused: int = 0
    """Answers that were no valid decision, and requests that got none."""
    kept: int = 0
    """Answers of earlier, equal requests: nothing was sent."""
    tokens_in: int = 0
    tokens_cached: int = 0
    """Those of `tokens_in` that the provider read from its cache."""
    tokens_out: int = 0
    """All of requests that were answered."""
    work: Distribution = field(default_factory=Distribution)


@dataclass(slots=True)
class ErrorFigures(Figures):
    """Errors that share a fingerprint."""

    kind: str
    where: str
    message: str
    """Of the latest that was counted."""
    times: int = 0
    runs: int = 0


@dataclass(slots=True)
class RequestFigures(Figures):
    """Requests of one kind to humans."""

    outcomes: Counter[str] = field(default_factory=Counter)
    delay: Distribution = field(default_factory=Distribution)
    """From asking to answering."""

    def row(self) -> dict[str, Any]:
        return {"count": self.outcomes.total(), **Figures.row(self)}
