"""The runs of a session leave the store, and come back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from fluxagents.flows.events import Event, Frozen
from fluxagents.flows.history.rollback import find_child_runs
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.ports.session import SessionEntry, SessionRecord, SessionUsage
from fluxagents.flows.state import RunState

CHUNK = 100
"""Runs that come back in one round trip."""


class ArchivedSession(Frozen):
    """A session as it lies in the archive, beside its runs."""

    session: SessionRecord
    usage: SessionUsage
    runs: tuple[str, ...]
    """Their ids, each before those that it began."""


class RunArchive(Protocol):
    """Where runs and sessions lie that have left the store."""

    def put(self, state: RunState, events: Sequence[Event]) -> None:
        """Write a run that has ended."""
        ...

    def load(self, run_id: str) -> RunState: ...

    def events(self, run_id: str) -> tuple[Event, ...]: ...

    def put_session(self, name: str, text: str) -> None:
        """Write what is known of a session, as JSON."""
        ...

    def session(self, name: str) -> str | None:
        """What was written of a session; None if nothing was."""
        ...


def archive_runs(
    store: RunStore, archive: RunArchive, entry: SessionEntry, states: Sequence[RunState]
) -> ArchivedSession:
    """Move runs that have ended, and those that they began, to the archive, with their session.

    Args:
        store: Where they are.
        archive: Where they go.
        entry: The session; one that is archived already was interrupted while it moved.
        states: Its runs that are in the store.
    """
    before = read_archived(archive, entry.session.name) if entry.session.status == "archived" else None
    runs = [run for state in states for run in _list_family(store, state.run_id)]
    archived = ArchivedSession(
        session=before.session if before else entry.session,
        usage=before.usage if before else entry.usage,
        runs=tuple(dict.fromkeys((*(before.runs if before else ()), *runs))),
    )
    # Written first: what moves afterwards can be found again.
    archive.put_session(entry.session.name, archived.model_dump_json())
    for run_id in runs:
        state, events = store.load(run_id), store.events(run_id)
        if state.has_ended:
            archive.put(state, events)
            store.forget(run_id, state.session, state.seq)
    return archived


def restore_runs(store: RunStore, archive: RunArchive, archived: ArchivedSession) -> None:
    """Bring the runs of a session back; their files stay in the archive until they move again."""
    for first in range(0, len(archived.runs), CHUNK):
        chunk = archived.runs[first : first + CHUNK]
        # What was interrupted while it moved out is still here.
        gone = [run_id for run_id in chunk if not store.holds(run_id)]
        commits = [Commit(archive.events(run_id), archive.load(run_id), None) for run_id in gone]
        store.put_back([(commit, commit.state.model_dump_json()) for commit in commits])


def read_archived(archive: RunArchive, name: str) -> ArchivedSession | None:
    """What the archive has of a session; None if it has nothing."""
    text = archive.session(name)
    return None if text is None else ArchivedSession.model_validate_json(text)


def _list_family(store: RunStore, run_id: str) -> Iterator[str]:
    """A run and all that it began, as far as they are in the store."""
    yield run_id
    for child in find_child_runs(store.events(run_id)):
        # A fork names the children of its original, which are not its own.
        if store.holds(child) and store.load(child).parent == run_id:
            yield from _list_family(store, child)
