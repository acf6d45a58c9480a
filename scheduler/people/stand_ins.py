"""Who answers for people who are out of office."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.opinions import Opinion, find_answer_of
from fluxagents.flows.humans.votes import MAX_VOTES, Delegation, Vote, counted_votes
from fluxagents.flows.people.members import Group, Member, Membership, Person, membership
from fluxagents.flows.people.permission import find_seats
from fluxagents.scheduler.people.directory import Directory

AWAY = "away"
"""The channel of a delegation that follows from an absence."""


def find_stand_ins(
    request: HumanRequest,
    members: Iterable[Member],
    groups: Collection[Group],
    *,
    at_ms: int,
    may_answer: Callable[[Membership], bool],
) -> tuple[Delegation, ...]:
    """The delegations that a request gets from people who are away.

    As with every delegation, whoever stands in has one vote: where the request asks them as well, nothing is
    passed on. Nor is it where they may not answer, or are away themselves.

    Args:
        request: What waits.
        members: Of the installation.
        groups: As members.
        at_ms: Now (Unix time in ms).
        may_answer: Whether the role of a member lets them answer.
    """
    people = {member.name: member for member in members if isinstance(member, Person)}
    settled = {each.by for each in request.delegations} | set(request.barred)
    answers: tuple[Vote | Opinion, ...] = (*counted_votes(request.votes, request.digest), *request.opinions)
    found: list[Delegation] = []
    for person in people.values():
        away = person.away
        if away is None or not away.holds(at_ms) or person.disabled or person.name in settled:
            continue
        delegate = people.get(away.to)
        if delegate is None or away.to in request.barred or _is_away(delegate, at_ms):
            continue
        who = membership(delegate, groups)
        seats = find_seats(membership(person, groups), request.seats)
        is_free = not find_seats(who, request.seats) and not find_answer_of((person.name, away.to), answers)
        if seats and is_free and may_answer(who):
            found.append(
                Delegation(
                    by=person.name, to=away.to, at_ms=at_ms, until_ms=away.until_ms, seats=seats, channel=AWAY
                )
            )
    return tuple(found[: MAX_VOTES - len(request.delegations)])


def find_absent(
    directory: Directory,
    request: HumanRequest,
    at_ms: int,
    may_answer: Callable[[Membership], bool] = lambda _: True,
) -> tuple[Delegation, ...]:
    """As `find_stand_ins`, for the members of a directory."""
    members = directory.members()
    if not any(isinstance(member, Person) and member.away for member in members):
        return ()
    return find_stand_ins(request, members, directory.groups(), at_ms=at_ms, may_answer=may_answer)


def _is_away(person: Person, at_ms: int) -> bool:
    return person.disabled or (person.away is not None and person.away.holds(at_ms))
