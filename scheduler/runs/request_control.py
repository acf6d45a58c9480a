"""The answers of humans: votes on approvals, replies to questions, edits and delegations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, call_digest
from fluxagents.flows.engine.tool_calls import ask_for_call
from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.humans.answer_form import AnswerForm
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.opinions import OPINION_CHARACTERS, Opinion, find_answer_of
from fluxagents.flows.humans.votes import MAX_VOTES, Delegation, Vote, VoteChoice, counted_votes
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.request_claims import check_claimed_by
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.checks import check_document, check_text
from fluxagents.flows.texts.grammar import MAX_REASON
from fluxagents.scheduler.people.authority import AnswerPermit, Permit
from fluxagents.scheduler.people.directory import require_assignee
from fluxagents.scheduler.people.stand_ins import find_absent
from fluxagents.scheduler.runs.open_runs import OpenRuns
from fluxagents.scheduler.runs.request_changes import explain_closing
from fluxagents.tasks.external_events import read_again_when_moved_on

RequestKind = Literal["approval", "question", "escalation"]
ALL_KINDS: tuple[RequestKind, ...] = get_args(RequestKind)

_ACTIONS: Mapping[VoteChoice, Action] = {
    "approve": Action.REQUEST_APPROVE,
    "reject": Action.REQUEST_REJECT,
    "abstain": Action.REQUEST_ABSTAIN,
    "recuse": Action.REQUEST_RECUSE,
}


@dataclass(frozen=True, slots=True)
class _Admission:
    """That somebody may answer a request now."""

    permit: AnswerPermit
    at_ms: int
    request: HumanRequest
    """With the delegations that count."""
    delegated: tuple[e.VoteDelegated, ...]
    """Those that follow from absences and are not in the log yet."""


class RequestControl:
    """Writes what people say to requests into runs; the policy of a request says what it comes to.

    Whoever acts has seen a request: with the `digest` of what was shown they say which. Without it they mean
    the request as it is when they act, and not as somebody else edits it at that moment.
    """

    def __init__(self, runs: OpenRuns) -> None:
        self._runs = runs

    def approve(
        self,
        request_id: str,
        *,
        by: str | None = None,
        args: Mapping[str, JsonValue] | None = None,
        comment: str = "",
        digest: str = "",
    ) -> RunState:
        """Agree to a call, as it was asked for or with other arguments.

        With other arguments the votes before count no more, and this one is for the new ones.

        Returns:
            The run: it goes on, or waits for others whom the policy names.

        Raises:
            FluxError: If the request is answered already, is another's to answer or was edited after it was
                shown, or the arguments do not fit the tool.
        """
        if args is None:
            return self._cast(request_id, "approve", by=by, comment=comment, digest=digest)
        shown = digest or self.request(request_id).digest
        return self._edit(request_id, args, by=by, comment=comment, digest=shown, approves=True)

    def reject(self, request_id: str, *, by: str | None = None, reason: str, digest: str = "") -> RunState:
        """Refuse a call; the reason is shown to the chat model."""
        return self._cast(request_id, "reject", by=by, comment=reason, digest=digest)

    def abstain(
        self, request_id: str, *, by: str | None = None, comment: str = "", digest: str = ""
    ) -> RunState:
        """Have no opinion on a request; nobody waits for this vote any more."""
        return self._cast(request_id, "abstain", by=by, comment=comment, digest=digest)

    def recuse(
        self, request_id: str, *, by: str | None = None, comment: str = "", digest: str = ""
    ) -> RunState:
        """Step out of a request that one may not judge, whatever it comes to say."""
        return self._cast(request_id, "recuse", by=by, comment=comment, digest=digest)

    def edit_request(
        self,
        request_id: str,
        args: Mapping[str, JsonValue],
        *,
        by: str | None = None,
        comment: str = "",
        digest: str = "",
    ) -> RunState:
        """Change the arguments of a call that is asked for; all are asked again.

        Raises:
            FluxError: As `approve`.
        """
        shown = digest or self.request(request_id).digest
        return self._edit(request_id, args, by=by, comment=comment, digest=shown, approves=False)

    @read_again_when_moved_on
    def delegate(
        self, request_id: str, to: str, *, by: str | None = None, for_s: float = 0, comment: str = ""
    ) -> RunState:
        """Let another person vote in one's place.

        Args:
            request_id: Of the request.
            to: The person.
            by: As for every act.
            for_s: For how many seconds; 0 for as long as the request waits.
            comment: Why.

        Raises:
            FluxError: If one has voted already, or the other could not vote or is asked as well.
        """
        check_text(comment, "the comment", MAX_REASON)
        state, request = self._find(request_id, kinds=ALL_KINDS)
        on, now_ms = self._resource(state, request), self._runs.clock.now_ms()
        permit = self._runs.authority.permit_answer(
            Action.REQUEST_DELEGATE, on, request, at_ms=now_ms, by=by, details={"to": to}
        )
        if not permit.own_seats:
            raise FluxError(
                ErrorClass.PERMISSION,
                f"{permit.by!r} votes for {', '.join(permit.for_people)}, who alone can pass that on",
            )
        answer = Action.REQUEST_APPROVE if request.kind == "approval" else Action.REQUEST_REPLY
        self._runs.authority.check_delegate(to, answer, on, request)
        if len(request.delegations) >= MAX_VOTES:
            raise ConflictError(f"request {request.id!r} has {MAX_VOTES} delegations, and keeps no more")
        counted = counted_votes(request.votes, request.digest)
        said = find_answer_of((permit.by,), (*counted, *request.opinions))
        if said:
            raise ConflictError(f"request {request.id!r} {said}")
        delegation = Delegation(
            by=permit.by,
            to=to,
            at_ms=now_ms,
            until_ms=now_ms + round(for_s * 1_000) if for_s else 0,
            seats=permit.own_seats,
            channel=permit.record.channel,
            comment=comment,
        )
        delegated = e.VoteDelegated(seq=state.seq, at_ms=now_ms, request_id=request.id, delegation=delegation)
        return self._runs.append_all(state, [delegated], permit.record)

    @read_again_when_moved_on
    def pass_on(self, request_id: str, *, level: int, because: str) -> RunState:
        """Reach the next step of a request's ladder before its time; no person does it, and none is asked.

        Args:
            request_id: Of the request.
            level: The step that it is at; at another one nothing is done.
            because: Why.

        Raises:
            FluxError: If the request is closed or further, or the next step would end it or is none.
        """
        state, request = self._find(request_id, kinds=ALL_KINDS)
        if request.level != level:
            raise ConflictError(f"request {request_id!r} is at step {request.level} already")
        if level >= len(request.ladder) or request.ladder[level].then:
            raise ConflictError(f"request {request_id!r} has no further step that asks anybody")
        return self._runs.append(
            state,
            lambda now_ms: e.LadderStepReached(
                seq=state.seq, at_ms=now_ms, request_id=request_id, level=level + 1, because=because
            ),
            None,
        )

    @read_again_when_moved_on
    def reply(self, request_id: str, *, by: str | None = None, answer: str, digest: str = "") -> RunState:
        """Answer a question or an escalation, or give an opinion in a consultation.

        Returns:
            The run: it goes on, or waits for the opinions of others.

        Raises:
            FluxError: If the request is answered already or is another's to answer, or the answer is not what
                was asked for.
        """
        check_text(answer, "the answer")
        state, request = self._find(request_id, kinds=("question", "escalation"))
        check_shown(request, digest or request.digest)
        admitted = self._permit(Action.REQUEST_REPLY, state, request, by=by)
        if request.panel is not None:
            return self._append(state, admitted, [_build_opinion(state, admitted, answer)])
        asked = request.kind == "question"
        answered = e.QuestionAnswered(
            seq=state.seq,
            at_ms=admitted.at_ms,
            request_id=request_id,
            by=admitted.permit.by,
            answer=answer,
            facts=self._runs.controller(state).parse_answer(state, answer) if asked else {},
        )
        return self._append(state, admitted, [answered])

    @read_again_when_moved_on
    def assign(
        self, request_id: str, assignees: Sequence[str], *, by: str | None = None, reason: str = ""
    ) -> RunState:
        """Say who is to answer a request from now on, instead of those whom it names.

        Whoever is asked may pass a request on, if they may agree to changes, and so may an admin. What
        several people must agree to stays with them: each of them can delegate their vote.

        Args:
            request_id: The request.
            assignees: Persons, groups as `group:NAME`, or `anyone`.
            by: In whose name, if not your own.
            reason: Why; is kept in the log of the run.

        Raises:
            FluxError: If the request is answered already, whoever acts may not, there is nobody of a name, or
                its policy wants more than one answer of somebody.
        """
        check_text(reason, "the reason", MAX_REASON)
        directory = self._runs.authority.directory
        names = tuple(dict.fromkeys(require_assignee(directory, name) for name in assignees))
        if not names:
            raise FluxError(ErrorClass.BAD_ARGUMENT, "nobody is named who is to answer the request")
        state, request = self._find(request_id, kinds=ALL_KINDS)
        if not request.policy.takes_one:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"request {request_id!r} has a policy that an assignment would undo: {request.policy}",
                suggestions=("one of them delegates their vote: `fluxagents approvals delegate --help`",),
            )
        now_ms = self._runs.clock.now_ms()
        permit = self._permit_assignment(state, request, names, now_ms=now_ms, by=by, reason=reason)
        assigned = e.RequestAssigned(
            seq=state.seq, at_ms=now_ms, request_id=request_id, assignees=names, by=permit.by, reason=reason
        )
        return self._runs.append_all(state, [assigned], permit.record)

    def _permit_assignment(
        self,
        state: RunState,
        request: HumanRequest,
        names: Sequence[str],
        *,
        now_ms: int,
        by: str | None,
        reason: str,
    ) -> Permit | AnswerPermit:
        authority, on = self._runs.authority, self._resource(state, request)
        details: dict[str, JsonValue] = {"assignees": list(names), "reason": reason}
        if authority.may(Action.ROLE_GRANT, on):
            return authority.permit(Action.REQUEST_ASSIGN, on, by=by, details=details)
        return authority.permit_answer(
            Action.REQUEST_ASSIGN, on, request, at_ms=now_ms, by=by, details=details
        )

    def request(self, request_id: str) -> HumanRequest:
        """The request of this id.

        Raises:
            FluxError: If it does not wait for an answer.
        """
        return self._find(request_id, kinds=ALL_KINDS)[1]

    def _cast(
        self, request_id: str, choice: VoteChoice, *, by: str | None, comment: str, digest: str
    ) -> RunState:
        check_text(comment, "the comment" if choice != "reject" else "the reason", MAX_REASON)
        # The request as it is now: what a read after an edit shows is not what whoever acts has seen.
        shown = digest or self.request(request_id).digest
        return self._cast_shown(request_id, choice, by=by, comment=comment, digest=shown)

    @read_again_when_moved_on
    def _cast_shown(
        self, request_id: str, choice: VoteChoice, *, by: str | None, comment: str, digest: str
    ) -> RunState:
        votes = choice in {"approve", "reject"}
        state, request = self._find(request_id, kinds=("approval",) if votes else ALL_KINDS)
        check_shown(request, digest)
        admitted = self._permit(_ACTIONS[choice], state, request, by=by, comment=comment)
        return self._append(state, admitted, [_build_vote(state, admitted, choice, comment)])

    @read_again_when_moved_on
    def _edit(
        self,
        request_id: str,
        args: Mapping[str, JsonValue],
        *,
        by: str | None,
        comment: str,
        digest: str,
        approves: bool,
    ) -> RunState:
        check_document(args, "argument")
        check_text(comment, "the comment", MAX_REASON)
        state, request = self._find(request_id, kinds=("approval",))
        check_shown(request, digest)
        admitted = self._permit(Action.REQUEST_EDIT, state, request, by=by, comment=comment)
        by_name = admitted.permit.by
        if request.call is None:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"request {request_id!r} has no arguments to edit")
        edited = self._edit_call(request.call, args)
        shown = call_digest(edited.tool, edited.args, state.model)
        change = e.RequestEdited(
            seq=state.seq,
            at_ms=admitted.at_ms,
            request_id=request.id,
            by=by_name,
            channel=admitted.permit.record.channel,
            question=ask_for_call(edited),
            call=edited,
            digest=shown,
        )
        if not approves:
            return self._append(state, admitted, [change])
        if request.policy.four_eyes:
            raise FluxError(
                ErrorClass.PERMISSION,
                f"{by_name!r} may edit request {request.id!r} or approve it: its policy takes other eyes",
                suggestions=("edit it without approving it; somebody else approves the new arguments",),
            )
        after = admitted.request.model_copy(update={"digest": shown, "call": edited})
        cast = _build_vote(state, replace(admitted, request=after), "approve", comment)
        return self._append(state, admitted, [change, cast])

    def _append(self, state: RunState, admitted: _Admission, events: Sequence[e.Event]) -> RunState:
        return self._runs.append_all(state, [*admitted.delegated, *events], admitted.permit.record)

    def _edit_call(self, call: CallTool, args: Mapping[str, JsonValue]) -> CallTool:
        checked = self._runs.tools[call.tool].parse({**call.args, **args})
        return call.model_copy(update={"args": checked.model_dump(mode="json", exclude_unset=True)})

    def _permit(
        self,
        action: Action,
        state: RunState,
        request: HumanRequest,
        *,
        by: str | None,
        comment: str = "",
    ) -> _Admission:
        """Check whether whoever acts may answer a request; the record says what they were shown.

        Whoever stands in for somebody who is away by now may as well.

        Raises:
            FluxError: If they may not, or another person sees to the request.
        """
        now_ms = self._runs.clock.now_ms()
        passed_on = find_absent(self._runs.authority.directory, request, now_ms)
        asked = request.model_copy(update={"delegations": (*request.delegations, *passed_on)})
        permit = self._runs.authority.permit_answer(
            action,
            self._resource(state, request),
            asked,
            at_ms=now_ms,
            by=by,
            details={"comment": comment} if comment else None,
        )
        if request.takes_one:
            # Where several people must answer, nobody sees to a request alone.
            remarks = self._runs.store.remarks.of(state.run_id)
            check_claimed_by(remarks, request.id, permit.by, now_ms)
        used = [each for each in passed_on if each.to == permit.by]
        delegated = tuple(
            e.VoteDelegated(seq=state.seq, at_ms=now_ms, request_id=request.id, delegation=each)
            for each in used
        )
        asked = request.model_copy(update={"delegations": (*request.delegations, *used)})
        return _Admission(permit, now_ms, asked, delegated)

    def _resource(self, state: RunState, request: HumanRequest) -> Resource:
        return Resource(kind="request", id=request.id, session=self._runs.session_of(state))

    def _find(self, request_id: str, *, kinds: tuple[RequestKind, ...]) -> tuple[RunState, HumanRequest]:
        run = request_id.rpartition(".")[0]
        try:
            state = self._runs.store.load(run)
        except FluxError as error:
            raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no request {request_id!r}") from error
        request = state.waiting_for
        if request is None or request.id != request_id:
            why = explain_closing(self._runs.store.events(run), request_id)
            raise ConflictError(f"request {request_id!r} {why}")
        if request.kind not in kinds:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"request {request_id!r} is of kind {request.kind!r}, not {kinds[0]!r}",
            )
        return state, request


def check_shown(request: HumanRequest, digest: str) -> None:
    """Refuse an answer to what a request does not show any more.

    Raises:
        ConflictError: With both digests.
    """
    if digest != request.digest:
        raise ConflictError(
            f"request {request.id!r} was changed after it was shown: it shows {request.digest}, not {digest}",
            suggestions=("look at it again: `fluxagents approvals show`",),
        )


def _build_vote(state: RunState, admitted: _Admission, choice: VoteChoice, comment: str) -> e.VoteCast:
    request, permit = admitted.request, admitted.permit
    vote = Vote(
        by=permit.by,
        choice=choice,
        at_ms=admitted.at_ms,
        channel=permit.record.channel,
        comment=comment,
        digest=request.digest,
        seats=permit.seats,
        for_people=permit.for_people,
    )
    refusal = request.refuse_vote(vote)
    if refusal:
        raise ConflictError(f"request {request.id!r} {refusal}")
    return e.VoteCast(seq=state.seq, at_ms=admitted.at_ms, request_id=request.id, vote=vote)


def _build_opinion(state: RunState, admitted: _Admission, answer: str) -> e.OpinionGiven:
    request, permit = admitted.request, admitted.permit
    text = check_text(answer.strip(), "the answer", OPINION_CHARACTERS)
    if not text:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"request {request.id!r} takes an answer, and this is none")
    opinion = Opinion(
        by=permit.by,
        at_ms=admitted.at_ms,
        channel=permit.record.channel,
        answer=text,
        value=(request.answer or AnswerForm()).read(text),
        for_people=permit.for_people,
    )
    refusal = request.refuse_opinion(opinion)
    if refusal:
        raise ConflictError(f"request {request.id!r} {refusal}")
    return e.OpinionGiven(seq=state.seq, at_ms=admitted.at_ms, request_id=request.id, opinion=opinion)
