"""A step of a traced run, with what its log does not say: who carried it out, and how often it was tried."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from fluxagents.flows.events import Event, RunStarted
from fluxagents.flows.state import RunState

SERVICE = "fluxagents"
"""Of every span."""

RUN_ATTRIBUTE = "fluxagents.run"
"""Of a span: the run that it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedStep:
    """What a step wrote."""

    start: RunStarted
    """How its run began; it names the trace."""
    events: tuple[Event, ...]
    since_ms: int
    """When the step before it was recorded (Unix time in ms); of the first one when the run began."""
    worker: str = ""
    """`<node>|<process id>`; empty for what came from outside."""
    deliveries: int = 0
    """How often a worker took the step, this time included."""
    held_ms: int = 0
    """How long the worker held it."""
    state: RunState | None = None
    """Of the run, if the step ended it."""

    @property
    def run_id(self) -> str:
        return self.start.run_id

    @property
    def seq(self) -> int:
        return self.events[-1].seq

    @property
    def at_ms(self) -> int:
        """When it was recorded (Unix time in ms)."""
        return self.events[-1].at_ms


@dataclass(frozen=True, slots=True)
class TracedPage:
    """Steps that were not sent yet, as many as were asked for."""

    steps: tuple[TracedStep, ...]
    before: str
    """Where the sender stood."""
    after: str
    """Where it stands once they are sent; as before if there is nothing new."""
    has_gap: bool
    """Whether steps between were dropped before anybody sent them."""


class TracedSteps(Protocol):
    """The steps of traced runs in the order in which they were recorded; only the latest are kept."""

    def read(self, *, limit: int) -> TracedPage:
        """The next entries; those of runs that are not traced are passed over."""
        ...

    def advance(self, page: TracedPage) -> None:
        """Go past a page."""
        ...

    def take_turn(self, *, within_s: float) -> AbstractContextManager[bool]:
        """Whether nobody else sends now; a turn ends after so many seconds at the latest."""
        ...


class SpanSender(Protocol):
    """Sends the spans of steps to where traces are kept."""

    def __call__(self, steps: Sequence[TracedStep]) -> bool:
        """Whether they were taken."""
        ...
