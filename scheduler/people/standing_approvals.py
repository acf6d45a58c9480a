"""Standing approvals: granted by people, listed, counted, revoked, and cast as votes on requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.standing import MAX_USES, ArgumentRange, StandingApproval
from fluxagents.flows.humans.votes import Delegation, Vote, refuse_vote
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor, Proof, Resource
from fluxagents.flows.people.members import Membership
from fluxagents.flows.people.permission import find_refusal, find_seats
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.checks import check_name, check_text
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_REASON
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.directory import Directory
from fluxagents.scheduler.people.stand_ins import AWAY, find_absent
from fluxagents.scheduler.people.standing_book import StandingBook

STANDING = "standing"
"""The channel of a vote that was given in advance."""


@dataclass(frozen=True, slots=True)
class CountedApproval:
    """A standing approval, and the requests that it was used for."""

    approval: StandingApproval
    uses: tuple[str, ...]

    def status(self, now_ms: int) -> str:
        """`active`, `revoked`, `over` or `used up`."""
        if self.approval.revoked_ms:
            return "revoked"
        if now_ms >= self.approval.until_ms:
            return "over"
        return "used up" if len(self.uses) >= self.approval.max_uses else "active"


class StandingApprovals:
    """What people may do with standing approvals.

    Args:
        book: Where they are kept.
        authority: Decides what whoever acts may do.
        clock: The time.
        new_id: Makes ids.
    """

    def __init__(
        self, book: StandingBook, authority: Authority, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        self._book = book
        self._authority = authority
        self._clock = clock
        self._new_id = new_id

    def grant(
        self,
        tool: str,
        *,
        session: str,
        arguments: Mapping[str, ArgumentRange],
        until_ms: int,
        max_uses: int,
        comment: str = "",
    ) -> StandingApproval:
        """Vote yes in advance, for calls of a tool whose arguments all lie within these ranges.

        Nobody grants one in another's name. It is one vote: where a policy wants more, others must agree too.

        Args:
            tool: The tool.
            session: The session of the runs.
            arguments: Ranges by where the argument stands; a call with any other argument is asked for.
            until_ms: Until when (Unix time in ms).
            max_uses: How often at most.
            comment: Why.

        Raises:
            FluxError: If whoever acts may not approve there, or it could never be used.
        """
        check_name(session, "a session")
        check_text(comment, "the comment", MAX_REASON)
        now_ms = self._clock.now_ms()
        if until_ms <= now_ms:
            raise FluxError(ErrorClass.BAD_ARGUMENT, "a standing approval ends in the future")
        if not arguments or not 1 <= max_uses <= MAX_USES:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"a standing approval says which arguments it is for, and how often (1 to {MAX_USES})",
            )
        approval_id = self._new_id()
        on = Resource(kind="standing approval", id=approval_id, session=session)
        by = self._authority.record(
            Action.STANDING_GRANT,
            on,
            details={"tool": tool, "arguments": {name: str(each) for name, each in arguments.items()}},
        )
        approval = StandingApproval(
            id=approval_id,
            tool=tool,
            session=session,
            arguments=dict(arguments),
            by=by,
            created_ms=now_ms,
            until_ms=until_ms,
            max_uses=max_uses,
            comment=comment,
        )
        self._book.add(approval)
        return approval

    def list(self, session: str = "") -> list[CountedApproval]:
        """All, or those of a session, the newest first."""
        found = self._book.list(session)
        uses = self._book.uses([each.id for each in found])
        return [CountedApproval(each, used) for each, used in zip(found, uses, strict=True)]

    def show(self, approval_id: str) -> CountedApproval:
        """One of them.

        Raises:
            FluxError: If there is none of this id.
        """
        approval = self._find(approval_id)
        return CountedApproval(approval, self._book.uses([approval_id])[0])

    def revoke(self, approval_id: str) -> CountedApproval:
        """Let it count no more, from now on; what it has approved stays approved.

        Raises:
            FluxError: If there is none, it counts no more, or whoever acts may not.
        """
        approval = self._find(approval_id)
        on = Resource(kind="standing approval", id=approval_id, session=approval.session)
        permit = self._authority.permit(Action.STANDING_REVOKE, on)
        if approval.revoked_ms or not self._book.revoke(approval_id, self._clock.now_ms()):
            raise ConflictError(f"standing approval {approval_id!r} is revoked already")
        self._authority.log.append(permit.record)
        return self.show(approval_id)

    @property
    def now_ms(self) -> int:
        """The time by which they end (Unix time in ms)."""
        return self._clock.now_ms()

    def _find(self, approval_id: str) -> StandingApproval:
        approval = self._book.find(approval_id)
        if approval is None:
            raise unknown_approval(approval_id)
        return approval


def unknown_approval(approval_id: str) -> FluxError:
    """The error for a standing approval that is not there."""
    return FluxError(
        ErrorClass.UNKNOWN_ID,
        f"there is no standing approval {quote(approval_id)}",
        suggestions=("`fluxagents approvals standing list` shows them",),
    )


class StandingVoter:
    """Casts standing approvals as votes, where whoever granted one could vote themselves now.

    The votes of people who are out of office it passes on.

    Args:
        book: Where they are kept.
        directory: Who belongs to the installation.
        clock: The time.
        session_of: The session whose roles count for a run.
    """

    def __init__(
        self, book: StandingBook, directory: Directory, clock: Clock, session_of: Callable[[RunState], str]
    ) -> None:
        self._book = book
        self._directory = directory
        self._clock = clock
        self._session_of = session_of

    def cast(self, state: RunState, request: HumanRequest) -> Sequence[Vote]:
        """The votes that standing approvals have on a request; see `StandingVotes`."""
        if request.kind != "approval" or request.call is None or request.always_ask:
            return ()
        session, votes = self._session_of(state), list[Vote]()
        for approval, vote in self._candidates(session, request):
            refusal = refuse_vote(
                vote, digest=request.digest, votes=(*request.votes, *votes), barred=request.barred
            )
            key = f"{request.id}:{request.digest[:12]}"
            if not refusal and self._book.use(approval.id, key, vote.at_ms):
                votes.append(vote)
        return votes

    def pass_on(self, state: RunState, request: HumanRequest) -> Sequence[Delegation]:
        """The delegations of people who are away; see `StandingVotes`."""
        on = Resource(kind="request", id=request.id, session=self._session_of(state))
        action = Action.REQUEST_APPROVE if request.kind == "approval" else Action.REQUEST_REPLY

        def may_answer(who: Membership) -> bool:
            actor = Actor(name=who.name, channel=STANDING, proof=Proof(kind="standing", id=AWAY))
            return find_refusal(actor, who, action, on) is None

        return find_absent(self._directory, request, self._clock.now_ms(), may_answer)

    def _candidates(self, session: str, request: HumanRequest) -> Iterator[tuple[StandingApproval, Vote]]:
        """The standing approvals that cover a call, and the vote that each would be."""
        assert request.call is not None
        now_ms = self._clock.now_ms()
        # The oldest first: it ends first as well, by and large.
        for approval in reversed(self._book.list(session)):
            if approval.refuse(request.call, now_ms):
                continue
            who = self._directory.find(approval.by)
            on = Resource(kind="request", id=request.id, session=session)
            actor = Actor(name=approval.by, channel=STANDING, proof=Proof(kind="standing", id=approval.id))
            if who is None or find_refusal(actor, who, Action.REQUEST_APPROVE, on) is not None:
                continue
            seats = find_seats(who, request.seats)
            if seats:
                yield (
                    approval,
                    Vote(
                        by=approval.by,
                        choice="approve",
                        at_ms=now_ms,
                        channel=STANDING,
                        comment=approval.comment,
                        digest=request.digest,
                        seats=seats,
                        standing=approval.id,
                    ),
                )
