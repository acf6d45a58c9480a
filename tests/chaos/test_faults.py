"""One fault at a time, on real processes; after each, every invariant holds over all runs so far."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from tests.chaos.cluster import NODE_TTL_S, WORKERS, Cluster
from tests.chaos.tools import PARTS
from tests.support.places import ROOT

from fluxagents.flows.errors import ErrorClass


def busy_worker(cluster: Cluster, run: str) -> str:
    """The worker whose child is in the middle of a run's first step."""
    cluster.eventually(lambda: cluster.ran(run, 1) == 1)
    owner = cluster.redis.hget(f"flux:run:{run}", "owner")
    assert isinstance(owner, bytes)
    return owner.decode().partition("@")[0]


def test_a_tool_that_kills_its_process_is_tried_again(cluster: Cluster) -> None:
    runs = [one.run_id for one in cluster.start("fragile", 2)]
    cluster.settle()
    assert {cluster.store.load(run).status for run in runs} == {"finished"}
    assert all(cluster.ran(run, 2) == 3 for run in runs)


def test_a_step_that_always_kills_goes_to_the_dead_letters_and_hurts_nobody_else(cluster: Cluster) -> None:
    (poison,) = cluster.start("poison")
    others = [one.run_id for one in cluster.start("mixed", 8)]
    cluster.settle()
    assert cluster.store.load(poison.run_id).status == "dead"
    assert {cluster.store.load(run).status for run in others} == {"finished"}
    assert cluster.ran(poison.run_id, 2) == 4


def test_a_tool_without_memory_fails_its_run_with_the_reason(cluster: Cluster) -> None:
    (hungry,) = cluster.start("hungry")
    cluster.settle()
    state = cluster.store.load(hungry.run_id)
    assert state.status == "failed"
    assert state.errors[-1].kind is ErrorClass.MEMORY


def test_a_killed_worker_loses_no_step(cluster: Cluster) -> None:
    (run,) = cluster.start("blocking")
    cluster.start("mixed", 8)
    name = busy_worker(cluster, run.run_id)
    cluster.kill(name)
    cluster.ensure(name)
    cluster.settle()
    assert cluster.ran(run.run_id, 1) == 2


@pytest.mark.parametrize("signals", [1, 2])
def test_a_worker_told_to_stop_gives_its_step_back(cluster: Cluster, signals: int) -> None:
    (run,) = cluster.start("blocking")
    name = busy_worker(cluster, run.run_id)
    for _ in range(signals):
        os.kill(cluster.pid(name), signal.SIGTERM if signals == 1 else signal.SIGQUIT)
        time.sleep(0.2)
    cluster.wait_for_end(name, within_s=20)
    cluster.settle()
    assert cluster.store.load(run.run_id).status == "finished"


def test_a_worker_that_was_taken_for_dead_loses_its_commit(cluster: Cluster) -> None:
    (run,) = cluster.start("blocking")
    name = busy_worker(cluster, run.run_id)
    everyone = [cluster.pid(name), *cluster.children(name)]
    for pid in everyone:
        os.kill(pid, signal.SIGSTOP)
    cluster.eventually(lambda: cluster.ran(run.run_id, 1) == 2, within_s=NODE_TTL_S + 8)
    for pid in everyone:
        os.kill(pid, signal.SIGCONT)
    cluster.settle()
    assert cluster.store.load(run.run_id).status == "finished"


def test_a_worker_that_stands_still_and_then_is_killed_loses_no_step(cluster: Cluster) -> None:
    (run,) = cluster.start("blocking")
    name = busy_worker(cluster, run.run_id)
    os.kill(cluster.pid(name), signal.SIGSTOP)
    cluster.eventually(lambda: cluster.ran(run.run_id, 1) == 2, within_s=NODE_TTL_S + 8)
    cluster.kill(name)
    cluster.settle()
    assert cluster.store.load(run.run_id).status == "finished"


def test_parts_of_a_call_survive_killed_workers_and_are_joined_once(cluster: Cluster) -> None:
    runs = [one.run_id for one in cluster.start("split", 4)]
    for name in WORKERS:
        cluster.eventually(lambda: cluster.redis.llen("chaos:ran"))
        cluster.kill(name)
        cluster.ensure(name)
    cluster.settle()
    assert {cluster.store.load(run).status for run in runs} == {"finished"}
    assert all(len(cluster.store.runs(session=run)) == PARTS for run in runs)


def test_a_client_killed_before_it_published_loses_no_run(cluster: Cluster) -> None:
    url = cluster.settings.redis_url
    assert url is not None
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.interrupted_client", url.get_secret_value(), "plain"],
        cwd=ROOT,
        env=cluster.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    cluster.started.add(done.stdout.strip())
    cluster.settle()


def test_duplicate_reordered_late_and_forged_messages_change_nothing(
    cluster: Cluster, rng: random.Random
) -> None:
    issued = cluster.start("mixed", 6)
    forged = []
    for one in issued:
        state = json.loads(one.state) | {"tool_calls": 7, "node": "n9"}
        forged += [
            replace(one, seq=rng.randrange(12), sequence_number=rng.randrange(-5, 10_000)),
            replace(one, state=json.dumps(state)),
            replace(one, state="no state"),
            replace(one, run_id=f"{one.run_id}x"),
        ]
    messages = [*forged, *issued, *issued]
    rng.shuffle(messages)
    cluster.publisher.publish(messages)
    cluster.settle()
    cluster.publisher.publish(messages)
    cluster.eventually(lambda: cluster.publisher.is_idle("tools"))
    cluster.settle()
    assert {cluster.store.load(one.run_id).status for one in issued} == {"finished"}


def test_nothing_runs_unapproved_whatever_is_sent(cluster: Cluster) -> None:
    (run,) = cluster.start("guarded")
    cluster.settle()
    waiting = cluster.store.load(run.run_id)
    assert waiting.status == "waiting"
    granted = waiting.model_dump_json().replace('"status":"waiting"', '"status":"running"')
    cluster.publisher.publish(
        [replace(run, seq=seq, state=state) for seq in range(6) for state in ("", granted, run.state)]
    )
    cluster.eventually(lambda: cluster.publisher.is_idle("tools"))
    cluster.settle()
    assert cluster.store.load(run.run_id) == waiting


def test_beat_may_be_killed_and_be_there_twice(cluster: Cluster) -> None:
    cluster.kill("beat")
    runs = cluster.start("plain", 4, publish=False)
    cluster.ensure("beat")
    cluster.ensure("beat2")
    cluster.settle()
    assert {cluster.store.load(one.run_id).status for one in runs} == {"finished"}
    cluster.kill("beat2")


def test_replies_of_redis_that_are_cut_off_duplicate_nothing(cluster: Cluster) -> None:
    runs = cluster.start("mixed", 10)
    before = cluster.proxy.cuts
    deadline = time.monotonic() + 30
    while not cluster.at_rest([one.run_id for one in runs]) and time.monotonic() < deadline:
        cluster.proxy.cut(1)
        time.sleep(0.5)
    cluster.settle()
    assert cluster.proxy.cuts > before


def test_a_killed_redis_comes_back_and_nothing_is_lost(cluster: Cluster) -> None:
    runs = cluster.start("mixed", 10)
    cluster.eventually(lambda: cluster.redis.llen("chaos:ran"))
    cluster.restart_redis()
    cluster.settle()
    assert {cluster.store.load(one.run_id).status for one in runs} == {"finished"}


def test_everything_at_once(cluster: Cluster, rng: random.Random) -> None:
    runs = [one.run_id for one in cluster.start("mixed", 40)]
    for second in range(6):
        children = cluster.children(rng.choice(WORKERS))
        if children:
            os.kill(rng.choice(children), signal.SIGKILL)
        if second == 1:
            name = rng.choice(WORKERS)
            cluster.kill(name)
            cluster.ensure(name)
        if second == 3:
            cluster.restart_redis()
        time.sleep(1.0)
    cluster.settle()
    assert all(cluster.store.load(run).status in {"finished", "dead"} for run in runs)
