"""Votes of real members, under policies: who may, what counts, and what each is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.workers.clients.test_local import END, Desk

from fluxagents.flows import events as e
from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.history.replay import replay_run
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.people.actor import Actor, Channel, Proof
from fluxagents.flows.people.members import Group, Person
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.run_client import RunClient

CURATORS = ("ana", "ben", "cat")
HOUR_S = 3_600.0


class Lab:
    """Runs in this process, and people who may approve; `rob` starts runs."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.client = self.desk.client
        directory = self.client.authority.directory
        # Whoever owns the folder is the admin.
        assert self.client.authority.actor.name
        roles = dict.fromkeys((*CURATORS, "dan", "lea"), Role.APPROVER) | {"rob": Role.RUNNER}
        for name, role in roles.items():
            assert directory.save(Person(name=name, grants=(Grant(role=role),)), before=None)
        assert directory.save_group(Group(name="curators", members=CURATORS), before=None)

    def as_(self, name: str, channel: Channel = "http") -> RunClient:
        return self.client.acting_as(Actor(name=name, channel=channel, proof=Proof(kind="sign-in", id=name)))

    def start(self, *, by: str = "rob", session: str = "", **approval: Any) -> str:
        """A run that wants to change a bound."""
        call = {"kind": "tool", "tool": "set_bounds", "next": "end", "on_error": "refused"}
        args = {"bounds": {"EX_glc__D_e": {"lower_mmol_per_gdw_h": -12}}}
        nodes: dict[str, dict[str, Any]] = {
            "change": {**call, "args": args, "approval": approval or None},
            "end": END,
            "refused": {"kind": "end", "message": "refused"},
        }
        self.desk.flow("changing", {name: _without_none(node) for name, node in nodes.items()})
        return self.as_(by).start("changing", model="e_coli_core", session=session).id

    def request(self, run_id: str) -> HumanRequest:
        waiting = self.client.store.load(run_id).waiting_for
        assert waiting is not None
        return waiting

    def state(self, run_id: str) -> RunState:
        """Of a run whose log says the same, and would be written again."""
        state = self.client.store.load(run_id)
        events = self.client.store.events(run_id)
        assert fold(events) == state
        assert replay_run(events, state, self.client.controllers).same
        return state


def _without_none(node: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if value is not None}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_two_of_a_group_decide_and_one_person_has_one_vote_over_all_channels(lab: Lab) -> None:
    run = lab.start(policy={"quorum": "2 of [group:curators]"})
    request = lab.request(run).id
    waiting = lab.as_("ana", "email").approve(request, comment="fine")
    assert waiting.status == "waiting"
    assert lab.request(run).missing == "1 more of group:curators"
    with pytest.raises(ConflictError, match="was answered already by 'ana': approve, by email"):
        lab.as_("ana", "slack").approve(request)
    with pytest.raises(FluxError, match="is assigned to group:curators; 'dan' is not among them"):
        lab.as_("dan").approve(request)
    lab.as_("ben").approve(request)
    assert lab.state(run).answer == "done"
    (granted,) = (each for each in lab.client.store.events(run) if isinstance(each, e.ApprovalGranted))
    assert granted.by == "ana, ben"
    with pytest.raises(ConflictError, match="was answered already by 'ana, ben'"):
        lab.as_("cat").approve(request)


def test_who_wanted_it_is_not_who_approves_it(lab: Lab) -> None:
    run = lab.start(by="ana", policy={"any_of": ["group:curators"], "four_eyes": True})
    request = lab.request(run).id
    with pytest.raises(FluxError, match="'ana' wanted or edited request") as refused:
        lab.as_("ana").approve(request)
    assert refused.value.kind is ErrorClass.PERMISSION
    # An admin takes nobody's name where other eyes are needed.
    with pytest.raises(FluxError, match="may not act as 'ben'"):
        lab.client.approve(request, by="ben")
    lab.as_("ben").approve(request)
    assert lab.state(run).answer == "done"


def test_a_vote_on_old_arguments_does_not_count_and_says_so(lab: Lab) -> None:
    run = lab.start(policy={"quorum": "2 of [group:curators]"})
    shown = lab.request(run)
    lab.as_("ana").approve(shown.id)
    lab.as_("ben").edit_request(shown.id, {"bounds": {"EX_glc__D_e": {"lower_mmol_per_gdw_h": -8}}})
    assert lab.request(run).missing == "2 more of group:curators"
    with pytest.raises(ConflictError, match="was changed after it was shown"):
        lab.as_("cat").approve(shown.id, digest=shown.digest)
    lab.as_("ana").approve(shown.id)
    lab.as_("cat").approve(shown.id)
    assert lab.state(run).answer == "done"
    changed = next(each for each in lab.client.store.events(run) if isinstance(each, e.ToolSucceeded))
    assert changed.call.args == {"bounds": {"EX_glc__D_e": {"lower_mmol_per_gdw_h": -8}}}
    lab.state(run)


def test_whoever_edits_under_four_eyes_does_not_approve_their_own_arguments(lab: Lab) -> None:
    run = lab.start(policy={"any_of": ["group:curators"], "four_eyes": True})
    request = lab.request(run).id
    other: dict[str, Any] = {"bounds": {"EX_glc__D_e": {"lower_mmol_per_gdw_h": -8}}}
    with pytest.raises(FluxError, match="its policy takes other eyes"):
        lab.as_("ana").approve(request, args=other)
    lab.as_("ana").edit_request(request, other)
    with pytest.raises(FluxError, match="'ana' wanted or edited"):
        lab.as_("ana").approve(request)
    lab.as_("ben").approve(request)
    assert lab.state(run).answer == "done"


def test_nobody_votes_for_somebody_who_has_edited_since(lab: Lab) -> None:
    run = lab.start(policy={"quorum": "2 of [group:curators]", "four_eyes": True})
    request = lab.request(run).id
    lab.as_("ana").delegate(request, "dan")
    lab.as_("ana").edit_request(request, {"bounds": {"EX_glc__D_e": {"lower_mmol_per_gdw_h": -8}}})
    with pytest.raises(FluxError, match="'dan' is not among them"):
        lab.as_("dan").approve(request)
    lab.as_("ben").approve(request)
    assert lab.request(run).missing == "1 more of group:curators"


def test_a_delegate_votes_for_a_time_and_once(lab: Lab) -> None:
    run = lab.start(policy={"all_of": ["ana", "ben"]})
    request = lab.request(run).id
    with pytest.raises(FluxError, match="'dan' is not among them"):
        lab.as_("dan").approve(request)
    with pytest.raises(FluxError, match="'ben' is asked by request"):
        lab.as_("ana").delegate(request, "ben")
    with pytest.raises(FluxError, match="it takes the role approver"):
        lab.as_("ana").delegate(request, "rob")
    lab.as_("ana").delegate(request, "dan", for_s=HOUR_S)
    lab.desk.wait_s(HOUR_S + 1)
    with pytest.raises(FluxError, match="'dan' is not among them"):
        lab.as_("dan").approve(request)
    lab.as_("ana").delegate(request, "dan", for_s=HOUR_S)
    assert lab.as_("dan").approve(request).status == "waiting"
    with pytest.raises(ConflictError, match="was answered already for 'ana' by 'dan'"):
        lab.as_("ana").reject(request, reason="no")
    lab.as_("ben").approve(request)
    assert lab.state(run).answer == "done"


def test_who_steps_out_leaves_it_to_the_ladder_and_else_to_nobody(lab: Lab) -> None:
    run = lab.start(policy="ana", ladder=[{"after": "2h"}, {"after": "4h", "to": "lea"}])
    lab.as_("ana").recuse(lab.request(run).id, comment="my own model")
    asked = lab.request(run)
    with pytest.raises(FluxError, match="'ana' has stepped out of request"):
        lab.as_("ana").edit_request(asked.id, {"bounds": {"EX_ac_e": {"lower_mmol_per_gdw_h": -1}}})
    assert (asked.level, asked.seats) == (2, ("ana", "lea"))
    lab.as_("lea").approve(asked.id)
    assert lab.state(run).answer == "done"
    alone = lab.start(policy="ana")
    lab.as_("ana").recuse(lab.request(alone).id)
    assert lab.state(alone).answer == "refused"
    assert "nobody who is left can meet the policy: ana may not judge it" in lab.state(alone).notes[-1].text


def test_a_ladder_reminds_asks_others_and_denies_at_last(lab: Lab) -> None:
    ladder = [{"after": "2h", "via": "email"}, {"after": "1d", "to": "lea"}, {"after": "2d", "then": "deny"}]
    run = lab.start(policy="ana", ladder=ladder)
    assert lab.request(run).next_ms - lab.request(run).asked_ms == 2 * HOUR_S * 1_000
    lab.desk.wait_s(2 * HOUR_S)
    assert (lab.request(run).level, lab.request(run).seats) == (1, ("ana",))
    lab.desk.wait_s(22 * HOUR_S)
    assert (lab.request(run).level, lab.request(run).seats) == (2, ("ana", "lea"))
    told = [each for each in lab.client.store.events(run) if isinstance(each, e.HumanNotified)]
    assert len(told) == 3
    lab.desk.wait_s(24 * HOUR_S)
    state = lab.state(run)
    assert (state.status, state.answer) == ("finished", "refused")
    assert state.notes[-1].text == "rejected: nobody answered in time"
    assert not any(isinstance(each, e.ToolSucceeded) for each in lab.client.store.events(run))


@pytest.mark.parametrize(("then", "answer"), [("approve", "done"), ("fail", "refused"), ("end", "done")])
def test_the_last_resort_is_as_the_flow_says(lab: Lab, then: str, answer: str) -> None:
    run = lab.start(policy="ana", ladder=[{"after": "1h", "then": then}])
    lab.desk.wait_s(HOUR_S)
    state = lab.state(run)
    assert (state.status, state.answer) == ("finished", answer)
    changed = any(isinstance(each, e.ToolSucceeded) for each in lab.client.store.events(run))
    assert changed == (then == "approve")


def test_silence_does_not_agree_over_somebody_who_says_no(lab: Lab) -> None:
    policy = {"quorum": "2 of [group:curators]", "rejections": 2}
    run = lab.start(policy=policy, ladder=[{"after": "1h", "then": "approve"}])
    lab.as_("ana").reject(lab.request(run).id, reason="not sure")
    lab.desk.wait_s(HOUR_S)
    assert lab.state(run).answer == "refused"


def test_working_hours_count_and_a_request_without_a_limit_waits(lab: Lab) -> None:
    # The clock of this lab stands at a time of its own; hours are those of that day's week.
    calendar = {"hours": "Mon-Fri 09:00-17:00", "zone": "Europe/Berlin", "holidays": "DE"}
    run = lab.start(policy="ana", ladder=[{"after": "80h", "to": "lea"}], calendar=calendar, no_limit=True)
    request = lab.request(run)
    assert request.next_ms - request.asked_ms > 13 * 24 * HOUR_S * 1_000
    lab.desk.wait_s(60 * 24 * HOUR_S)
    assert lab.state(run).status == "waiting"
    lab.as_("lea").approve(request.id)
    assert lab.state(run).answer == "done"


LOWER = "bounds.EX_glc__D_e.lower_mmol_per_gdw_h"


def grant(lab: Lab, by: str = "ana", **fields: Any) -> str:
    rules: dict[str, Any] = {"session": "nightly", "arguments": {LOWER: "-15..-5"}, "for_s": HOUR_S}
    return lab.as_(by).grant_standing("set_bounds", **{**rules, "max_uses": 2, **fields}).id


def test_a_standing_approval_is_one_vote_that_is_named_counted_and_revoked(lab: Lab) -> None:
    approval = grant(lab)
    run = lab.start(session="nightly", policy="group:curators")
    assert lab.state(run).answer == "done"
    (cast,) = (each for each in lab.client.store.events(run) if isinstance(each, e.VoteCast))
    assert (cast.vote.standing, cast.vote.by, cast.vote.channel) == (approval, "ana", "standing")
    assert len(lab.client.show_standing(approval).uses) == 1
    # Elsewhere, or where the flow always asks, a human is asked.
    assert lab.state(lab.start(session="daily", policy="group:curators")).status == "waiting"
    always = lab.start(session="nightly", policy="group:curators", always_ask=True)
    assert lab.state(always).status == "waiting"
    # It is one vote, and none of whoever wanted the run.
    two = lab.start(session="nightly", policy={"quorum": "2 of [group:curators]"})
    assert (lab.state(two).status, lab.request(two).missing) == ("waiting", "1 more of group:curators")
    assert lab.state(lab.start(session="nightly", policy="group:curators")).status == "waiting", "used up"
    (counted,) = lab.client.list_standing("nightly")
    assert counted.status(lab.desk.clock.now_ms()) == "used up"
    other = grant(lab, max_uses=9)
    lab.as_("ben").revoke_standing(other)
    assert lab.state(lab.start(session="nightly", policy="group:curators")).status == "waiting"


def test_a_standing_approval_covers_nothing_but_what_it_says(lab: Lab) -> None:
    grant(lab, arguments={LOWER: "-10..-5"})
    grant(lab, arguments={"bounds.EX_ac_e.*": "*"})
    grant(lab, arguments={"bounds.*.*": "*", "biomass": "*"})
    assert lab.state(lab.start(session="nightly")).status == "waiting"
    grant(lab, for_s=1)
    lab.desk.wait_s(2)
    assert lab.state(lab.start(session="nightly")).status == "waiting"
    with pytest.raises(FluxError, match="'run_metabolic_fba' is no tool that needs an approval"):
        lab.as_("ana").grant_standing(
            "run_metabolic_fba", session="s", arguments={"x": "*"}, for_s=1, max_uses=1
        )
    with pytest.raises(FluxError, match="it takes the role approver"):
        grant(lab, by="rob")
