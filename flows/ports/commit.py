"""The record of one step, written in one atomic operation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fluxagents.flows.events import Event, RunImported
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.ports.dispatch import Dispatch, Outgoing
from fluxagents.flows.ports.session import StepUsage
from fluxagents.flows.state import TERMINAL, RunState


@dataclass(frozen=True, slots=True)
class Commit:
    """The events of one step, the state they lead to, and what follows."""

    events: tuple[Event, ...]
    state: RunState
    dispatch: Dispatch | None
    children: tuple[Commit, ...] = ()
    """Runs that begin with this step, in the same atomic write; one that exists already stays as it is."""
    record: AuditRecord | None = None
    """The act of a person that leads to it, for the audit log, in the same atomic write."""
    held_ms: int | None = None
    """How long the worker held the lease of the step; None for what comes from outside."""
    usage: StepUsage | None = None
    """What a worker used for the step; its session pays. None for what comes from outside."""

    @property
    def is_start(self) -> bool:
        """Whether a new run begins with it here, and is not taken over from elsewhere."""
        taken_over = self.state.status in TERMINAL or isinstance(self.events[-1], RunImported)
        return not self.state.parent and not taken_over

    @property
    def seq(self) -> int:
        """The step that ends with this commit."""
        return self.state.seq - 1


class CommitStatus(StrEnum):
    """Whether a step was recorded."""

    OK = "ok"
    UNKNOWN = "unknown"
    """There is no such run."""
    STALE = "stale"
    """The run is at another step, or the lease was lost."""
    PAUSE_REQUESTED = "pause_requested"
    """A pause was requested while the step ran; commit again with it."""


@dataclass(frozen=True, slots=True)
class CommitResult:
    """The answer to a commit."""

    status: CommitStatus
    outgoing: Outgoing | None = None
    """The message to publish now."""
    others: tuple[Outgoing, ...] = ()
    """Messages of other runs to publish now: runs that this step began, and runs that waited for this one."""
    pause_by: str = ""
    """Who asked for the pause, when the status says so."""
    interrupted: int = 0
    """The attempt that held the lease when an external event ended it; 0 when nobody held it."""

    @property
    def messages(self) -> tuple[Outgoing, ...]:
        """All that is to be published."""
        return self.others if self.outgoing is None else (self.outgoing, *self.others)
