"""Whether somebody may do something: pure decisions, each with a refusal that says what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.opinions import find_answer_of
from fluxagents.flows.humans.seats import ANYONE, GROUP_PREFIX, SKILL_PREFIX
from fluxagents.flows.people.actions import NEEDS, Action
from fluxagents.flows.people.actor import Actor, Resource
from fluxagents.flows.people.members import Membership, Person, ServiceAccount
from fluxagents.flows.people.roles import Role, role_in
from fluxagents.flows.texts.display import quote


def check_permission(actor: Actor, who: Membership, action: Action, on: Resource) -> None:
    """Refuse what somebody may not do.

    Args:
        actor: Who acts, by which channel and with which proof.
        who: The same member as the installation knows them now.
        action: What they want to do.
        on: To what.

    Raises:
        FluxError: `PERMISSION`, naming who, what, and what is missing.
    """
    refusal = find_refusal(actor, who, action, on)
    if refusal is not None:
        raise refusal


def may(actor: Actor, who: Membership, action: Action, on: Resource) -> bool:
    """Whether somebody may do it; for lists that show only what one may see."""
    return find_refusal(actor, who, action, on) is None


def find_refusal(actor: Actor, who: Membership, action: Action, on: Resource) -> FluxError | None:
    """Why somebody may not do it; None if they may."""
    need = NEEDS[action]
    if who.member.disabled:
        return _refuse(who.name, action, on, f"{who.name} is disabled", "an admin can enable them again")
    if actor.scopes is not None and need.scope not in actor.scopes:
        return _refuse(
            who.name,
            action,
            on,
            f"the {actor.proof} has not the scope '{need.scope}'",
            f"create a key with it: `fluxagents api-keys create --scope {need.scope}`",
        )
    if need.role is None:
        return None
    role = role_in(who.grants, on.session)
    if role is None or not role.includes(need.role):
        return _refuse_role(who.name, action, on, need.role, role)
    return None


def _refuse_role(name: str, action: Action, on: Resource, needed: Role, role: Role | None) -> FluxError:
    where = f" in session {quote(on.session)}" if on.session else ""
    grant = f"fluxagents people role {name} {needed}"
    return _refuse(
        name,
        action,
        on,
        f"it takes the role {needed}{where}, and {name} is {role or 'nothing'} there",
        f"an admin grants it: `{grant}`",
    )


def _refuse(name: str, action: Action, on: Resource, why: str, what_to_do: str) -> FluxError:
    return FluxError(
        ErrorClass.PERMISSION, f"{quote(name)} may not do {action} on {on}: {why}", suggestions=(what_to_do,)
    )


def find_seats(who: Membership, seats: Iterable[str]) -> tuple[str, ...]:
    """Which of these somebody stands for: by name, by a group or a skill, or as anyone who has the role."""
    groups = {group.name for group in who.groups}
    skills = who.member.skills if isinstance(who.member, Person) else ()
    return tuple(
        seat
        for seat in seats
        if seat in {ANYONE, who.name}
        or (seat.startswith(GROUP_PREFIX) and seat.removeprefix(GROUP_PREFIX) in groups)
        or (seat.startswith(SKILL_PREFIX) and seat.removeprefix(SKILL_PREFIX) in skills)
    )


def is_asked(who: Membership, request: HumanRequest) -> bool:
    """Whether a request waits for somebody: it names them, or somebody whom it names lets them vote.

    Whoever has given their opinion in a consultation has done what it wants of them.
    """
    stands_in = any(delegation.to == who.name for delegation in request.delegations)
    is_done = who.name in request.barred or bool(find_answer_of((who.name,), request.opinions))
    return not is_done and (stands_in or bool(find_seats(who, request.seats)))


def check_seat(who: Membership, request: HumanRequest, seats: Collection[str]) -> None:
    """Refuse an answer from somebody whom the request does not name, or who has no vote on it.

    Args:
        who: Who answers.
        request: The request.
        seats: Those that they stand for, delegated ones included.

    Raises:
        FluxError: `PERMISSION`, naming those who are asked.
    """
    if who.name in request.barred:
        raise FluxError(
            ErrorClass.PERMISSION,
            f"{quote(who.name)} wanted or edited request {request.id!r}, and its policy takes other eyes",
            suggestions=(f"somebody else decides: {', '.join(request.seats)}",),
        )
    if any(vote.by == who.name and vote.choice == "recuse" for vote in request.votes):
        raise FluxError(
            ErrorClass.PERMISSION,
            f"{quote(who.name)} has stepped out of request {request.id!r}, whatever it comes to say",
            suggestions=(f"somebody else decides: {', '.join(request.seats)}",),
        )
    if not seats:
        raise FluxError(
            ErrorClass.PERMISSION,
            f"request {request.id!r} is assigned to {', '.join(request.seats)}; "
            f"{quote(who.name)} is not among them",
            suggestions=(
                "one of them answers it, or delegates their vote: `fluxagents approvals delegate --help`",
                "an admin adds a member: `fluxagents people group --help`",
            ),
        )


def check_claim(who: Membership, person: str, *, named: bool) -> None:
    """Refuse to let somebody act under another's name without the right to.

    A service that speaks for others may; it has checked who they are. A human admin may as well, except where
    a request names who must answer it: nobody answers for somebody who was asked in person.

    Args:
        who: Who acts.
        person: Whose name they claim.
        named: Whether the act is an answer to a request that names who may answer.

    Raises:
        FluxError: `PERMISSION`, naming both.
    """
    if person == who.name:
        return
    member = who.member
    is_admin = role_in(who.grants, "") is Role.ADMIN
    may_claim = member.speaks_for_others if isinstance(member, ServiceAccount) else is_admin and not named
    if not may_claim:
        raise FluxError(
            ErrorClass.PERMISSION,
            f"{quote(who.name)} may not act as {quote(person)}",
            suggestions=(
                f"leave `--by` out to act as {who.name}",
                f"or act with a key of {quote(person)}: FLUXAGENTS_API_KEY",
            ),
        )
