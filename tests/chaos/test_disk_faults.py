"""The disk is full, or the store of results away: runs wait, go on by themselves, nothing is half done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.chaos import tools
from tests.chaos.cluster import LONG, Cluster, installed
from tests.chaos.invariants import halves
from tests.support.small_disk import filled, small_disk

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.workers.files.artifact_store import ArtifactFiles

pytestmark = pytest.mark.long

RUNS = 200
FULL_S = 30.0 if LONG else 5.0
AWAY_S = 30.0 if LONG else 3.0


def cannot_write(cluster: Cluster) -> bool:
    """Whether Redis has noticed that its append-only file takes nothing more."""
    r: Any = cluster.redis
    return bool(r.info("persistence")["aof_last_write_status"] == "err")


@pytest.mark.timeout(600)
def test_a_disk_that_fills_while_runs_go_loses_and_duplicates_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=96) as disk, installed(disk) as cluster:
        runs = [one.run_id for one in cluster.start("mixed", RUNS)]
        cluster.eventually(lambda: int(cluster.redis.llen(tools.RAN)) > 50)
        with filled(disk):
            cluster.eventually(lambda: cannot_write(cluster))
            # What is read below is not read at once: scripts that had begun have come to their end.
            deadline = time.monotonic() + FULL_S
            while time.monotonic() < deadline:
                assert list(halves(cluster.seen())) == []
                cluster.supervise()
            with pytest.raises(FluxError, match=r"append-only file.*No space left.*make room"):
                cluster.start("plain")
            assert {cluster.store.load(run).status for run in runs} & {"running"}
        cluster.eventually(lambda: not cannot_write(cluster))
        cluster.settle(within_s=300)
        assert {cluster.store.load(run).status for run in runs} == {"finished"}
        assert cluster.ended.keys() <= {"beat"}, "no worker ends because a disk is full"


@contextmanager
def away(store: Path) -> Iterator[None]:
    """The folder of the store cannot be entered, as if its server did not answer."""
    elsewhere = store.with_name("elsewhere")
    store.rename(elsewhere)
    store.touch()
    try:
        yield
    finally:
        store.unlink()
        elsewhere.rename(store)


@pytest.mark.timeout(400)
def test_a_store_that_is_away_while_results_are_written_fails_no_run(cluster: Cluster) -> None:
    store = Path(cluster.settings.artifact_url)
    (before,) = cluster.start("stored")
    cluster.settle()
    with away(store):
        runs = [one.run_id for one in cluster.start("stored", 20)]
        deadline = time.monotonic() + AWAY_S
        while time.monotonic() < deadline:
            statuses = {cluster.store.load(run).status for run in runs}
            assert statuses == {"running"}
            time.sleep(0.1)
    cluster.settle(within_s=120)
    artifacts = ArtifactFiles(cluster.settings.artifact_url)
    for run in (before.run_id, *runs):
        assert cluster.store.load(run).status == "finished"
        written = [
            event.artifact
            for event in cluster.store.events(run)
            if isinstance(event, e.ToolSucceeded) and event.artifact is not None
        ]
        assert len(written) == tools.STORED
        assert [artifacts.get(digest) for digest in written]
    assert "the store is out; trying again" in "".join(
        log.read_text() for log in cluster.folder.glob("*.log")
    )
