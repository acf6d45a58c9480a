"""The message that lets a worker carry out the next step of a run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The step message that must follow a commit."""

    task: str
    queue: str
    label: dict[str, str] = field(default_factory=dict)
    """What Flower shows beside run and step."""
    not_before_ms: int = 0
    """The message waits in the store until then (Unix time in ms); 0 for at once."""
    after: tuple[str, ...] = ()
    """Runs that must be terminal before (finished, failed, cancelled or dead). With `not_before_ms` the
    message waits for them until then and no longer."""
    time_limit_s: float = 0
    """How long the task may take, if less than its own limit; 0 leaves it at that."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A dispatch with all that its message needs."""

    run_id: str
    seq: int
    sequence_number: int
    """Counts the messages that were issued into the queue."""
    attempt: int
    dispatch: Dispatch
    state: str
