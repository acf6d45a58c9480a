"""Who is told of a request, on which channel, and when: a pure decision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.opinions import find_answer_of
from fluxagents.flows.humans.votes import counted_votes
from fluxagents.flows.people.members import (
    CHANNELS,
    Group,
    Member,
    Membership,
    NotifyBy,
    Person,
    address_of,
    membership,
)
from fluxagents.flows.people.permission import find_seats
from fluxagents.flows.people.roles import Role, role_in


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person who is told of something."""

    person: str
    """Empty for a channel that many read."""
    channel: NotifyBy
    address: str
    from_ms: int = 0
    """When at the earliest (Unix time in ms); 0 for at once."""
    digest_ms: int = 0
    """When the digest is due that tells of it in place of a message of its own; 0 for none."""


def find_recipients(
    request: HumanRequest,
    session: str,
    members: Iterable[Member],
    groups: Collection[Group],
    channels: Collection[NotifyBy],
    *,
    now_ms: int,
) -> Iterator[Recipient]:
    """Everybody who may answer a request and wants to be told of it on a channel.

    Args:
        request: What waits.
        session: That it belongs to.
        members: Of the installation.
        groups: As members.
        channels: Those that are set up.
        now_ms: The time.
    """
    step = request.reached_steps[-1] if request.level else None
    told = find_told(request)
    for member in members:
        who = membership(member, groups)
        if not isinstance(member, Person) or not may_answer(who, request, session, told):
            continue
        for channel in CHANNELS:
            wanted = channel in (step.via if step and step.via else member.notify)
            address = address_of(member, channel) if wanted and channel in channels else ""
            if address:
                digest_ms = choose_digest_time(member, now_ms) if channel == "email" else 0
                yield Recipient(
                    member.name,
                    channel,
                    address,
                    choose_time(member, request, now_ms),
                    digest_ms if can_wait(request, digest_ms) else 0,
                )


def find_told(request: HumanRequest) -> tuple[str, ...]:
    """The people and groups that are told now: all who are asked, or those whom a step of the ladder asks."""
    step = request.reached_steps[-1] if request.level else None
    return step.seats if step and step.seats else request.seats


def may_answer(
    who: Membership, request: HumanRequest, session: str, seats: Iterable[str] | None = None
) -> bool:
    """Whether an answer of this member would count: for these of the seats, for any, or for another."""
    needed = Role.APPROVER if request.kind == "approval" else Role.RUNNER
    role = role_in(who.grants, session)
    is_able = not who.member.disabled and role is not None and role.includes(needed)
    votes = counted_votes(request.votes, request.digest)
    is_out = who.name in request.barred or bool(find_answer_of((who.name,), (*votes, *request.opinions)))
    stands_in = any(each.to == who.name for each in request.delegations)
    seated = stands_in or find_seats(who, request.seats if seats is None else seats)
    return is_able and not is_out and bool(seated)


def choose_time(person: Person, request: HumanRequest, now_ms: int) -> int:
    """When a person is told: after their quiet hours, but at once where it is urgent or ends before."""
    if request.urgency == "high":
        return 0
    end_ms = person.quiet.end_ms(now_ms) if person.quiet else 0
    return 0 if request.deadline_ms and request.deadline_ms <= end_ms else end_ms


def choose_digest_time(person: Person, now_ms: int) -> int:
    """When the next digest of a person is due, outside of their quiet hours; 0 if they want none."""
    if person.digest is None:
        return 0
    due_ms = person.digest.next_ms(now_ms)
    return (person.quiet.end_ms(due_ms) if person.quiet else 0) or due_ms


def can_wait(request: HumanRequest, until_ms: int) -> bool:
    """Whether a request is neither urgent, nor over until then, nor told again because nobody answered."""
    ends = [request.deadline_ms]
    if request.level < len(request.ladder) and request.ladder[request.level].then:
        ends.append(request.next_ms)
    is_over = any(0 < end_ms <= until_ms for end_ms in ends)
    return request.urgency != "high" and request.level == 0 and not is_over
