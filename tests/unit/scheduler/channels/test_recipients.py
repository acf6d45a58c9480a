"""Who is told of a request: those who may answer, where they want it, and as its ladder says."""

from __future__ import annotations

from typing import Any

from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.ladders import LadderStep
from fluxagents.flows.humans.opinions import Opinion, Panel
from fluxagents.flows.humans.votes import Delegation, Vote
from fluxagents.flows.people.digest import Digest
from fluxagents.flows.people.members import Group, NotifyBy, Person
from fluxagents.flows.people.quiet_hours import QuietHours
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.scheduler.channels.recipients import can_wait, choose_digest_time, find_recipients

HOUR_MS = 3_600_000
NIGHT_MS = 2 * HOUR_MS
"""Two o'clock in the morning, in 1970."""


def person(name: str, **details: Any) -> Person:
    grants = (Grant(role=details.pop("role", Role.APPROVER)),)
    return Person(name=name, email=f"{name}@lab.example", slack=f"U{name.upper()}", grants=grants, **details)


PEOPLE = (
    person("ana", notify=("email",)),
    person("bob", notify=("slack", "email"), quiet=QuietHours(begins="22:00", ends="07:00")),
    person("lea"),
    person("vic", role=Role.VIEWER, notify=("email",)),
)
GROUPS = (Group(name="leads", members=("lea",)),)


def tell(channels: tuple[NotifyBy, ...] = ("email", "slack"), **request: Any) -> list[tuple[str, str, int]]:
    asked = HumanRequest(id="r.1", kind="approval", node="n", question="?", digest="d", **request)
    found = find_recipients(asked, "s", PEOPLE, GROUPS, channels, now_ms=NIGHT_MS)
    return [(each.person, each.channel, each.from_ms // HOUR_MS) for each in found]


def test_people_are_told_where_and_when_they_want() -> None:
    assert tell() == [("ana", "email", 0), ("bob", "email", 7), ("bob", "slack", 7)]
    assert tell(("slack",)) == [("bob", "slack", 7)]


def test_what_is_urgent_or_over_before_is_told_in_quiet_hours() -> None:
    assert tell(("slack",), urgency="high") == [("bob", "slack", 0)]
    assert tell(("slack",), deadline_ms=6 * HOUR_MS) == [("bob", "slack", 0)]


def test_only_those_are_told_whose_answer_counts() -> None:
    assert tell(assignees=("bob",), policy={"any_of": ["bob"]}, urgency="high") == [
        ("bob", "email", 0),
        ("bob", "slack", 0),
    ]
    assert tell(barred=("ana",), urgency="high")[0][0] == "bob"


def test_a_step_of_the_ladder_tells_whom_it_asks_by_what_it_names() -> None:
    ladder = (
        LadderStep(after=60, via=("slack",)),
        LadderStep(after=120, to="group:leads", via=("email",)),
        LadderStep(after=180, then="deny"),
    )
    reminder = tell(assignees=("ana",), policy={"any_of": ["ana"]}, ladder=ladder, level=1)
    assert reminder == [("ana", "slack", 0)]
    further = tell(assignees=("ana",), policy={"any_of": ["ana"]}, ladder=ladder, level=2)
    assert further == [("lea", "email", 0)]


def test_whoever_votes_in_anothers_place_is_told_by_their_own_channels() -> None:
    ladder = (LadderStep(after=60, to="bob"),)
    delegations = (Delegation(by="vic", to="ana", at_ms=0, seats=("vic",)),)
    asked: dict[str, Any] = {"policy": {"any_of": ["vic"]}, "assignees": ("vic",), "delegations": delegations}
    assert tell(**asked) == [("ana", "email", 0)]
    assert ("ana", "email", 0) in tell(**asked, ladder=ladder, level=1)
    answered = Vote(by="ana", choice="approve", at_ms=1, digest="d", for_people=("vic",))
    assert tell(**asked, votes=(answered,)) == []


def test_whoever_knows_what_is_asked_is_told_until_they_have_answered() -> None:
    experts = tuple(
        person(name, role=Role.RUNNER, skills=("yeast",), notify=("email",)) for name in ("fay", "gus")
    )
    said = Opinion(by="fay", at_ms=1, answer="yes", value=True)
    asked = HumanRequest(
        id="r.1",
        kind="question",
        node="n",
        question="?",
        digest="d",
        policy="skill:yeast",
        panel=Panel(wanted=2),
        opinions=(said,),
    )
    mail: tuple[NotifyBy, ...] = ("email",)
    found = find_recipients(asked, "s", experts, GROUPS, mail, now_ms=NIGHT_MS)
    assert [each.person for each in found] == ["gus"]


def test_a_digest_comes_at_its_time_outside_of_quiet_hours() -> None:
    quiet = QuietHours(begins="22:00", ends="09:00")
    assert choose_digest_time(person("ana"), NIGHT_MS) == 0
    assert choose_digest_time(person("ana", digest=Digest(at="08:00")), NIGHT_MS) == 8 * HOUR_MS
    assert choose_digest_time(person("ana", digest=Digest(at="08:00"), quiet=quiet), NIGHT_MS) == 9 * HOUR_MS


def test_what_is_urgent_or_over_before_or_told_again_waits_for_no_digest() -> None:
    def waits(**request: Any) -> bool:
        asked = HumanRequest(id="r.1", kind="approval", node="n", question="?", digest="d", **request)
        return can_wait(asked, 8 * HOUR_MS)

    end = {"ladder": (LadderStep(after=60, then="deny"),), "next_ms": 7 * HOUR_MS}
    reminder = {"ladder": (LadderStep(after=60), LadderStep(after=90)), "next_ms": 7 * HOUR_MS}
    assert waits()
    assert waits(deadline_ms=9 * HOUR_MS)
    assert waits(**reminder)
    assert not waits(urgency="high")
    assert not waits(deadline_ms=7 * HOUR_MS)
    assert not waits(**end)
    assert not waits(**reminder, level=1)
