"""People rate, correct, comment, watch, claim, assign and hand over, on runs that live in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_schedules import MemorySchedules
from tests.support.memory_triggers import (
    MemoryDeliveries,
    MemoryEndpoints,
    MemoryFeed,
    MemoryFiles,
    MemoryFolders,
    MemoryTriggers,
)

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Group, Person, ServiceAccount
from fluxagents.flows.people.remarks import ExpectedCall, RequestClaim
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.ports.presence import PRESENT_MS
from fluxagents.scheduler.collaboration.hand_over import HandOver
from fluxagents.scheduler.schedules.grid import every
from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker
from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.scheduler.triggers.intake.model_intake import ModelIntake
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.triggers.triggers import Triggers
from fluxagents.workers.clients.local import LocalClient

ASK: dict[str, Any] = {
    "flow": "ask_someone",
    "version": 1,
    "purpose": "Asks one thing, for tests.",
    "start": "first",
    "inputs": {},
    "facts": {"what": {"type": "string"}},
    "nodes": {
        "first": {"kind": "ask", "question": "What?", "fact": "what", "next": "end"},
        "end": {"kind": "end", "message": "done"},
    },
}
ASK_ANN = {
    **ASK,
    "flow": "ask_ann",
    "nodes": {**ASK["nodes"], "first": {**ASK["nodes"]["first"], "assignees": ["ann"], "timeout_s": 3_600}},
}
ASK_BOTH: dict[str, Any] = {
    "flow": "ask_both",
    "version": 1,
    "purpose": "Asks two people to agree, for tests.",
    "start": "agree",
    "nodes": {
        "agree": {
            "kind": "approve",
            "question": "May it?",
            "policy": {"all_of": ["ann", "dan"]},
            "next": "end",
            "on_reject": "end",
        },
        "end": {"kind": "end", "message": "done"},
    },
}
MINUTE_MS = 60_000


class HandClock:
    def __init__(self) -> None:
        self.at_ms = 1_800_000_000_000

    def now_ms(self) -> int:
        self.at_ms += 1
        return self.at_ms


class Site:
    """An installation in this process, and its people."""

    def __init__(self, folder: Path) -> None:
        for flow in (ASK, ASK_ANN, ASK_BOTH):
            (folder / f"{flow['flow']}.yaml").write_text(yaml.safe_dump(flow, sort_keys=False))
        self.clock = HandClock()
        self.admin = LocalClient(folder / "store", flow_folders=(folder,), clock=self.clock)
        self.admin.models.add_named("e_coli_core")
        self.directory = self.admin.authority.directory
        self.admin_name = self.admin.authority.actor.name
        self.ann = self.person("ann", Role.APPROVER)
        self.bob = self.person("bob", Role.RUNNER)
        self.eve = self.person("eve", Role.VIEWER)
        self.directory.save_group(Group(name="curators", members=("bob",)), before=None)

    def person(self, name: str, role: Role) -> LocalClient:
        self.directory.save(Person(name=name, grants=(Grant(role=role),)), before=None)
        acting = self.admin.acting_as(
            Actor(name=name, channel="client", proof=Proof(kind="api-key", id=f"flux_{name}"))
        )
        assert isinstance(acting, LocalClient)
        return acting

    def start(self, client: LocalClient | None = None, flow: str = "ask_someone", session: str = "s") -> str:
        return (client or self.ann).start(flow, model="e_coli_core", session=session).id

    def request(self, run_id: str) -> str:
        request = self.admin.store.load(run_id).waiting_for
        assert request is not None
        return request.id

    def acts(self) -> list[str]:
        return [entry.act.action.value for entry in self.admin.store.audit_log.entries()]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def refusal(act: Callable[[], object]) -> FluxError:
    with pytest.raises(FluxError) as caught:
        act()
    return caught.value


def test_a_run_that_has_ended_is_rated_and_stays_as_it_is(site: Site) -> None:
    run_id = site.start()
    site.bob.reply(site.request(run_id), answer="this")
    log = site.admin.store.events(run_id)
    site.ann.feedback.rate(run_id, 2, reason="says nothing")
    site.eve.feedback.rate(run_id, 5)
    site.ann.feedback.rate(run_id, 4)
    site.ann.feedback.rate(run_id, 1, on="step:1")
    assert site.ann.feedback.ratings(run_id) == {"run": {"ann": 4, "eve": 5}, "step:1": {"ann": 1}}
    assert site.admin.store.events(run_id) == log
    assert site.acts()[-4:] == ["run.rate"] * 4


def test_what_a_run_has_not_cannot_be_rated(site: Site) -> None:
    run_id = site.start()
    feedback = site.ann.feedback
    assert refusal(lambda: feedback.rate(run_id, 6)).message == "6 stars are no rating; give 1 to 5"
    assert "has no step 99" in refusal(lambda: feedback.rate(run_id, 1, on="step:99")).message
    assert "has no finding 'f9'" in refusal(lambda: feedback.rate(run_id, 1, on="finding:f9")).message
    assert "use `run`" in refusal(lambda: feedback.rate(run_id, 1, on="growth")).suggestions[0]
    assert refusal(lambda: feedback.rate("NOTHING", 1)).kind is ErrorClass.UNKNOWN_ID
    assert not site.admin.store.remarks.of(run_id)


def test_a_correction_must_fit_the_tools(site: Site) -> None:
    run_id = site.start()
    correct = site.ann.feedback.correct
    assert refusal(lambda: correct(run_id)).message == "the correction says nothing"
    unknown = refusal(lambda: correct(run_id, calls=[ExpectedCall(tool="run_metabolic_fb")]))
    assert "run_metabolic_fba" in unknown.suggestions[0]
    wrong = ExpectedCall(tool="run_metabolic_fba", args={"objectiv": "x"})
    assert refusal(lambda: correct(run_id, calls=[wrong])).kind is ErrorClass.BAD_ARGUMENT
    remark = correct(run_id, calls=[ExpectedCall(tool="run_metabolic_fba")], answer="0.874 per h")
    assert remark.body.kind == "correction"


def test_a_comment_reaches_those_whom_it_mentions(site: Site) -> None:
    run_id = site.start()
    site.ann.collaboration.comment(run_id, "is this right, @group:curators? @eve", on="step:0")
    (mention,) = site.bob.inbox.look().mentions
    assert (mention.run_id, mention.remark.by, mention.remark.on) == (run_id, "ann", "step:0")
    shown = site.eve.inbox.look()
    assert len(shown.mentions) == 1
    assert not site.ann.inbox.look().mentions
    site.ann.collaboration.comment(run_id, "@eve again")
    site.eve.inbox.mark_read(shown.at_ms)
    (later,) = site.eve.inbox.look().mentions
    assert later.remark.number == 2
    assert "@nobody" in refusal(lambda: site.ann.collaboration.comment(run_id, "@nobody")).message


def test_a_mention_shows_nothing_of_a_run_that_one_may_not_see(site: Site) -> None:
    site.directory.save(Person(name="guest"), before=None)
    run_id = site.start()
    site.ann.collaboration.comment(run_id, "@guest look")
    guest = site.admin.acting_as(
        Actor(name="guest", channel="client", proof=Proof(kind="api-key", id="flux_g"))
    )
    assert isinstance(guest, LocalClient)
    assert not guest.inbox.look().mentions
    assert refusal(lambda: guest.collaboration.remarks(run_id)).kind is ErrorClass.PERMISSION
    assert refusal(lambda: guest.collaboration.look_at(run_id)).kind is ErrorClass.PERMISSION
    assert refusal(lambda: guest.collaboration.comment(run_id, "hm")).kind is ErrorClass.PERMISSION


def test_whoever_watches_a_run_hears_of_its_end(site: Site) -> None:
    watched, left = site.start(), site.start()
    assert site.eve.collaboration.watch(watched)
    assert not site.eve.collaboration.watch(watched)
    site.eve.collaboration.watch(left)
    assert site.eve.collaboration.watch(left, is_on=False)
    assert site.ann.collaboration.watchers(watched) == ["eve"]
    assert not site.eve.inbox.look().ended
    for run_id in (watched, left):
        site.bob.reply(site.request(run_id), answer="this")
    (ended,) = site.eve.inbox.look().ended
    assert (ended.run_id, ended.status, ended.answer) == (watched, "finished", "done")
    site.eve.inbox.mark_read()
    assert not site.eve.inbox.look().ended


def test_two_people_do_not_work_on_one_request(site: Site) -> None:
    run_id = site.start()
    request = site.request(run_id)
    claim = site.ann.collaboration.claim(request, for_ms=10 * MINUTE_MS)
    assert claim.by == "ann"
    refused = refusal(lambda: site.bob.reply(request, answer="that"))
    assert f"request {request!r} is claimed by 'ann' until" in refused.message
    assert refusal(lambda: site.bob.collaboration.claim(request)).kind is refused.kind
    assert "has no claim" in refusal(lambda: site.bob.collaboration.release(request)).message
    assert [each.claimed_by for each in site.bob.inbox.look().requests] == ["ann"]
    site.bob.collaboration.claim(request, force=True)
    last = site.admin.store.remarks.of(run_id)[-1]
    assert isinstance(last.body, RequestClaim)
    assert (last.by, last.body.taken_from) == ("bob", "ann")
    assert site.acts()[-1] == "request.claim"
    assert refusal(lambda: site.ann.reply(request, answer="that")).kind is refused.kind
    site.bob.collaboration.release(request)
    site.ann.reply(request, answer="this")
    assert site.admin.store.load(run_id).status == "finished"


def test_only_who_may_answer_a_request_claims_it(site: Site) -> None:
    request = site.request(site.start())
    assert refusal(lambda: site.eve.collaboration.claim(request)).kind is ErrorClass.PERMISSION
    for_ann = site.request(site.start(flow="ask_ann"))
    assert "is assigned to ann" in refusal(lambda: site.bob.collaboration.claim(for_ann)).message
    change = site.ann.ask(
        "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast?", model="e_coli_core"
    )
    approval = site.request(change.id)
    refused = refusal(lambda: site.bob.collaboration.claim(approval))
    assert "it takes the role approver" in refused.message
    site.ann.collaboration.claim(approval)
    assert refusal(lambda: site.admin.approve(approval)).message.startswith(
        f"request {approval!r} is claimed"
    )


def test_nobody_sees_alone_to_what_several_must_agree_to(site: Site) -> None:
    dan = site.person("dan", Role.APPROVER)
    run_id = site.start(flow="ask_both")
    request = site.request(run_id)
    assert "takes more than one answer" in refusal(lambda: site.ann.collaboration.claim(request)).message
    assert "has a policy" in refusal(lambda: site.ann.collaboration.assign(request, ["dan"])).message
    assert [each.request.id for each in dan.inbox.look().requests] == [request]
    site.ann.approve(request)
    assert site.admin.store.load(run_id).status == "waiting"
    dan.approve(request)
    assert site.admin.store.load(run_id).status == "finished"


def test_an_assignment_keeps_the_time_by_which_to_answer(site: Site) -> None:
    run_id = site.start(flow="ask_ann")
    request = site.admin.store.load(run_id).waiting_for
    assert request is not None
    site.ann.collaboration.assign(request.id, ["bob"])
    site.clock.at_ms = request.deadline_ms - 1_000
    site.admin.tick()
    assert site.admin.store.load(run_id).status == "waiting"
    site.clock.at_ms = request.deadline_ms
    site.admin.tick()
    assert "RequestExpired" in [event.type for event in site.admin.store.events(run_id)]


def test_programs_have_no_opinion(site: Site) -> None:
    site.directory.save(ServiceAccount(name="bot", grants=(Grant(role=Role.RUNNER),)), before=None)
    bot = site.admin.acting_as(
        Actor(name="bot", channel="client", proof=Proof(kind="api-key", id="flux_bot"))
    )
    assert isinstance(bot, LocalClient)
    run_id = site.start()
    assert "only people rate" in refusal(lambda: bot.feedback.rate(run_id, 5)).message
    assert bot.collaboration.comment(run_id, "the nightly check passed").by == "bot"


def test_an_inbox_outlives_the_runs_that_it_tells_of(site: Site) -> None:
    run_id = site.start()
    site.eve.collaboration.watch(run_id)
    site.ann.collaboration.comment(run_id, "@eve look")
    site.bob.reply(site.request(run_id), answer="this")
    site.admin.store.forget(run_id, "s")
    shown = site.eve.inbox.look()
    assert (shown.mentions, shown.ended) == ((), ())


def test_a_claim_ends_by_itself(site: Site) -> None:
    request = site.request(site.start())
    site.ann.collaboration.claim(request, for_ms=MINUTE_MS)
    site.clock.at_ms += MINUTE_MS
    assert site.ann.collaboration.find_claim(request) is None
    site.bob.reply(request, answer="this")


def test_a_request_is_assigned_by_those_whom_it_names(site: Site) -> None:
    run_id = site.start(flow="ask_ann")
    request = site.request(run_id)
    assert not site.bob.inbox.look().requests
    other = site.person("dan", Role.APPROVER)
    assert "is assigned to ann" in refusal(lambda: other.collaboration.assign(request, ["dan"])).message
    assert "no group" in refusal(lambda: site.ann.collaboration.assign(request, ["group:x"])).message
    site.ann.collaboration.claim(request)
    state = site.ann.collaboration.assign(request, ["group:curators"], reason="on holiday")
    assert state.waiting_for is not None
    assert (state.waiting_for.id, state.waiting_for.assignees) == (request, ("group:curators",))
    assert refusal(lambda: site.ann.reply(request, answer="this")).kind is ErrorClass.PERMISSION
    assert [each.request.id for each in site.bob.inbox.look().requests] == [request]
    site.bob.reply(request, answer="this")
    assert site.admin.store.load(run_id).facts == {"what": "this"}


def test_those_who_look_at_a_run_are_seen(site: Site) -> None:
    run_id = site.start()
    site.eve.collaboration.look_at(run_id)
    site.bob.collaboration.look_at(run_id)
    assert set(site.ann.collaboration.present(run_id)) == {"bob", "eve"}
    site.bob.collaboration.look_away(run_id)
    assert set(site.ann.collaboration.present(run_id)) == {"eve"}
    site.clock.at_ms += PRESENT_MS
    assert not site.ann.collaboration.present(run_id)


def hand_over(site: Site, client: LocalClient, schedules: MemorySchedules) -> HandOver:
    ledger, triggers = MemoryLedger(), MemoryTriggers()
    box, endpoints = MemoryDeliveries(ledger, site.clock), MemoryEndpoints()
    engine = TriggerEngine(
        client,
        triggers,
        ledger,
        MemoryFeed(),
        box=box,
        clock=site.clock,
        intake=ModelIntake(client.models, endpoints, MemoryFiles()),
    )
    ticker = ScheduleTicker(client, ledger, site.clock)
    return HandOver(
        client,
        client.sessions,
        Schedules(client, schedules, ticker, site.clock),
        Triggers(
            client, triggers, engine, box=box, endpoints=endpoints, reader=MemoryFolders(), clock=site.clock
        ),
    )


def test_a_session_goes_to_somebody_else_with_what_belongs_to_it(site: Site) -> None:
    site.ann.sessions.create("schedule:nightly")
    schedules = MemorySchedules()
    own = hand_over(site, site.ann, schedules)
    own._schedules.add("nightly", flow="ask_ann", model="e_coli_core", inputs={}, timing=every("1d"))
    run_id = site.start(flow="ask_ann", session="schedule:nightly")
    elsewhere = site.start(flow="ask_ann", session="other")
    request = site.request(run_id)
    site.ann.collaboration.claim(request)
    assert "may start no runs" in refusal(lambda: own.hand_over("schedule:nightly", "eve")).message
    theirs = hand_over(site, site.bob, schedules)
    assert "may not hand" in refusal(lambda: theirs.hand_over("schedule:nightly", "bob")).message
    moved = own.hand_over("schedule:nightly", "bob")
    assert (moved.session.owner, moved.requests, moved.schedules) == ("bob", (request,), ("nightly",))
    schedule = schedules.get("nightly")
    assert schedule is not None
    assert schedule.owner == "bob"
    site.bob.reply(request, answer="this")
    waiting = site.admin.store.load(elsewhere).waiting_for
    assert waiting is not None
    assert waiting.assignees == ("ann",)
    assert "session.hand_over" in site.acts()
