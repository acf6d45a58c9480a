"""A session goes to somebody else, with what its owner had to see to."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.flows import events as e
from fluxagents.flows.events import Frozen
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.ports.session import SessionRecord
from fluxagents.scheduler.collaboration.collaboration import end_claim
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.scheduler.sessions.sessions import Sessions
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.tasks.external_events import read_again_when_moved_on


class HandedOver(Frozen):
    """What went with a session."""

    session: SessionRecord
    requests: tuple[str, ...]
    """Requests that named the owner before, and name the new one now."""
    schedules: tuple[str, ...]
    triggers: tuple[str, ...]


class HandOver:
    """Hands sessions over.

    Args:
        client: Of whoever acts.
        sessions: For the same.
        schedules: For the same.
        triggers: For the same.
    """

    def __init__(
        self, client: RunClient, sessions: Sessions, schedules: Schedules, triggers: Triggers
    ) -> None:
        self._client = client
        self._sessions = sessions
        self._schedules = schedules
        self._triggers = triggers

    def hand_over(self, session: str, person: str, *, by: str | None = None) -> HandedOver:
        """Make somebody the owner of a session, of its schedule or trigger, and of requests to its owner.

        Requests to a group or to anyone stay as they are, and so does who started which run. What was
        interrupted is finished by an admin who hands it over once more.

        Raises:
            FluxError: As `Sessions.hand_over`.
        """
        owner = self._sessions.show(session).session.owner
        record = self._sessions.hand_over(session, person, by=by)
        schedules = [
            each.schedule.name for each in self._schedules.list() if each.schedule.session == session
        ]
        triggers = [each.trigger.name for each in self._triggers.list() if each.trigger.session == session]
        for name in schedules:
            self._schedules.hand_over(name, person)
        for name in triggers:
            self._triggers.hand_over(name, person)
        requests = tuple(self._pass_requests_on(session, owner, person)) if owner else ()
        return HandedOver(
            session=record, requests=requests, schedules=tuple(schedules), triggers=tuple(triggers)
        )

    def _pass_requests_on(self, session: str, owner: str, person: str) -> Iterator[str]:
        for run_id, request in self._client.store.requests():
            if (
                is_passed_on(request, owner)
                and self._client.store.load(run_id).session == session
                and self._pass_on(run_id, request.id, owner, person)
            ):
                yield request.id

    @read_again_when_moved_on
    def _pass_on(self, run_id: str, request_id: str, owner: str, person: str) -> bool:
        """Whether the request was still open; the right to hand the session over covers it."""
        state = self._client.store.load(run_id)
        request = state.waiting_for
        if request is None or request.id != request_id or not is_passed_on(request, owner):
            return False
        names = tuple(dict.fromkeys(person if name == owner else name for name in request.assignees))
        assigned = self._client.runs.append(
            state,
            lambda now: e.RequestAssigned(
                seq=state.seq,
                at_ms=now,
                request_id=request_id,
                assignees=names,
                by=self._client.authority.actor.name,
                reason=f"session {state.session} went from {owner} to {person}",
            ),
            None,
        )
        end_claim(self._client, assigned, request_id)
        return True


def is_passed_on(request: HumanRequest, owner: str) -> bool:
    """Whether a request goes with the session: it asks its owner, and one answer is enough.

    Where several people must agree, whoever is asked delegates their vote themselves.
    """
    return owner in request.assignees and request.policy.takes_one
