"""Consultations of real members: by skill, once each, over any door; and people who are out of office."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.scheduler.runs.test_request_control import Lab

from fluxagents.flows import events as e
from fluxagents.flows.errors import ConflictError, FluxError
from fluxagents.flows.people.absence import Absence
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import Grant, Role

CARBON: dict[str, Any] = {
    "kind": "consult",
    "question": "Which carbon source fits the chemostat data?",
    "assignees": ["skill:fermentation"],
    "fact": "carbon",
    "choices": ["glucose", "acetate"],
    "wanted": 3,
    "at_least": 2,
    "facts": {"agreement": "agreement"},
    "next": "end",
}
FACTS = {"carbon": {"type": "string"}, "agreement": {"type": "number"}}
EXPERTS = ("fay", "gus", "hal")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    directory = lab.client.authority.directory
    for name in EXPERTS:
        expert = Person(name=name, skills=("fermentation",), grants=(Grant(role=Role.RUNNER),))
        assert directory.save(expert, before=None)
    return lab


def consult(lab: Lab, **fields: Any) -> str:
    """A run that asks experts; the id of its request."""
    end = {"kind": "end", "message": "use {carbon}"}
    lab.desk.flow("consulting", {"ask": {**CARBON, **fields}, "end": end}, facts=FACTS)
    return lab.request(lab.as_("rob").start("consulting", model="e_coli_core").id).id


def run_of(request_id: str) -> str:
    return request_id.rpartition(".")[0]


def change(lab: Lab, name: str, **update: Any) -> None:
    directory = lab.client.authority.directory
    who = directory.find(name)
    assert who is not None
    assert directory.save(who.member.model_copy(update=update), before=who.member)


def test_experts_are_asked_by_skill_and_credited_in_the_answer(lab: Lab) -> None:
    request = consult(lab)
    waiting = lab.as_("fay", "client").reply(request, answer="glucose").waiting_for
    assert waiting is not None
    assert waiting.missing == "2 more opinions of skill:fermentation"
    with pytest.raises(ConflictError, match="was answered already by 'fay', by client"):
        lab.as_("fay", "page").reply(request, answer="acetate")
    with pytest.raises(FluxError, match="'ana' is not among them"):
        lab.as_("ana").reply(request, answer="acetate")
    with pytest.raises(FluxError, match="is none of the choices"):
        lab.as_("gus").reply(request, answer="xylose")
    with pytest.raises(FluxError, match="takes an answer"):
        lab.as_("gus").reply(consult(lab, choices=[]), answer=" ")
    lab.as_("gus", "email").reply(request, answer="Glucose")
    lab.as_("hal").reply(request, answer="acetate")
    state = lab.state(run_of(request))
    assert state.facts == {"carbon": "glucose", "agreement": pytest.approx(1 / 3)}
    assert state.answer == (
        "use glucose\n\n"
        "Stated by fay, gus, hal, not computed: consultation [f1] (3 opinions: glucose 2, acetate 1)."
    )
    given = [event for event in lab.client.store.events(run_of(request)) if isinstance(event, e.OpinionGiven)]
    assert [(each.opinion.by, each.opinion.channel) for each in given] == [
        ("fay", "client"),
        ("gus", "email"),
        ("hal", "http"),
    ]
    with pytest.raises(ConflictError, match="was answered already by 'fay, gus, hal'"):
        lab.as_("fay").reply(request, answer="glucose")


def test_an_expert_may_pass_and_nobody_claims_a_consultation(lab: Lab) -> None:
    request = consult(lab)
    lab.as_("hal").abstain(request, comment="no data of mine")
    with pytest.raises(ConflictError, match="was answered already by 'hal'"):
        lab.as_("hal").reply(request, answer="glucose")
    with pytest.raises(ConflictError, match="was answered already by 'hal'"):
        lab.as_("hal").delegate(request, "ana")
    lab.as_("fay").delegate(request, "ana")
    lab.as_("ana").reply(request, answer="acetate")
    with pytest.raises(ConflictError, match="was answered already by 'ana'"):
        lab.as_("fay").reply(request, answer="glucose")


def test_who_is_away_is_stood_in_for_from_the_first_message(lab: Lab) -> None:
    now_ms = lab.client.runs.clock.now_ms()
    away = Absence(from_ms=now_ms - 1, until_ms=now_ms + 3_600_000, to="dan")
    change(lab, "ana", away=away)
    run = lab.start(policy={"all_of": ["ana", "ben"]})
    request = lab.request(run)
    assert [(each.by, each.to, each.channel) for each in request.delegations] == [("ana", "dan", "away")]
    lab.as_("dan").approve(request.id)
    lab.as_("ben").approve(request.id)
    assert lab.state(run).status == "finished"


def test_who_goes_away_after_they_were_asked_is_stood_in_for_as_well(lab: Lab) -> None:
    run = lab.start(policy={"all_of": ["ana", "ben"]})
    request = lab.request(run)
    with pytest.raises(FluxError, match="'dan' is not among them"):
        lab.as_("dan").approve(request.id)
    now_ms = lab.client.runs.clock.now_ms()
    change(lab, "ana", away=Absence(from_ms=0, until_ms=now_ms + 3_600_000, to="dan"))
    lab.as_("dan").approve(request.id)
    vote = lab.request(run).votes[0]
    assert (vote.by, vote.for_people, vote.seats) == ("dan", ("ana",), ("ana",))
    with pytest.raises(ConflictError, match="was answered already for 'ana' by 'dan'"):
        lab.as_("ana").approve(request.id)
    lab.as_("ben").approve(request.id)
    assert lab.state(run).status == "finished"


@pytest.mark.parametrize("to", ["ben", "rob", "nobody"])
def test_nobody_stands_in_who_is_asked_already_or_could_not_answer(lab: Lab, to: str) -> None:
    change(lab, "ana", away=Absence(from_ms=0, until_ms=4_102_444_800_000, to=to))
    assert lab.request(lab.start(policy={"all_of": ["ana", "ben"]})).delegations == ()
