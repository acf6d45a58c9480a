"""Redis behind Sentinel fails over: no acknowledged step is lost or done twice, or the loss is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chaos import tools
from tests.chaos.cluster import LONG, Cluster, installed
from tests.chaos.flows import STEPS
from tests.chaos.sentinels import PASSWORD, Sentinels

pytestmark = pytest.mark.long

SHORT_STEPS = {"FLUXAGENTS_SOFT_TIME_LIMIT_S": "20", "FLUXAGENTS_HARD_TIME_LIMIT_S": "30"}
"""A lease whose step nobody is at any more ends a minute after the hard limit."""


@pytest.fixture
def sentinels(tmp_path: Path) -> Iterator[Sentinels]:
    watched = Sentinels(tmp_path / "sentinels")
    yield watched
    watched.close()


@pytest.fixture
def watched(sentinels: Sentinels, tmp_path: Path) -> Iterator[Cluster]:
    """An installation on a Redis that sentinels watch."""
    with installed(tmp_path / "cluster", url=sentinels.url, variables=SHORT_STEPS) as cluster:
        yield cluster


def named_in_warnings(cluster: Cluster) -> set[str]:
    """The runs with steps that workers could not bring to a replica."""
    lines = (line for log in cluster.folder.glob("*.log") for line in log.read_text().splitlines())
    warnings = [json.loads(line) for line in lines if "not on replicas yet" in line]
    return {run for warning in warnings for run in warning["fluxagents.runs"]}


def test_a_fail_over_loses_no_acknowledged_step(watched: Cluster, sentinels: Sentinels) -> None:
    runs = [one.run_id for one in watched.start("mixed", 20)]
    watched.eventually(lambda: int(watched.redis.llen(tools.RAN)) > 30)
    assert not named_in_warnings(watched)
    # A step begins when the one before it was acknowledged.
    begun = {run: max(seq for seq in range(STEPS + 1) if not seq or watched.ran(run, seq)) for run in runs}
    sentinels.fail_over()
    assert {run for run in runs if watched.store.load(run).seq < begun[run]} == set()
    watched.settle(within_s=120)
    assert {watched.store.load(run).status for run in runs} == {"finished"}
    assert named_in_warnings(watched), "no replica is left, and that is said"
    assert not any(PASSWORD in log.read_text() for log in watched.folder.glob("*.log"))


@pytest.mark.timeout(600)
@pytest.mark.skipif(not LONG, reason="a lease that no process remembers ends after more than a minute")
def test_steps_that_no_replica_had_are_named_and_done_again(
    watched: Cluster, sentinels: Sentinels, caplog: pytest.LogCaptureFixture
) -> None:
    runs = [one.run_id for one in watched.start("mixed", 20)]
    with sentinels.replica_cut_off():
        (unknown,) = watched.start("plain", publish=False)
        watched.eventually(lambda: len(named_in_warnings(watched)) > 5)
        before = {run: watched.store.load(run).seq for run in runs}
        sentinels.kill_primary()
    sentinels.wait_for_another_primary()
    assert any(unknown.run_id in getattr(record, "runs", ()) for record in caplog.records)
    watched.started.discard(unknown.run_id)
    lost = {run for run in runs if watched.store.load(run).seq < before[run]}
    assert lost
    assert lost <= named_in_warnings(watched)
    watched.settle(within_s=300)
    assert {watched.store.load(run).status for run in runs} == {"finished"}
