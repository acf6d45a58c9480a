"""The inbox of a person: what waits for them, and what happened that they want to know."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Frozen
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.seats import GROUP_PREFIX
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.members import Membership
from fluxagents.flows.people.permission import is_asked
from fluxagents.flows.people.remarks import Remark
from fluxagents.flows.people.request_claims import find_claim
from fluxagents.flows.state import TERMINAL, RunState, Status
from fluxagents.scheduler.people.directory import require_member
from fluxagents.scheduler.runs.run_client import RunClient

LIMIT = 100
"""Entries of each kind."""


class WaitingRequest(Frozen):
    """A request that a person may answer."""

    request: HumanRequest
    run_id: str
    session: str
    claimed_by: str = ""
    """Who sees to it; empty for nobody."""
    claimed_until_ms: int = 0


class Mention(Frozen):
    """A comment that mentions a person, or a group of theirs."""

    run_id: str
    session: str
    remark: Remark


class EndedRun(Frozen):
    """A run that a person watched."""

    run_id: str
    session: str
    status: Status
    ended_ms: int
    answer: str = ""


class InboxContents(Frozen):
    """What waits for one person; at most `LIMIT` of each kind."""

    person: str
    at_ms: int
    """When it was read (Unix time in ms)."""
    requests: tuple[WaitingRequest, ...]
    """Those that they claimed first, then the oldest first."""
    mentions: tuple[Mention, ...]
    """Since they marked the inbox as read, the newest first."""
    ended: tuple[EndedRun, ...]
    """As the mentions."""


class Inbox:
    """The inbox of whoever acts.

    Args:
        client: Of whoever acts.
    """

    def __init__(self, client: RunClient) -> None:
        self._client = client
        self._book = client.store.remarks

    def look(self, *, limit: int = LIMIT) -> InboxContents:
        """All that waits for whoever acts; reading it changes nothing."""
        who = require_member(self._client.authority.directory, self._client.authority.actor.name)
        now_ms = self._client.runs.clock.now_ms()
        read_until_ms = self._book.read_until(who.name)
        return InboxContents(
            person=who.name,
            at_ms=now_ms,
            requests=tuple(self._list_requests(who, now_ms, limit)),
            mentions=tuple(self._list_mentions(who, read_until_ms, limit)),
            ended=tuple(self._list_ended(who.name, read_until_ms, limit)),
        )

    def mark_read(self, until_ms: int | None = None) -> int:
        """Let mentions and ended runs up to a time, or all, be read; requests stay until they are answered.

        Args:
            until_ms: The `at_ms` of what was shown, so that nothing newer is lost (Unix time in ms).

        Returns:
            The time.
        """
        now_ms = self._client.runs.clock.now_ms()
        until_ms = now_ms if until_ms is None else min(until_ms, now_ms)
        self._book.mark_read(self._client.authority.actor.name, until_ms)
        return until_ms

    def _list_requests(self, who: Membership, now_ms: int, limit: int) -> list[WaitingRequest]:
        mine = list(islice(self._find_requests(who), limit))
        remarks = self._book.of_many([state.run_id for state, _ in mine])
        waiting = []
        for (state, request), of_run in zip(mine, remarks, strict=True):
            claim = find_claim(of_run, request.id, now_ms)
            waiting.append(
                WaitingRequest(
                    request=request,
                    run_id=state.run_id,
                    session=state.session,
                    claimed_by=claim.by if claim else "",
                    claimed_until_ms=claim.until_ms if claim else 0,
                )
            )
        return sorted(waiting, key=lambda each: each.claimed_by != who.name)

    def _find_requests(self, who: Membership) -> Iterator[tuple[RunState, HumanRequest]]:
        """Requests that are meant for a person who may answer them; thousands may wait for others."""
        allowed: dict[tuple[str, Action], bool] = {}
        for run_id, request in self._client.store.requests():
            if not is_asked(who, request):
                continue
            state = self._client.store.load(run_id)
            session = self._client.runs.session_of(state)
            action = Action.REQUEST_APPROVE if request.kind == "approval" else Action.REQUEST_REPLY
            if (session, action) not in allowed:
                on = Resource(kind="request", id=request.id, session=session)
                allowed[session, action] = self._client.authority.may(action, on)
            if allowed[session, action]:
                yield state, request

    def _list_mentions(self, who: Membership, read_until_ms: int, limit: int) -> Iterator[Mention]:
        names = [who.name, *(GROUP_PREFIX + group.name for group in who.groups)]
        for run_id, remark in self._book.mentions(names, limit=limit):
            if remark.at_ms <= read_until_ms:
                return
            state = self._find(run_id)
            if state is not None:
                yield Mention(run_id=run_id, session=state.session, remark=remark)

    def _list_ended(self, person: str, read_until_ms: int, limit: int) -> list[EndedRun]:
        states = map(self._find, self._book.list_watched(person))
        ended = [
            state
            for state in states
            if state is not None and state.status in TERMINAL and state.updated_ms > read_until_ms
        ]
        ended.sort(key=lambda state: state.updated_ms, reverse=True)
        return [
            EndedRun(
                run_id=state.run_id,
                session=state.session,
                status=state.status,
                ended_ms=state.updated_ms,
                answer=state.answer or "",
            )
            for state in ended[:limit]
        ]

    def _find(self, run_id: str) -> RunState | None:
        """The state of a run; None if it is gone for good, or whoever acts may not see it any more."""
        try:
            state = self._client.store.load(run_id)
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            return None
        return state if self._client.may_see(state) else None
