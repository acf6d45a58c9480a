"""Runs go back and fork in mid-flight while their workers die: nothing is lost, doubled or unapproved."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest
from tests.chaos.cluster import LONG, WORKERS, Cluster
from tests.chaos.humans import client_of
from tests.chaos.test_approvals import answered_once, let_go
from tests.chaos.tools import LET_GO

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.run_client import RunClient

pytestmark = [pytest.mark.long, pytest.mark.timeout(900 if LONG else 300)]

RUNS = 30 if LONG else 8
ROUNDS = 40 if LONG else 8
MOST = 6 * RUNS
"""Runs that there may be, forks included."""


@pytest.mark.parametrize("dies", [True, False])
def test_a_run_goes_back_and_forks_while_a_worker_is_at_it(cluster: Cluster, dies: bool) -> None:
    humans = client_of(cluster)
    (run,) = cluster.start("held")
    cluster.eventually(lambda: cluster.ran(run.run_id, 1) == 1)
    (name,) = (worker for worker in WORKERS if cluster.busy(worker))
    fork = humans.fork(run.run_id, at=0, by="ada").run_id
    cluster.started.add(fork)
    if dies:
        cluster.kill(name)
    humans.rollback(run.run_id, to=0, by="ada")
    cluster.up()
    # The step that was stopped is not taken up again; that of the rollback and that of the fork begin.
    cluster.eventually(lambda: cluster.ran(run.run_id, 2) and cluster.ran(fork, 2))
    for each in (run.run_id, fork):
        cluster.redis.lpush(f"{LET_GO}{each}", *"123")
    cluster.settle()
    assert {cluster.store.load(each).status for each in (run.run_id, fork)} == {"finished"}
    events = cluster.store.events(run.run_id)
    assert [event.type for event in events if event.seq == 1] == ["RunRolledBack"]
    assert cluster.ran(run.run_id, 1) == 1
    assert cluster.store.load(fork).origin == run.run_id


def act(humans: RunClient, state: RunState, rng: random.Random, *, may_fork: bool) -> tuple[str, str]:
    """What one human does to a run that may have moved on meanwhile, and the run that came of it."""
    run, request = state.run_id, state.waiting_for
    nodes = sorted(state.visits)
    deeds: dict[str, Callable[[], RunState]] = {
        "rollback": lambda: humans.rollback(run, to=rng.randrange(state.seq), by="ada", confirmed=True),
        "restart": lambda: humans.restart(run, node=rng.choice(nodes), by="ada", confirmed=True),
        "pause": lambda: humans.pause(run, by="ada"),
        "resume": lambda: humans.resume(run, by="ada"),
    }
    if may_fork:
        deeds["fork"] = lambda: humans.fork(run, at=rng.randrange(state.seq), by="ada")
    if request is not None:
        deeds["approve"] = lambda: humans.approve(request.id, by="ada")
    weights = {"approve": 8, "fork": 1, "rollback": 1, "restart": 1, "pause": 1, "resume": 2}
    deed = rng.choices(list(deeds), weights=[weights[name] for name in deeds])[0]
    with suppress(FluxError):
        return deed, deeds[deed]().run_id
    return "refused", ""


def test_whatever_goes_back_and_forks_while_workers_die(cluster: Cluster, rng: random.Random) -> None:
    humans = client_of(cluster)
    runs = [one.run_id for one in cluster.start("gated", RUNS)]
    done: Counter[str] = Counter()
    for number in range(ROUNDS):
        for run in list(runs):
            state = cluster.store.load(run)
            deed, found = act(humans, state, rng, may_fork=len(runs) < MOST)
            done[deed] += 1
            if deed == "fork":
                runs.append(found)
                cluster.started.add(found)
        if number % 2:
            name = rng.choice(WORKERS)
            cluster.kill(name)
            cluster.ensure(name)
        if number == ROUNDS // 2:
            cluster.restart_redis()
        cluster.supervise()
        time.sleep(0.5)
    assert min(done[deed] for deed in ("approve", "fork", "rollback", "restart")) > 0, done
    cluster.supervise()
    cluster.eventually(lambda: sum(let_go(cluster, humans, run) for run in runs) == len(runs), within_s=120)
    cluster.settle()
    for run in runs:
        state = cluster.store.load(run)
        # A fork from between two tries of a tool that fails once in every run has one try left.
        gave_up = state.origin and state.error and state.error.kind is ErrorClass.TIMEOUT
        assert state.status == "finished" or gave_up, state.error
        events = cluster.store.events(run)
        assert answered_once(events)
        granted = {event.request_id for event in events if isinstance(event, e.ApprovalGranted)}
        assert all(request.rpartition(".")[0] == run for request in granted)
