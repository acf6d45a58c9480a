"""Redis stands still, or has no memory left: what runs waits, goes on, and nothing is half done."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.chaos import tools
from tests.chaos.cluster import LONG, NODE_TTL_S, REDIS_TIMEOUT_S, Cluster
from tests.chaos.invariants import halves

from fluxagents import Client
from fluxagents.flows.errors import FluxError

STANDS_STILL_S = 70.0 if LONG else 6.0
"""Longer than a worker waits for a reply, and than a node without a heartbeat counts as alive."""
FULL_S = 20.0 if LONG else 4.0


@contextmanager
def stopped_redis(cluster: Cluster) -> Iterator[None]:
    """Its connections stay open and nothing answers."""
    instance = cluster.server.instance
    assert instance is not None
    os.kill(instance.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(instance.process.pid, signal.SIGCONT)


@contextmanager
def full_redis(cluster: Cluster) -> Iterator[None]:
    """It holds more than it may, evicts nothing and refuses whatever needs memory."""
    assert cluster.redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    cluster.redis.config_set("maxmemory", 1)
    try:
        yield
    finally:
        cluster.redis.config_set("maxmemory", 0)


def refusals(cluster: Cluster) -> int:
    """How many commands were refused for want of memory; scripts count with the command that they made."""
    r: Any = cluster.redis
    stats = r.info("commandstats")
    return sum(each.get("failed_calls", 0) + each.get("rejected_calls", 0) for each in stats.values())


@pytest.mark.timeout(400)
def test_a_redis_that_stands_still_loses_and_duplicates_nothing(cluster: Cluster) -> None:
    assert max(REDIS_TIMEOUT_S, NODE_TTL_S) < STANDS_STILL_S
    runs = [one.run_id for one in cluster.start("mixed", 10)]
    (blocking,) = cluster.start("blocking")
    cluster.eventually(lambda: cluster.ran(blocking.run_id, 1) == 1)
    with stopped_redis(cluster):
        time.sleep(STANDS_STILL_S)
    cluster.settle(within_s=60 + 2 * REDIS_TIMEOUT_S)
    assert {cluster.store.load(run).status for run in (*runs, blocking.run_id)} == {"finished"}


def test_a_full_redis_leaves_nothing_half_done_and_every_run_goes_on(cluster: Cluster) -> None:
    runs = [one.run_id for one in cluster.start("mixed", 12)]
    cluster.eventually(lambda: cluster.redis.llen(tools.RAN))
    with full_redis(cluster):
        before = refusals(cluster)
        cluster.eventually(lambda: refusals(cluster) > before + 5)
        # What is read below is not read at once: steps that began before must have come to their end.
        cluster.eventually(lambda: not cluster.redis.scard("flux:leases"))
        deadline = time.monotonic() + FULL_S
        while time.monotonic() < deadline:
            assert list(halves(cluster.seen())) == []
        assert {cluster.store.load(run).status for run in runs} & {"running"}
    cluster.settle()
    assert {cluster.store.load(run).status for run in runs} == {"finished"}


def test_a_full_redis_takes_no_new_run_and_says_why(cluster: Cluster) -> None:
    (waiting,) = cluster.start("guarded")
    cluster.settle()
    client = Client(settings=cluster.settings)
    assert client.authority.actor.name, "who acts is written down before there is no room for it"
    with full_redis(cluster):
        with pytest.raises(FluxError, match=r"Redis has reached its `maxmemory`.*CONFIG SET maxmemory"):
            cluster.start("plain")
        with pytest.raises(FluxError, match=r"has reached its `maxmemory`"):
            client.pause(waiting.run_id, by="ada")
    assert cluster.store.load(waiting.run_id).status == "waiting"
    cluster.settle()
