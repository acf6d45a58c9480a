"""Figures that a stream of runs is added up in, each as plain data for people and scripts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from fluxagents.flows.statistics.distribution import Distribution


class Figures(Protocol):
    """What can be shown as a row of a table."""

    def row(self) -> dict[str, Any]: ...


@dataclass(slots=True)
class FlowFigures:
    """Runs of one version of a flow."""

    status: Counter[str] = field(default_factory=Counter)
    duration: Distribution = field(default_factory=Distribution)
    """Of those that have ended."""
    steps: int = 0
    tokens: int = 0
    """With those of the runs that they began."""

    def row(self) -> dict[str, Any]:
        return {
            "runs": self.status.total(),
            "status": dict(self.status.most_common()),
            "duration_s": self.duration.document(),
            "steps": self.steps,
            "tokens": self.tokens,
        }


@dataclass(slots=True)
class StepFigures:
    """Steps of one kind at one node."""

    queue: Distribution = field(default_factory=Distribution)
    work: Distribution = field(default_factory=Distribution)
    count: int = 0

    def row(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "queue_s": self.queue.document(),
            "work_s": self.work.document(),
        }


@dataclass(slots=True)
class ToolFigures:
    """Calls of one tool."""

    calls: int = 0
    failed: int = 0
    parts: int = 0
    """Parts of calls that were split, each computed by a run of its own."""
    retries: int = 0
    queue: Distribution = field(default_factory=Distribution)
    work: Distribution = field(default_factory=Distribution)
    """Of a call, or of a part; putting parts together is not in it."""

    def row(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "failed": self.failed,
            "parts": self.parts,
            "retries": self.retries,
            "queue_s": self.queue.document(),
            "work_s": self.work.document(),
        }


@dataclass(slots=True)
class ChatFigures:
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

    def row(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "refused": self.refused,
            "kept": self.kept,
            "tokens_in": self.tokens_in,
            "tokens_cached": self.tokens_cached,
            "tokens_out": self.tokens_out,
            "work_s": self.work.document(),
        }


@dataclass(slots=True)
class ErrorFigures:
    """Errors that share a fingerprint."""

    kind: str
    where: str
    message: str
    """Of the latest that was counted."""
    times: int = 0
    runs: int = 0

    def row(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "where": self.where,
            "message": self.message,
            "times": self.times,
            "runs": self.runs,
        }


@dataclass(slots=True)
class RequestFigures:
    """Requests of one kind to humans."""

    outcomes: Counter[str] = field(default_factory=Counter)
    delay: Distribution = field(default_factory=Distribution)
    """From asking to answering."""

    def row(self) -> dict[str, Any]:
        return {
            "count": self.outcomes.total(),
            "outcomes": dict(self.outcomes.most_common()),
            "delay_s": self.delay.document(),
        }
