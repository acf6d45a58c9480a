"""Collaboration: comments, watchers, and who sees to which request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.mentions import find_mentions
from fluxagents.flows.people.remarks import (
    WHOLE_RUN,
    Comment,
    Remark,
    RemarkBody,
    RequestRelease,
    Watch,
)
from fluxagents.flows.people.request_claims import (
    CLAIM_MS,
    MAX_CLAIM_MS,
    HeldClaim,
    find_claim,
    list_watchers,
    plan_claim,
)
from fluxagents.flows.ports.presence import Presence
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.checks import check_text
from fluxagents.flows.texts.grammar import MAX_REASON
from fluxagents.scheduler.collaboration.remark_writer import write_remark
from fluxagents.scheduler.runs.run_client import RunClient


class Collaboration:
    """What people do together on runs.

    Args:
        client: Of whoever acts.
        presence: Who looks at which run.
    """

    def __init__(self, client: RunClient, presence: Presence) -> None:
        self._client = client
        self._presence = presence

    def remarks(self, run_id: str) -> tuple[Remark, ...]:
        """All that people said about a run, the oldest first.

        Raises:
            FluxError: If there is no such run, or whoever asks may not see it.
        """
        self._load(run_id)
        return self._client.store.remarks.of(run_id)

    def comment(self, run_id: str, text: str, *, on: str = WHOLE_RUN, by: str | None = None) -> Remark:
        """Say something about a run, a step or a finding.

        Args:
            run_id: The run, ended or not, archived or not.
            text: `@alice` and `@group:curators` put it into their inboxes.
            on: `run`, `step:5` or `finding:f3`.
            by: In whose name, if not your own.

        Raises:
            FluxError: If there is no such run, step or finding, somebody is mentioned who is not known, or
                whoever acts may not.
        """
        if not check_text(text, "the comment", MAX_REASON).strip():
            raise FluxError(ErrorClass.BAD_ARGUMENT, "the comment is empty")
        return write_remark(
            self._client,
            self._client.store.load(run_id),
            Action.RUN_COMMENT,
            lambda _, __: Comment(text=text, mentions=self._find_mentions(text)),
            about=on,
            by=by,
        )

    def watch(self, run_id: str, *, is_on: bool = True, by: str | None = None) -> bool:
        """Want to know when a run ends, or not any more; whether that is new."""
        state = self._client.store.load(run_id)
        person = by or self._client.authority.actor.name
        if (person in list_watchers(self._client.store.remarks.of(run_id))) is is_on:
            self._load(run_id)
            return False
        write_remark(
            self._client,
            state,
            Action.RUN_WATCH,
            lambda _, __: Watch(is_on=is_on),
            by=by,
            details={"is_on": is_on},
        )
        return True

    def watchers(self, run_id: str) -> list[str]:
        """Who wants to know when a run ends."""
        return sorted(list_watchers(self.remarks(run_id)))

    def claim(
        self, request_id: str, *, for_ms: int = CLAIM_MS, force: bool = False, by: str | None = None
    ) -> HeldClaim:
        """See to a request: until the claim ends, nobody else answers it.

        Args:
            request_id: The request, which waits for an answer.
            for_ms: How long; a claim of your own begins anew.
            force: Take it from whoever has it, which the remarks and the audit log say.
            by: In whose name, if not your own.

        Raises:
            FluxError: If it does not wait for an answer, is another's to answer, takes more than one answer,
                or is claimed.
        """
        if not 0 < for_ms <= MAX_CLAIM_MS:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"a claim for {for_ms / 60_000:,.6g} min cannot be made",
                suggestions=(f"name a time of up to {MAX_CLAIM_MS // 86_400_000} days",),
            )
        state, on, request = self._find_request(request_id)
        if not request.takes_one:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"request {request_id!r} takes more than one answer: nobody sees to it alone",
                suggestions=(f"vote on it: `fluxagents approvals show {request_id}`",),
            )
        # Whoever could not answer it would only keep others from it.
        answer = Action.REQUEST_APPROVE if request.kind == "approval" else Action.REQUEST_REPLY
        now_ms = self._client.runs.clock.now_ms()
        self._client.authority.permit_answer(answer, on, request, at_ms=now_ms, by=by)
        before = self.find_claim(request_id)

        def decide(remarks: Sequence[Remark], person: str) -> RemarkBody:
            return plan_claim(remarks, request_id, person, now_ms=now_ms, for_ms=for_ms, force=force)

        remark = write_remark(
            self._client,
            state,
            Action.REQUEST_CLAIM,
            decide,
            on=on,
            by=by,
            details={"force": True, "from": before.by} if force and before else None,
        )
        return HeldClaim(request_id, remark.by, now_ms + for_ms)

    def release(self, request_id: str, *, by: str | None = None) -> Remark:
        """Give a request back that you have claimed.

        Raises:
            FluxError: If it does not wait for an answer, or you have no claim on it.
        """
        state, on, _ = self._find_request(request_id)
        now_ms = self._client.runs.clock.now_ms()

        def decide(remarks: Sequence[Remark], person: str) -> RemarkBody:
            held = find_claim(remarks, request_id, now_ms)
            if held is None or held.by != person:
                owner = f"{held.by!r} has" if held else "nobody has"
                raise ConflictError(f"{person!r} has no claim on request {request_id!r}; {owner}")
            return RequestRelease(request_id=request_id)

        return write_remark(self._client, state, Action.REQUEST_RELEASE, decide, on=on, by=by)

    def assign(
        self, request_id: str, assignees: Sequence[str], *, by: str | None = None, reason: str = ""
    ) -> RunState:
        """Say who is to answer a request from now on; see `RequestControl.assign`. A claim on it ends."""
        state = self._client.requests.assign(request_id, assignees, by=by, reason=reason)
        end_claim(self._client, state, request_id)
        return state

    def find_claim(self, request_id: str) -> HeldClaim | None:
        """The claim that holds on a request; None if nobody has it."""
        run_id = request_id.rpartition(".")[0]
        return find_claim(self._client.store.remarks.of(run_id), request_id, self._client.runs.clock.now_ms())

    def look_at(self, run_id: str) -> None:
        """A sign of life: whoever acts looks at the run now."""
        self._load(run_id)
        self._presence.enter(run_id, self._client.authority.actor.name)

    def look_away(self, run_id: str) -> None:
        """Whoever acts looks at the run no more."""
        self._presence.leave(run_id, self._client.authority.actor.name)

    def present(self, run_id: str) -> Mapping[str, int]:
        """Who looks at a run now, by name, with the time of the last sign of life (Unix time in ms)."""
        self._load(run_id)
        return self._presence.present(run_id)

    def _load(self, run_id: str) -> RunState:
        """The state of a run that whoever acts may see."""
        state = self._client.store.load(run_id)
        on = Resource(kind="run", id=run_id, session=self._client.runs.session_of(state))
        self._client.authority.permit(Action.RUN_READ, on)
        return state

    def _find_request(self, request_id: str) -> tuple[RunState, Resource, HumanRequest]:
        request = self._client.request(request_id)
        state = self._client.store.load(request_id.rpartition(".")[0])
        on = Resource(kind="request", id=request_id, session=self._client.runs.session_of(state))
        return state, on, request

    def _find_mentions(self, text: str) -> tuple[str, ...]:
        if "@" not in text:
            return ()
        directory = self._client.authority.directory
        people = [member.name for member in directory.members() if isinstance(member, Person)]
        return find_mentions(text, people, [group.name for group in directory.groups()])


def end_claim(client: RunClient, state: RunState, request_id: str) -> None:
    """End the claim on a request that others are to answer now, if somebody has one."""
    now_ms = client.runs.clock.now_ms()
    if find_claim(client.store.remarks.of(state.run_id), request_id, now_ms) is not None:
        on = Resource(kind="request", id=request_id, session=client.runs.session_of(state))
        write_remark(
            client,
            state,
            Action.REQUEST_RELEASE,
            lambda _, __: RequestRelease(request_id=request_id),
            on=on,
        )
