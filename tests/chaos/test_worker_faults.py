"""Workers that die where it hurts most, and a monitor whose death hurts nobody."""

from __future__ import annotations

import os
import signal
import socket
import subprocess

from tests.chaos.cluster import Cluster
from tests.chaos.odd_worker import DIES_BEFORE_PUBLISHING, only_worker
from tests.support.places import ROOT

from fluxagents.workers.host import flower


def test_an_effect_whose_worker_died_before_it_was_recorded_keeps_its_key(cluster: Cluster) -> None:
    """It reaches its receiver again, which knows the key; it is recorded once."""
    (run,) = cluster.start("torn")
    cluster.settle()
    assert cluster.store.load(run.run_id).status == "finished"
    assert cluster.ran(run.run_id, 2) == 3
    assert cluster.receiver.counts()[f"{run.run_id}.2"] == 3


def test_a_worker_that_dies_between_commit_and_message_loses_no_step(cluster: Cluster) -> None:
    with only_worker(cluster, **{DIES_BEFORE_PUBLISHING: "3"}):
        runs = [one.run_id for one in cluster.start("plain", 2)]
        cluster.settle()
        assert int(cluster.redis.get("chaos:died-before-publishing") or 0) > 3
    assert {cluster.store.load(run).status for run in runs} == {"finished"}
    assert all(cluster.ran(run, seq) == 1 for run in runs for seq in range(1, 11))


def test_the_death_of_flower_changes_nothing(cluster: Cluster) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (cluster.folder / "flower.log").open("ab") as log:
        process = subprocess.Popen(
            flower.command(cluster.settings, port=port),
            cwd=ROOT,
            env=cluster.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        cluster.eventually(lambda: flower.answers(port), within_s=60)
        runs = [one.run_id for one in cluster.start("mixed", 10)]
        cluster.eventually(lambda: any(cluster.ran(run, 2) for run in runs))
        os.kill(process.pid, signal.SIGSTOP)
        cluster.eventually(lambda: all(cluster.ran(run, 4) for run in runs))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    cluster.settle()
    assert {cluster.store.load(run).status for run in runs} == {"finished"}
