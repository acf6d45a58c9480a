"""Sessions: made, described, limited, shared, closed and opened, and all their runs steered at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.members import Person, ServiceAccount
from fluxagents.flows.people.roles import Grant, Role, place_of, role_in
from fluxagents.flows.ports.session import (
    PersonQuota,
    SessionBudget,
    SessionEntry,
    SessionRecord,
    SessionStatus,
    count_open_runs,
    unknown_session,
)
from fluxagents.flows.state import RunState
from fluxagents.flows.statistics.run_clusters import TOLERANCE, Cluster, cluster_runs
from fluxagents.flows.texts.checks import check_document, check_name, check_text
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_NAME
from fluxagents.scheduler.batches.batches import session_states
from fluxagents.scheduler.people.directory import require_member
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.sessions.observations import observe_runs
from fluxagents.scheduler.sessions.session_archive import (
    ArchivedSession,
    RunArchive,
    archive_runs,
    read_archived,
    restore_runs,
)
from fluxagents.scheduler.sessions.session_fork import plan_restarts

PAGE = 50


class Sessions:
    """Everything that is done with sessions as a whole.

    Args:
        client: Starts and steers their runs, for whoever it acts as.
        archive: Where runs and sessions go that leave the store.
    """

    def __init__(self, client: RunClient, archive: Callable[[], RunArchive]) -> None:
        self._runs = client.runs
        self._control = client.control
        self._history = client.history
        self._starter = client.starter
        self._archive = archive
        self._book = client.store.sessions

    def create(
        self,
        name: str,
        *,
        label: str = "",
        description: str = "",
        budget: SessionBudget | None = None,
        weight: float = 1.0,
        forked_from: str = "",
        by: str | None = None,
    ) -> SessionRecord:
        """Make a session. One that is only a name of runs becomes one with all that belongs to it.

        Args:
            name: A name that nobody has made a session of.
            label: A few words for lists.
            description: What it is about.
            budget: What its runs may use together.
            weight: Of its share of busy workers, beside other sessions of the same person.
            forked_from: The session that it is made from.
            by: In whose name, if not your own.

        Raises:
            FluxError: If it cannot be a name, or somebody made a session of this name.
        """
        check_name(name, "a session")
        _check_weight(weight)
        permit = self._runs.authority.permit(Action.SESSION_CREATE, _resource(name), by=by)
        now = self._runs.clock.now_ms()
        session = SessionRecord(
            name=name,
            owner=permit.by,
            label=check_text(label, "the label", MAX_NAME),
            description=check_text(description, "the description"),
            budget=budget or SessionBudget(),
            weight=weight,
            created_ms=now,
            changed_ms=now,
            forked_from=forked_from,
        )
        self._runs.authority.log.append(permit.record)
        if not self._book.add(session):
            raise ConflictError(
                f"there is a session {quote(name)} already",
                suggestions=(f"`fluxagents sessions show {name}` shows it", "choose another name"),
            )
        return session

    def describe(
        self, name: str, *, label: str | None = None, description: str | None = None, by: str | None = None
    ) -> SessionRecord:
        """Change the label or the description of a session; None leaves one as it is."""
        changes: dict[str, object] = {}
        if label is not None:
            changes["label"] = check_text(label, "the label", MAX_NAME)
        if description is not None:
            changes["description"] = check_text(description, "the description")
        return self._change(name, Action.SESSION_DESCRIBE, changes, by)

    def limit(
        self,
        name: str,
        *,
        budget: SessionBudget | None = None,
        weight: float | None = None,
        by: str | None = None,
    ) -> SessionRecord:
        """Change what the runs of a session may use together, or its share; None leaves it as it is.

        Runs that were paused for want of budget go on when they are resumed.
        """
        changes: dict[str, object] = {}
        if budget is not None:
            changes["budget"] = budget
        if weight is not None:
            changes["weight"] = _check_weight(weight)
        return self._change(name, Action.SESSION_LIMIT, changes, by)

    def close(self, name: str, *, by: str | None = None) -> SessionRecord:
        """Let a session take no new runs; those that it has go on.

        Raises:
            FluxError: If there is no such session, or it is archived.
        """
        return self._change(name, Action.SESSION_CLOSE, {"status": "closed"}, by, check=_refuse_archived)

    def open(self, name: str, *, by: str | None = None) -> SessionRecord:
        """Let a closed session take runs again.

        Raises:
            FluxError: If there is no such session, or it is archived: its runs must be restored first.
        """
        return self._change(name, Action.SESSION_OPEN, {"status": "open"}, by, check=_refuse_archived)

    def share(self, name: str, person: str, role: Role, *, by: str | None = None) -> Grant:
        """Give somebody a role in a session, beside those that they have.

        Its owner may share it, and so may an admin of it; nobody gives a higher role than their own.

        Raises:
            FluxError: If there is no such session or person, or whoever acts may not.
        """
        session = self.show(name).session
        directory = self._runs.authority.directory
        details: dict[str, JsonValue] = {"person": person, "role": role.value}
        permit = self._runs.authority.permit(Action.SESSION_SHARE, _resource(name), by=by, details=details)
        own = role_in(require_member(directory, permit.by).grants, name)
        if own is None or not own.includes(role) or (permit.by != session.owner and own is not Role.ADMIN):
            raise FluxError(
                ErrorClass.PERMISSION,
                f"{quote(permit.by)} may not give the role {role} in session {quote(name)}: "
                f"its owner is {session.owner or 'nobody'}, and {permit.by} is {own or 'nothing'} there",
                suggestions=("ask its owner or an admin",),
            )
        member = require_member(directory, person).member
        grant = Grant(role=role, place=place_of(session=name))
        self._runs.authority.log.append(permit.record)
        while not directory.save(_with_grant(member, grant), before=member):
            member = require_member(directory, person).member
        return grant

    def hand_over(self, name: str, person: str, *, by: str | None = None) -> SessionRecord:
        """Make somebody else the owner of a session, with its budget as it is.

        Its owner may hand it over, and so may an admin of it. Who started a run stays who started it.

        Args:
            name: The session.
            person: Who must be able to start runs in it.
            by: In whose name, if not your own.

        Raises:
            FluxError: If there is no such session or person, they own it already, they may not start runs in
                it, or whoever acts may not.
        """
        session = self.show(name).session
        directory = self._runs.authority.directory
        heir = require_member(directory, person)
        if person == session.owner:
            raise ConflictError(f"session {quote(name)} is {person}'s already")
        role = role_in(heir.grants, name)
        if heir.member.disabled or role is None or not role.includes(Role.RUNNER):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{quote(person)} may start no runs in session {quote(name)}: they are "
                f"{'disabled' if heir.member.disabled else role or 'nothing'} there",
                suggestions=(f"`fluxagents sessions share {name} {person} runner` lets them",),
            )
        details: dict[str, JsonValue] = {"from": session.owner, "to": person}
        permit = self._runs.authority.permit(
            Action.SESSION_HAND_OVER, _resource(name), by=by, details=details
        )
        own = role_in(require_member(directory, permit.by).grants, name)
        if permit.by != session.owner and own is not Role.ADMIN:
            raise FluxError(
                ErrorClass.PERMISSION,
                f"{quote(permit.by)} may not hand session {quote(name)} over: "
                f"its owner is {session.owner or 'nobody'}, and {permit.by} is {own or 'nothing'} there",
                suggestions=("ask its owner or an admin",),
            )
        self._runs.authority.log.append(permit.record)
        now = self._runs.clock.now_ms()
        return self._replace(
            name, {"owner": person, "changed_ms": now, "created_ms": session.created_ms or now}
        )

    def show(self, name: str) -> SessionEntry:
        """A session with what its runs have used.

        Raises:
            FluxError: If there is none of this name that whoever asks may see.
        """
        entry = self._book.get(name)
        if entry is None or not self._may_see(entry):
            raise unknown_session(name)
        return entry

    def page(
        self, status: SessionStatus = "open", *, limit: int = PAGE, offset: int = 0
    ) -> Sequence[SessionEntry]:
        """A page of the sessions with a status, those that were active last first.

        Those that whoever asks may not see are left out, so that a page may be shorter.
        """
        return [
            entry for entry in self._book.page(status, limit=limit, offset=offset) if self._may_see(entry)
        ]

    def counts(self) -> dict[SessionStatus, int]:
        """How many sessions have each status."""
        return self._book.counts()

    def states(self, name: str) -> list[RunState]:
        """The states of its runs that are in the store, those that started first first."""
        return list(reversed(session_states(self._runs.store, name).values()))

    def pause(self, name: str, *, by: str | None = None) -> list[str]:
        """Pause all runs of a session with the runs that they began; returns the ids of those."""
        return [
            state.run_id
            for state in self._family(name)
            if state.status in {"running", "waiting"} and self._control.pause_open(state.run_id, by=by)
        ]

    def resume(self, name: str, *, by: str | None = None) -> list[str]:
        """Let all paused runs of a session go on with the runs that they began; returns their ids."""
        return [
            state.run_id
            for state in self._family(name)
            if state.status == "paused" and self._control.resume_paused(state.run_id, by=by)
        ]

    def cancel(self, name: str, *, reason: str = "no reason given", by: str | None = None) -> list[str]:
        """End all runs of a session that have not ended; a child ends with the run that began it."""
        self.show(name)
        return self._control.cancel_all(
            (state.run_id for state in self.states(name) if not state.parent), by=by, reason=reason
        )

    def clusters(self, name: str, *, tolerance: float = TOLERANCE) -> list[Cluster]:
        """Which runs of a session ask the same, where their answers disagree, and which values stand out.

        Args:
            name: The session.
            tolerance: Relative difference up to which two numbers are the same.
        """
        self.show(name)
        return cluster_runs(observe_runs(self._runs.store, self.states(name)), tolerance=tolerance)

    def fork(
        self, name: str, new: str, *, inputs: Mapping[str, JsonValue] | None = None, model: str = ""
    ) -> tuple[SessionRecord, list[str]]:
        """Make a session with the runs of another one, which stays as it is.

        Without changes each run is forked at its end: what it did is shared, and only its last step is done
        again. With changes each run begins anew, with its flow and its other inputs as they were; runs whose
        flow has not all of the changed inputs are left out.

        Args:
            name: The session that it is made from.
            new: The name of the new one; it has the same budget and weight.
            inputs: Inputs that differ.
            model: Another model for all runs; each keeps its own when empty.

        Returns:
            The new session, and the ids of its runs.

        Raises:
            FluxError: If there is no such session, or it has no run that could be forked; nothing is made
                then. If an input or a model does not fit, or the budget ends; the runs before that one have
                been started then.
        """
        check_document(inputs or {}, "input")
        origin = self.show(name).session
        states = [state for state in self.states(name) if not state.parent]
        restarts = plan_restarts(self._runs.store, states, inputs or {}, model) if inputs or model else None
        if not states or restarts == {}:
            wanted = f" with the input {', '.join(inputs)}" if states and inputs else ""
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"session {quote(name)} has no run{wanted}",
                suggestions=(f"`fluxagents runs list --session {name}` shows its runs",),
            )
        forked = self.create(
            new,
            label=origin.label,
            description=origin.description,
            budget=origin.budget,
            weight=origin.weight,
            forked_from=name,
        )
        if restarts is None:
            return forked, [self._history.fork(state.run_id, session=new).run_id for state in states]
        return forked, [
            run_id
            for (flow, lane), specs in restarts.items()
            for run_id in self._starter.start_many(flow, specs, session=new, lane=lane, stepwise=False)
        ]

    def archive(self, name: str, *, by: str | None = None) -> ArchivedSession:
        """Move a session and its runs to the archive, where its runs can be looked at as before.

        What was interrupted is finished by the next call.

        Raises:
            FluxError: If there is no such session, or one of its runs has not ended.
        """
        self._require_ended(name)
        self._runs.authority.record(Action.SESSION_ARCHIVE, _resource(name), by=by)
        before = self.show(name).session.status
        # No run may start while they move; one that just did is seen by the second look.
        self._replace(name, {"status": "archived"})
        try:
            states = self._require_ended(name)
        except FluxError:
            self._replace(name, {"status": before})
            raise
        return archive_runs(self._runs.store, self._archive(), self.show(name), states)

    def restore(self, name: str, *, by: str | None = None) -> ArchivedSession:
        """Bring an archived session and its runs back into the store; it takes runs again.

        Raises:
            FluxError: If there is no such session, or it is not archived.
        """
        session = self.show(name).session
        archived = read_archived(self._archive(), name) if session.status == "archived" else None
        if archived is None:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"session {quote(name)} is {session.status}, not archived",
                suggestions=("`fluxagents sessions list --archived` shows those that are",),
            )
        self._runs.authority.record(Action.SESSION_RESTORE, _resource(name), by=by)
        restore_runs(self._runs.store, self._archive(), archived)
        self._book.set_usage(name, archived.usage)
        self._book.save(archived.session.model_copy(update={"status": "open"}))
        return archived

    def set_quota(self, person: str, quota: PersonQuota, *, by: str | None = None) -> PersonQuota:
        """Hold a person to a quota from now.

        Raises:
            FluxError: If there is no such person, or whoever acts may not.
        """
        require_member(self._runs.authority.directory, person)
        on = Resource(kind="person", id=person)
        details = quota.model_dump(mode="json", exclude_none=True)
        self._runs.authority.record(Action.PERSON_CHANGE, on, by=by, details={"quota": details})
        self._book.set_quota(person, quota)
        return quota

    def quota(self, person: str) -> PersonQuota:
        """The quota of a person; one without limits if nobody set one."""
        return self._book.quota(person)

    def quotas(self) -> dict[str, PersonQuota]:
        """All quotas that somebody set, by person."""
        return self._book.quotas()

    def _require_ended(self, name: str) -> list[RunState]:
        """The runs of a session, none of which may be open."""
        self.show(name)
        states = self.states(name)
        going_on = [state for state in states if not state.has_ended]
        if going_on:
            first = going_on[0]
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"session {quote(name)} has {count_open_runs(len(going_on))}, "
                f"such as {first.run_id} ({first.status})",
                suggestions=(f"wait for them, or end them: `fluxagents sessions cancel {name}`",),
            )
        return states

    def _change(
        self,
        name: str,
        action: Action,
        changes: dict[str, object],
        by: str | None,
        *,
        check: Callable[[SessionRecord], None] = lambda _: None,
    ) -> SessionRecord:
        session = self.show(name).session
        check(session)
        told = session.model_copy(update=changes)
        details = told.model_dump(mode="json", include=set(changes), exclude_none=True)
        self._runs.authority.record(action, _resource(name), by=by, details=details)
        now = self._runs.clock.now_ms()
        return self._replace(
            name, {**changes, "changed_ms": now, "created_ms": session.created_ms or now}, check=check
        )

    def _replace(
        self,
        name: str,
        changes: Mapping[str, object],
        *,
        check: Callable[[SessionRecord], None] = lambda _: None,
    ) -> SessionRecord:
        """Change a session, beside what others change of it meanwhile."""
        while True:
            session = self.show(name).session
            check(session)
            changed = session.model_copy(update=changes)
            if self._book.replace(session, changed):
                return changed

    def _family(self, name: str) -> Iterator[RunState]:
        """The runs of a session, each followed by those that it began and waits for now."""
        self.show(name)
        todo = [state for state in reversed(self.states(name)) if not state.parent]
        while todo:
            state = todo.pop()
            yield state
            children = (self._runs.store.load(child) for child in state.children)
            # A fork names the children of its original, which are not its own.
            todo += [child for child in children if child.parent == state.run_id]

    def _may_see(self, entry: SessionEntry) -> bool:
        return self._runs.authority.may(Action.RUN_READ, _resource(entry.session.name))


def _resource(name: str) -> Resource:
    return Resource(kind="session", id=name, session=name)


def _refuse_archived(session: SessionRecord) -> None:
    if session.status == "archived":
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"session {quote(session.name)} is archived",
            suggestions=(f"`fluxagents sessions restore {session.name}` brings it back with its runs",),
        )


def _check_weight(weight: float) -> float:
    if not 0 < weight < math.inf:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{weight} cannot be a weight",
            suggestions=("use a number above 0; 1 is the weight of others",),
        )
    return weight


def _with_grant(member: Person | ServiceAccount, grant: Grant) -> Person | ServiceAccount:
    others = (other for other in member.grants if other.place != grant.place)
    return member.model_copy(update={"grants": (*others, grant)})
