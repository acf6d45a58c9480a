"""What the core asks of the world: Protocols, implemented at the rim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, HumanRequest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.state import RunState, Status


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
    """Runs that must have come to rest before: finished, failed, cancelled or dead. With `not_before_ms` the
    message waits for them until then and no longer."""
    time_limit_s: float = 0
    """How long the task may take, if less than its own limit; 0 leaves it at that."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The events of one step, the state they lead to, and what follows."""

    events: tuple[Event, ...]
    state: RunState
    dispatch: Dispatch | None
    children: tuple[Commit, ...] = ()
    """Runs that begin with this step, in the same atomic write; one that exists already stays as it is."""

    @property
    def seq(self) -> int:
        """The step that ends with this commit."""
        return self.state.seq - 1


class Answer(StrEnum):
    """What the store says to a claim or a commit."""

    OK = "ok"
    UNKNOWN = "unknown"
    """There is no such run."""
    STALE = "stale"
    """The run is at another step."""
    LEASED = "leased"
    """A live worker is at it."""
    FORGED = "forged"
    """The state is not the one that was committed."""
    HELD = "held"
    """The run waits, is paused or has ended."""
    EXHAUSTED = "exhausted"
    """The step was delivered too often; the claimant must say so in the log."""
    PAUSE = "pause"
    """A pause was asked for while the step ran; commit again with it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim; with a lease when it is OK or EXHAUSTED."""

    answer: Answer
    fence: int = 0
    state: str = ""
    """The serialized state, when the claim came without one."""
    last_error: str = ""
    """What the delivery before this one failed with, if its worker lived to say so."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A dispatch with all that its message needs."""

    run_id: str
    seq: int
    ticket: int
    attempt: int
    dispatch: Dispatch
    state: str


@dataclass(frozen=True, slots=True)
class Committed:
    """The answer to a commit."""

    answer: Answer
    outgoing: Outgoing | None = None
    """The message to publish now."""
    more: tuple[Outgoing, ...] = ()
    """Messages of other runs to publish now: those that began, and those that waited for this run."""
    pause_by: str = ""
    """Who asked for the pause, when that is the answer."""
    interrupted: int = 0
    """The attempt that held the lease when an event from outside ended it; 0 when nobody did."""

    @property
    def messages(self) -> tuple[Outgoing, ...]:
        """All that is to be published."""
        return self.more if self.outgoing is None else (self.outgoing, *self.more)


def unknown_run(run_id: str) -> FluxError:
    """The error for a run that is not in a store."""
    return FluxError(
        ErrorClass.UNKNOWN_ID,
        f"run {run_id!r} does not exist",
        suggestions=("`fluxagents runs list` shows the runs",),
    )


def unknown_flow(digest: str) -> FluxError:
    """The error for a flow that is not in a store."""
    return FluxError(ErrorClass.BAD_FLOW, f"no flow with digest {digest!r} is stored")


class RunStore(Protocol):
    """The truth about runs. Every method is atomic."""

    def create(self, commit: Commit, state: str) -> Outgoing | None:
        """Store a new run; None when the run exists already."""
        ...

    def create_many(self, commits: Sequence[tuple[Commit, str]]) -> list[Outgoing | None]:
        """As `create` for each, in one round trip."""
        ...

    def claim(
        self, run_id: str, seq: int, *, digest: str, ticket: int, owner: str, cap: int, lease_ms: int
    ) -> Claim:
        """Take the lease of a step.

        Args:
            run_id: The run.
            seq: The step.
            digest: Of the state that the message carried; empty to ask for the stored one.
            ticket: The place in the queue that the message had.
            owner: `<node>|<process id>`; the lease lives as long as that process.
            cap: Deliveries of one step that are still tried.
            lease_ms: The longest that the step may take.
        """
        ...

    def commit(self, commit: Commit, state: str, *, fence: int | None, pausing: bool = False) -> Committed:
        """Write a step: its events, the next state, and the dispatch that must follow.

        Args:
            commit: What happened.
            state: `commit.state`, serialized.
            fence: Of the lease; None for an event from outside, which is written whoever holds the lease.
            pausing: The events carry the pause that was asked for.
        """
        ...

    def release(self, run_id: str, seq: int, fence: int, *, error: str) -> bool:
        """Give a lease back without a commit; the dispatch stays due.

        Args:
            run_id: The run.
            seq: The step.
            fence: Of the lease.
            error: What failed, in a line, so that this delivery counts towards the cap; empty when the
                step was not tried.
        """
        ...

    def ask_pause(self, run_id: str, by: str) -> bool:
        """Ask the worker that holds the lease to pause after its step; False when nobody holds one."""
        ...

    def holds(self, run_id: str) -> bool:
        """Whether the run is here, where it can go on, and not only in an archive."""
        ...

    def load(self, run_id: str) -> RunState:
        """The state of a run.

        Raises:
            FluxError: If there is no such run.
        """
        ...

    def events(self, run_id: str) -> tuple[Event, ...]:
        """All events of a run in order.

        Raises:
            FluxError: If there is no such run.
        """
        ...

    def runs(
        self, *, status: Status | None = None, session: str | None = None, most: int = 50, offset: int = 0
    ) -> list[RunState]:
        """Runs, the newest first; those that another run began only when their session is asked for."""
        ...

    def counts(self) -> dict[str, int]:
        """How many runs have each status."""
        ...

    def ended(self, *, most: int, offset: int = 0) -> list[RunState]:
        """Runs that have ended, those that started first first."""
        ...

    def forget(self, run_id: str, session: str, seq: int | None = None) -> bool:
        """Remove a run of a session with all that is kept of it; False unless it is there and has ended.

        With `seq` it must be at that step: it may have gone back and ended again since it was read.
        """
        ...

    def requests(self) -> list[tuple[str, HumanRequest]]:
        """Requests that wait for a human, with their runs, the oldest first."""
        ...

    def beat(self, node: str, pids: Sequence[int], ttl_ms: int) -> None:
        """Say that a node and these processes of it live for another `ttl_ms`."""
        ...

    def overdue(self, queue: str, *, idle: bool, grace_ms: int, most: int) -> list[Outgoing]:
        """Dispatches that were lost, re-issued with new tickets: publish each of them.

        A dispatch is lost when one that came later into the same queue has been claimed for `grace_ms`,
        when the queue is empty (`idle`) and it is older than `grace_ms`, or when its claimant died.
        """
        ...

    def wake(self, *, most: int) -> list[Outgoing]:
        """Dispatches whose time has come, issued: publish each of them."""
        ...

    def save_flow(self, flow: Flow) -> None:
        """Keep a definition under its digest."""
        ...

    def flow(self, digest: str) -> Flow:
        """A kept definition.

        Raises:
            FluxError: If there is none with this digest.
        """
        ...


class Publisher(Protocol):
    """Puts step messages on the queues."""

    unreachable: tuple[type[Exception], ...]
    """What `publish` raises when the broker cannot be reached."""

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Send the messages, in few round trips."""
        ...

    def stop(self, run_id: str, seq: int, attempt: int) -> None:
        """Kill the process that carries out this attempt of a step, if a worker does."""
        ...

    def is_idle(self, queue: str) -> bool:
        """Whether no message waits in the queue."""
        ...


class Clock(Protocol):
    """The time."""

    def now_ms(self) -> int:
        """Unix time in ms."""
        ...


class Notifier(Protocol):
    """Tells humans about a request."""

    def notify(self, run_id: str, request: HumanRequest, *, key: str, text: str) -> tuple[str, ...]:
        """Send the request once per idempotency key; the channels that took it.

        Args:
            run_id: Of the run that waits.
            request: What it waits for.
            key: Sends with the same key are one.
            text: The request in words, with what was tried and what can be answered.
        """
        ...
