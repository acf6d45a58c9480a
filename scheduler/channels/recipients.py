"""Who is told of a request, on which channel, and when: a pure decision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from fluxagents.flows.events import HumanRequest
from fluxagents.flows.people.members import (
    Group,
    Member,
    Membership,
    NotifyBy,
    Person,
    address_of,
    membership,
)
from fluxagents.flows.people.permission import is_asked
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
    for member in members:
        if isinstance(member, Person) and may_answer(membership(member, groups), request, session):
            for channel in member.notify:
                address = address_of(member, channel)
                if address and channel in channels:
                    yield Recipient(member.name, channel, address, choose_time(member, request, now_ms))


def may_answer(who: Membership, request: HumanRequest, session: str) -> bool:
    """Whether an answer of this member would count."""
    needed = Role.APPROVER if request.kind == "approval" else Role.RUNNER
    role = role_in(who.grants, session)
    is_able = not who.member.disabled and role is not None and role.includes(needed)
    return is_able and is_asked(who, request)


def choose_time(person: Person, request: HumanRequest, now_ms: int) -> int:
    """When a person is told: after their quiet hours, but at once where the deadline comes before."""
    end_ms = person.quiet.end_ms(now_ms) if person.quiet else 0
    return 0 if request.deadline_ms and request.deadline_ms <= end_ms else end_ms
