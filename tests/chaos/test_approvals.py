"""Humans answer, change their minds and answer twice while workers and Redis die."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest
from tests.chaos.cluster import LONG, WORKERS, Cluster
from tests.chaos.humans import client_of
from tests.chaos.invariants import violations

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.people.actor import Actor, Channel, Proof
from fluxagents.flows.people.members import Group, Person
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.run_client import RunClient

pytestmark = pytest.mark.timeout(900 if LONG else 300)

RUNS = 60 if LONG else 12
ROUNDS = 40 if LONG else 8


def act(humans: RunClient, state: RunState, rng: random.Random) -> str:
    """What one human does to a run, which may have moved on meanwhile; what was done, if it was possible."""
    run, request = state.run_id, state.waiting_for
    deeds: dict[str, Callable[[], object]] = {
        "pause": lambda: humans.pause(run, by="ada"),
        "resume": lambda: humans.resume(run, by="ada"),
        "cancel": lambda: humans.cancel(run, by="ada", reason="enough"),
    }
    if request is not None:
        deeds["approve"] = lambda: humans.approve(request.id, by="ada")
        deeds["reject"] = lambda: humans.reject(request.id, by="bob", reason="too much")
    weights = {"approve": 8, "pause": 3, "resume": 4, "reject": 0.5, "cancel": 0.3}
    deed = rng.choices(list(deeds), weights=[weights[name] for name in deeds])[0]
    with suppress(FluxError):
        deeds[deed]()
        return deed
    return "refused"


def answered_once(events: tuple[e.Event, ...]) -> bool:
    answers = [
        event.request_id for event in events if isinstance(event, e.ApprovalGranted | e.ApprovalRejected)
    ]
    return len(answers) == len(set(answers))


def list_failures(cluster: Cluster, run: str, events: tuple[e.Event, ...]) -> list[str]:
    """The nodes whose tool failed, each time that it did.

    A failure whose worker was killed before it was recorded shows only in that the step that succeeded then
    was executed before.
    """
    recorded = [(each.seq, each.node) for each in events if isinstance(each, e.RetryScheduled)]
    flaky = [each for each in events if isinstance(each, e.ToolSucceeded) and "times" in each.call.args]
    lost = [
        (each.seq, each.node)
        for each in flaky
        if each.node not in {node for _, node in recorded} and cluster.ran(run, each.seq) > 1
    ]
    return [node for _, node in sorted([*recorded, *lost])]


def let_go(cluster: Cluster, humans: RunClient, run: str) -> bool:
    """Resume and approve until the run has ended."""
    state = cluster.store.load(run)
    with suppress(FluxError):
        if state.status == "paused":
            humans.resume(run, by="eve")
        elif state.waiting_for is not None:
            humans.approve(state.waiting_for.id, by="eve")
    return state.has_ended


def test_nothing_unapproved_runs_whatever_humans_and_faults_do(cluster: Cluster, rng: random.Random) -> None:
    humans = client_of(cluster)
    runs = [one.run_id for one in cluster.start("gated", RUNS)]
    done: Counter[str] = Counter()
    for number in range(ROUNDS):
        for run in runs:
            state = cluster.store.load(run)
            if not state.has_ended:
                done[act(humans, state, rng)] += 1
        if number % 2:
            name = rng.choice(WORKERS)
            cluster.kill(name)
            cluster.ensure(name)
        if number == ROUNDS // 2:
            cluster.restart_redis()
        cluster.supervise()
        time.sleep(0.5)
    assert min(done[deed] for deed in ("approve", "pause", "resume")) > 0
    cluster.supervise()
    cluster.eventually(lambda: sum(let_go(cluster, humans, run) for run in runs) == len(runs), within_s=300)
    cluster.settle()
    finished = {run for run in runs if cluster.store.load(run).status == "finished"}
    assert finished
    for run in runs:
        events = cluster.store.events(run)
        assert answered_once(events)
        if run in finished:
            assert list_failures(cluster, run, events) == ["n2", "n3"]
        else:
            assert any(isinstance(each, e.RunCancelled | e.ApprovalRejected) for each in events)


CURATORS = ("ana", "ben", "cat")
CHANNELS: tuple[Channel, ...] = ("command line", "http", "email", "slack", "page")


def let_in(humans: RunClient) -> dict[str, Callable[[Channel], RunClient]]:
    """People with votes; how each acts by a channel."""
    assert humans.authority.actor.name
    directory = humans.authority.directory
    for name in (*CURATORS, "lea"):
        assert directory.save(Person(name=name, grants=(Grant(role=Role.APPROVER),)), before=None)
    assert directory.save_group(Group(name="curators", members=CURATORS), before=None)

    def act_as(name: str, channel: Channel) -> RunClient:
        return humans.acting_as(Actor(name=name, channel=channel, proof=Proof(kind="sign-in", id=name)))

    return {name: partial(act_as, name) for name in (*CURATORS, "lea")}


def vote(client: RunClient, request: HumanRequest, rng: random.Random) -> HumanRequest | None:
    """What one person says to a request as it was shown; the request if they were told that it is done."""
    say: dict[str, Callable[[], object]] = {
        "approve": lambda: client.approve(request.id, digest=request.digest),
        "reject": lambda: client.reject(request.id, reason="no", digest=request.digest),
        "recuse": lambda: client.recuse(request.id, digest=request.digest),
        "edit": lambda: client.edit_request(request.id, {"amount": rng.randint(1, 9)}, digest=request.digest),
    }
    choice = rng.choices(list(say), weights=[8, 1, 0.5, 1])[0]
    with suppress(FluxError):
        say[choice]()
        return request if choice != "edit" else None
    return None


def find_wrong_grants(events: Sequence[e.Event]) -> list[str]:
    """Approvals that fewer people made than the policy wants, counted by hand."""
    wrong: list[str] = []
    agreed: set[str] = set()
    helped = False
    for event in events:
        if isinstance(event, e.ApprovalRequested | e.RequestEdited):
            agreed = set()
        if isinstance(event, e.ApprovalRequested):
            helped = False
        if isinstance(event, e.LadderStepReached):
            helped = event.level == 2
        if isinstance(event, e.VoteCast) and event.vote.choice == "approve":
            agreed.add(event.vote.by)
        if isinstance(event, e.ApprovalGranted):
            enough = len(agreed & set(CURATORS)) >= 2 or (helped and "lea" in agreed)
            wrong += [] if enough else [f"step {event.seq}: {sorted(agreed)}"]
    return wrong


def test_votes_over_all_channels_are_not_lost_and_nothing_runs_without_them(
    cluster: Cluster, rng: random.Random
) -> None:
    humans = client_of(cluster)
    people = let_in(humans)
    runs = [one.run_id for one in cluster.start("voted", RUNS)]
    told: list[tuple[str, str]] = []
    for number in range(ROUNDS):
        for run in runs:
            request = cluster.store.load(run).waiting_for
            name, channel = rng.choice(list(people)), rng.choice(CHANNELS)
            if request is not None and vote(people[name](channel), request, rng):
                told.append((request.id, name))
        if number % 2:
            worker = rng.choice(WORKERS)
            cluster.kill(worker)
            cluster.ensure(worker)
        if number == ROUNDS // 2:
            cluster.restart_redis()
        cluster.supervise()
        time.sleep(0.5)
    cluster.supervise()

    def finish(run: str) -> bool:
        state = cluster.store.load(run)
        for name in people:
            with suppress(FluxError):
                if state.waiting_for is not None:
                    people[name]("http").approve(state.waiting_for.id)
        return state.has_ended

    def finish_all() -> bool:
        cluster.supervise()
        return sum(finish(run) for run in runs) == len(runs)

    cluster.eventually(finish_all, within_s=90)
    cluster.settle()
    logs = {run: cluster.store.events(run) for run in runs}
    cast = Counter(
        (each.request_id, each.vote.by)
        for log in logs.values()
        for each in log
        if isinstance(each, e.VoteCast)
    )
    assert told
    assert [each for each in told if each not in cast] == [], "votes that were lost"
    assert {run: find_wrong_grants(log) for run, log in logs.items() if find_wrong_grants(log)} == {}
    assert any(isinstance(each, e.LadderStepReached) for log in logs.values() for each in log)
    assert {cluster.store.load(run).status for run in runs} <= {"finished", "failed"}


def test_an_answer_counts_once_however_often_and_whenever_it_comes(cluster: Cluster) -> None:
    (run,) = cluster.start("guarded")
    cluster.settle()
    humans = client_of(cluster)
    request = cluster.store.load(run.run_id).waiting_for
    assert request is not None
    for name in WORKERS:
        cluster.kill(name)
    humans.approve(request.id, by="ada")
    for _ in range(2):
        with pytest.raises(FluxError, match="answered already by 'ada'"):
            humans.approve(request.id, by="bob")
    cluster.up()
    cluster.settle()
    assert cluster.store.load(run.run_id).status == "finished"
    (granted,) = (event for event in cluster.store.events(run.run_id) if isinstance(event, e.ApprovalGranted))
    assert cluster.ran(run.run_id, granted.seq + 1) == 1
    # What the invariant would say of other arguments, and of a step before the approval.
    for seq, amount in ((granted.seq + 1, 4), (granted.seq, 3)):
        ran = {"run": run.run_id, "seq": seq, "tool": "guarded", "args": {"amount": amount}}
        assert any("approved" in line for line in violations(replace(cluster.seen(), ran=(ran,))))
