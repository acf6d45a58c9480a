"""The truth about runs, as one Protocol for each use. Every method is atomic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, RunStarted
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.flows.ports.claim import Claim
from fluxagents.flows.ports.commit import Commit, CommitResult
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.ports.remark_book import RemarkBook
from fluxagents.flows.ports.session_store import SessionStore
from fluxagents.flows.state import RunState, Status
from fluxagents.flows.texts.display import quote


class RunPlace(NamedTuple):
    """A place in a list of runs, which stays where it is when runs begin or leave the list."""

    started_ms: int
    run_id: str


class RequestPlace(NamedTuple):
    """A place in the list of requests, which stays where it is when others are answered."""

    since_ms: int
    """When the request began to wait, by the clock of the store."""
    run_id: str


class StepStore(Protocol):
    """Takes and writes steps."""

    def claim(
        self,
        run_id: str,
        seq: int,
        *,
        digest: str,
        sequence_number: int,
        owner: str,
        max_deliveries: int,
        lease_ms: int,
    ) -> Claim:
        """Take the lease of a step.

        Args:
            run_id: The run.
            seq: The step.
            digest: Of the state that the message carried; empty to ask for the stored one.
            sequence_number: That the message had in its queue.
            owner: `<node>|<process id>`; the lease lives as long as that process.
            max_deliveries: How many deliveries of one step are tried.
            lease_ms: The longest that the step may take.
        """
        ...

    def commit(self, commit: Commit, state: str, *, fence: int | None, pausing: bool = False) -> CommitResult:
        """Write a step: its events, the next state, and the dispatch that must follow.

        Args:
            commit: What happened.
            state: `commit.state`, serialized.
            fence: Of the lease; None for an external event, which is written whoever holds the lease.
            pausing: The events carry the pause that was requested.
        """
        ...

    def release(self, run_id: str, seq: int, fence: int, *, error: str) -> bool:
        """Give a lease back without a commit; the dispatch stays due.

        Args:
            run_id: The run.
            seq: The step.
            fence: Of the lease.
            error: What failed, in a line, so that this delivery counts towards the maximum; empty when the
                step was not tried.
        """
        ...


class RunQueries(Protocol):
    """Reads runs."""

    def load(self, run_id: str) -> RunState:
        """The state of a run.

        Raises:
            FluxError: If there is no such run.
        """
        ...

    def holds(self, run_id: str) -> bool:
        """Whether the run is here, where it can go on, and not only in an archive."""
        ...

    def events(self, run_id: str) -> tuple[Event, ...]:
        """All events of a run in order.

        Raises:
            FluxError: If there is no such run.
        """
        ...

    def statuses(self, run_ids: Sequence[str]) -> list[Status]:
        """The status of each of these runs, in their order, without their states.

        Raises:
            FluxError: If one of them does not exist.
        """
        ...

    def starts_of(self, run_ids: Sequence[str]) -> list[RunStarted]:
        """How each of these runs began, in their order.

        Raises:
            FluxError: If one of them does not exist.
        """
        ...

    def runs(
        self,
        *,
        status: Status | None = None,
        session: str | None = None,
        limit: int = 50,
        offset: int = 0,
        after: RunPlace | None = None,
    ) -> list[RunState]:
        """A page of runs, the newest first; those that another run began only in a list of their session.

        Args:
            status: Only runs with this status.
            session: Only runs of this session.
            limit: Runs of a page.
            offset: Runs of the list before the page.
            after: The place in the list that the page, or what `offset` skips of it, follows.
        """
        ...

    def counts(self) -> dict[str, int]:
        """How many runs have each status."""
        ...

    def list_ended_runs(self, *, limit: int, offset: int = 0) -> list[RunState]:
        """Runs that have ended, those that started first first."""
        ...

    def requests(self) -> list[tuple[str, HumanRequest]]:
        """Requests that wait for a human, with their runs, the oldest first."""
        ...

    def requests_after(
        self, place: RequestPlace | None, *, limit: int
    ) -> list[tuple[RequestPlace, HumanRequest]]:
        """Requests that wait for a human, the oldest first, each with its place.

        Args:
            place: That of the last one before; None for the first ones.
            limit: Most of them; fewer mean that there are no more.
        """
        ...


class RunLifecycle(Protocol):
    """Creates, pauses and forgets runs."""

    def create(self, commit: Commit, state: str) -> Outgoing | None:
        """Store a new run; None when the run exists already.

        Raises:
            FluxError: If it is a start that its session or the quota of its person does not allow.
        """
        ...

    def create_many(
        self, commits: Sequence[tuple[Commit, str]], *, record: AuditRecord | None = None
    ) -> list[Outgoing | None]:
        """As `create` for each, in one round trip; the record of the act that wants them all goes before."""
        ...

    def put_back(self, commits: Sequence[tuple[Commit, str]]) -> None:
        """Store runs that ended and left the store, as they were; one that is here stays as it is."""
        ...

    def request_pause(self, run_id: str, by: str, *, record: AuditRecord | None = None) -> bool:
        """Ask the worker that holds the lease to pause after its step; False when nobody holds it.

        The record is written with the request, and not when there is none.
        """
        ...

    def forget(self, run_id: str, session: str, seq: int | None = None) -> bool:
        """Remove a run of a session with all that is kept of it; False unless it is there and has ended.

        With `seq` it must be at that step: it may have gone back and ended again since it was read.
        """
        ...


class NodeLiveness(Protocol):
    """Knows which worker nodes live."""

    def beat(self, node: str, pids: Sequence[int], ttl_ms: int) -> None:
        """Say that a node and these processes of it live for another `ttl_ms`."""
        ...


class DispatchRecovery(Protocol):
    """Finds the dispatches that must be published again or now."""

    def find_lost_dispatches(self, queue: str, *, idle: bool, grace_ms: int, limit: int) -> list[Outgoing]:
        """Dispatches that were lost, re-issued with new sequence numbers: publish each of them.

        A dispatch is lost when one that came later into the same queue has been claimed for `grace_ms`,
        when the queue is empty (`idle`) and it is older than `grace_ms`, or when its claimant died.
        """
        ...

    def wake(self, *, limit: int) -> list[Outgoing]:
        """Dispatches whose time has come, issued: publish each of them."""
        ...


class FlowVersions(Protocol):
    """Keeps flows by digest."""

    def save_flow(self, flow: Flow) -> None:
        """Keep a definition under its digest."""
        ...

    def flow(self, digest: str) -> Flow:
        """A kept definition.

        Raises:
            FluxError: If there is none with this digest.
        """
        ...


class RunStore(StepStore, RunQueries, RunLifecycle, NodeLiveness, DispatchRecovery, FlowVersions, Protocol):
    """All of it: what an adapter implements and the composition root hands out in parts."""

    @property
    def audit_log(self) -> AuditLog:
        """The log that acts on these runs are written to."""
        ...

    @property
    def sessions(self) -> SessionStore:
        """The sessions that runs name, with what they may use and have used."""
        ...

    @property
    def remarks(self) -> RemarkBook:
        """What people say about runs, those included that left the store."""
        ...


def unknown_run(run_id: str) -> FluxError:
    """The error for a run that is not in a store."""
    return FluxError(
        ErrorClass.UNKNOWN_ID,
        f"run {quote(run_id)} does not exist",
        suggestions=("`fluxagents runs list` shows the runs",),
    )


def unknown_flow(digest: str) -> FluxError:
    """The error for a flow that is not in a store."""
    return FluxError(ErrorClass.BAD_FLOW, f"no flow with digest {digest!r} is stored")


def require_start(event: Event) -> RunStarted:
    """The first event of a log, which says how the run began."""
    assert isinstance(event, RunStarted)
    return event
