"""Every act on a run is permitted or refused in one place, and written to the log with what it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.workers.clients.test_local import END, Desk

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.audit import AuditRecord, find_faults
from fluxagents.flows.people.members import Group, Person, ServiceAccount
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec

APPROVE = {"kind": "approve", "question": "Go on?", "on_reject": "end", "next": "end"}
PROOF = Proof(kind="api-key", id="flux_01234567")


class Lab:
    """Runs in this process, and people with a role each."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.client = self.desk.client
        self.directory = self.client.authority.directory
        self.log = self.client.authority.log
        self.root = self.client.authority.actor.name
        for name, role in (("vera", Role.VIEWER), ("rob", Role.RUNNER), ("ana", Role.APPROVER)):
            self.add(Person(name=name, grants=(Grant(role=role),)))
        self.desk.flow(
            "checked",
            {
                "sure": {**APPROVE, "assignees": ["ana", "group:curators"]},
                "end": END,
            },
        )
        self.desk.flow("open", {"sure": APPROVE, "end": END})
        self.desk.flow(
            "asking",
            {"how": {"kind": "ask", "question": "How?", "fact": "how", "next": "end"}, "end": END},
            facts={"how": {"type": "string"}},
        )

    def add(self, member: Person | ServiceAccount) -> None:
        assert self.directory.save(member, before=None)

    def as_(self, name: str) -> RunClient:
        return self.client.acting_as(Actor(name=name, channel="http", proof=PROOF))

    def start(self, flow: str = "open", *, by: str = "rob", session: str = "") -> str:
        return self.as_(by).start(flow, model="e_coli_core", session=session).id

    def request(self, run_id: str) -> str:
        waiting = self.client.store.load(run_id).waiting_for
        assert waiting is not None
        return waiting.id

    def acts(self) -> list[AuditRecord]:
        """What the log, which is whole, holds since its user became the admin."""
        entries = list(self.log.entries())
        assert list(find_faults(entries, self.log.head())) == []
        return [entry.act for entry in entries[1:]]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


Acting = Callable[[Lab, RunClient, str], object]

ACTS: dict[Action, Acting] = {
    Action.RUN_START: lambda _, client, __: client.start("open", model="e_coli_core"),
    Action.RUN_PAUSE: lambda _, client, run: client.pause(run),
    Action.RUN_CANCEL: lambda _, client, run: client.cancel(run, reason="enough"),
    Action.RUN_SIGNAL: lambda _, client, run: client.signal(run, "fed"),
    Action.RUN_FORK: lambda _, client, run: client.fork(run),
    Action.RUN_ROLL_BACK: lambda _, client, run: client.rollback(run, to=0),
    Action.RUN_MIGRATE: lambda _, client, run: client.migrate(run, flow="asking"),
    Action.RUN_EDIT: lambda _, client, run: client.edit(run, {}),
    Action.REQUEST_APPROVE: lambda lab, client, run: client.approve(lab.request(run)),
    Action.REQUEST_REJECT: lambda lab, client, run: client.reject(lab.request(run), reason="no"),
}
"""By what they need; each changes a run that waits for an approval, or says that it cannot."""

RUNS = [action for action in ACTS if action.startswith("run.") and action is not Action.RUN_EDIT]
ALLOWED = [*(("rob", action) for action in RUNS), *(("ana", action) for action in ACTS)]
REFUSED = [
    *(("vera", action) for action in ACTS),
    *(("rob", action) for action in ACTS if action not in RUNS),
    *(("nobody", action) for action in ACTS),
]


@pytest.mark.parametrize(("name", "action"), REFUSED)
def test_who_has_not_the_role_changes_nothing(lab: Lab, name: str, action: Action) -> None:
    run = lab.start()
    before, log = lab.acts(), lab.client.store.events(run)
    with pytest.raises(FluxError) as refused:
        ACTS[action](lab, lab.as_(name), run)
    assert refused.value.kind is ErrorClass.PERMISSION
    assert lab.acts() == before
    assert lab.client.store.events(run) == log


IMPOSSIBLE = {Action.RUN_ROLL_BACK, Action.RUN_MIGRATE, Action.RUN_EDIT}
"""Acts that this run does not admit, whoever acts."""


@pytest.mark.parametrize(("name", "action"), ALLOWED)
def test_an_act_of_who_has_the_role_is_in_the_log(lab: Lab, name: str, action: Action) -> None:
    run = lab.start()
    before = lab.acts()
    if action in IMPOSSIBLE:
        with pytest.raises(FluxError) as refused:
            ACTS[action](lab, lab.as_(name), run)
        assert refused.value.kind is not ErrorClass.PERMISSION
        assert lab.acts() == before
        return
    ACTS[action](lab, lab.as_(name), run)
    (act,) = lab.acts()[len(before) :]
    assert (act.action, act.by, act.for_person) == (action, name, "")
    assert (act.channel, act.proof) == ("http", PROOF)


def test_the_event_names_who_acted_and_the_run_who_wanted_it(lab: Lab) -> None:
    run = lab.start()
    lab.as_("ana").approve(lab.request(run))
    state = lab.client.store.load(run)
    assert state.status == "finished"
    assert state.requester == "rob"
    granted = next(event for event in lab.client.store.events(run) if isinstance(event, e.ApprovalGranted))
    assert granted.by == "ana"


def test_what_was_shown_is_in_the_log(lab: Lab) -> None:
    run = lab.start()
    request = lab.client.store.load(run).waiting_for
    assert request is not None
    lab.as_("ana").approve(request.id)
    act = lab.acts()[-1]
    assert act.shown == request.digest
    assert str(act.on) == f"request {request.id}"


@pytest.mark.parametrize("name", ["bob", "root"])
def test_a_request_is_answered_by_those_whom_it_names_and_by_no_admin(lab: Lab, name: str) -> None:
    lab.add(Person(name="bob", grants=(Grant(role=Role.APPROVER),)))
    who = lab.root if name == "root" else name
    run = lab.start("checked")
    request = lab.request(run)
    with pytest.raises(FluxError, match=f"is assigned to ana, group:curators; '{who}' is not among them"):
        lab.as_(who).approve(request)
    with pytest.raises(FluxError, match=f"'{who}' may not act as 'ana'"):
        lab.as_(who).approve(request, by="ana")
    assert lab.client.store.load(run).status == "waiting"
    lab.directory.save_group(Group(name="curators", members=(who,)), before=None)
    assert lab.as_(who).approve(request).status == "finished"


def test_who_is_named_still_needs_the_role(lab: Lab) -> None:
    lab.directory.save_group(Group(name="curators", members=("rob",)), before=None)
    request = lab.request(lab.start("checked"))
    with pytest.raises(FluxError, match="it takes the role approver"):
        lab.as_("rob").approve(request)


@pytest.mark.parametrize("by", ["", " ana", "ana\n", "x" * 201])
def test_nobody_acts_under_no_name(lab: Lab, by: str) -> None:
    run = lab.start()
    with pytest.raises(FluxError, match="cannot be the name of a person"):
        lab.client.approve(lab.request(run), by=by)


def test_an_admin_acts_for_another_where_nobody_is_named_and_the_log_says_who_did(lab: Lab) -> None:
    run = lab.start()
    lab.as_(lab.root).approve(lab.request(run), by="carla")
    act = lab.acts()[-1]
    assert (act.by, act.for_person) == (lab.root, "carla")
    other = lab.start()
    with pytest.raises(FluxError, match="'ana' may not act as 'carla'"):
        lab.as_("ana").approve(lab.request(other), by="carla")


def test_a_service_that_speaks_for_others_lends_them_its_channel_and_not_its_rights(lab: Lab) -> None:
    admin = (Grant(role=Role.ADMIN),)
    lab.add(ServiceAccount(name="mail", grants=admin, speaks_for_others=True))
    lab.add(ServiceAccount(name="ci", grants=admin))
    request = lab.request(lab.start("checked"))
    with pytest.raises(FluxError, match="'ci' may not act as 'ana'"):
        lab.as_("ci").approve(request, by="ana")
    with pytest.raises(FluxError, match=r"'rob' may not do request\.approve"):
        lab.as_("mail").approve(request, by="rob")
    with pytest.raises(FluxError, match="'nobody' is no person"):
        lab.as_("mail").approve(request, by="nobody")
    assert lab.as_("mail").approve(request, by="ana").status == "finished"
    act = lab.acts()[-1]
    assert (act.by, act.for_person) == ("mail", "ana")


def test_roles_in_a_session_reach_what_its_runs_begin_and_nothing_else(lab: Lab) -> None:
    lab.add(Person(name="sam", grants=(Grant(role=Role.APPROVER, place="session:yeast/may"),)))
    lab.add(Person(name="pia", grants=(Grant(role=Role.APPROVER, place="project:yeast"),)))
    lab.desk.flow("outer", {"inner": {"kind": "subflow", "flow": "open", "next": "end"}, "end": END})
    run = lab.start("outer", by="sam", session="yeast/may")
    (child,) = lab.client.store.load(run).children
    assert lab.client.store.load(child).requester == "sam"
    assert lab.as_("sam").may_see(lab.client.store.load(child))
    lab.as_("sam").approve(lab.request(child))
    assert lab.client.store.load(run).status == "finished"
    other = lab.start(session="yeast/june")
    with pytest.raises(FluxError, match="it takes the role approver in session 'yeast/june'"):
        lab.as_("sam").approve(lab.request(other))
    assert not lab.as_("sam").may_see(lab.client.store.load(other))
    lab.as_("pia").approve(lab.request(other))
    with pytest.raises(FluxError, match="it takes the role runner"):
        lab.start(by="sam")
    with pytest.raises(FluxError, match="in session 'coli/may'"):
        lab.start(by="pia", session="coli/may")


def test_a_batch_is_one_entry_with_all_its_runs(lab: Lab) -> None:
    specs = [RunSpec(model="e_coli_core", inputs={}) for _ in range(3)]
    runs = [run.id for run in lab.as_("rob").batch("open", specs, session="may")]
    (act,) = lab.acts()
    assert (act.action, str(act.on), act.details) == (Action.RUN_START, "session may", {"runs": runs})


def test_the_same_start_again_is_no_act(lab: Lab) -> None:
    for _ in range(2):
        lab.as_("rob").start("open", model="e_coli_core", run_id="mine")
    assert [str(act.on) for act in lab.acts()] == ["run mine"]


def test_who_cancels_a_run_cancels_what_it_began_with_one_entry(lab: Lab) -> None:
    lab.desk.flow("outer", {"inner": {"kind": "subflow", "flow": "open", "next": "end"}, "end": END})
    run = lab.start("outer")
    (child,) = lab.client.store.load(run).children
    lab.as_("rob").cancel(run, reason="enough")
    assert lab.client.store.load(child).status == "cancelled"
    assert [(act.action, str(act.on)) for act in lab.acts()[1:]] == [(Action.RUN_CANCEL, f"run {run}")]


def test_who_was_disabled_or_removed_may_do_nothing_from_now_on(lab: Lab) -> None:
    run, client = lab.start(), lab.as_("ana")
    ana = lab.directory.find("ana")
    assert ana is not None
    disabled = ana.member.model_copy(update={"disabled": True})
    lab.directory.save(disabled, before=ana.member)
    with pytest.raises(FluxError, match="ana is disabled"):
        client.approve(lab.request(run))
    lab.directory.remove("ana")
    with pytest.raises(FluxError, match="'ana' is no person or service of this installation any more"):
        client.approve(lab.request(run))


def test_a_question_is_answered_by_a_runner(lab: Lab) -> None:
    request = lab.request(lab.start("asking"))
    with pytest.raises(FluxError, match="it takes the role runner"):
        lab.as_("vera").reply(request, answer="slowly")
    assert lab.as_("rob").reply(request, answer="slowly").status == "finished"
    assert lab.acts()[-1].action is Action.REQUEST_REPLY
