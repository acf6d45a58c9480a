"""Many runs at once on real workers and a real Redis: what they hold, and what they cost others."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bench import backlog, waiting
from tests.bench.noops import flow
from tests.bench.site import Site, eventually

from fluxagents.flows.events import RunFinished, ToolSucceeded
from fluxagents.workers.celery.queues import TOOLS


@pytest.mark.long
def test_a_backlog_causes_no_flood_and_delays_nobody_who_waits(redis_url: str, tmp_path: Path) -> None:
    found = backlog.measure(Site.at(redis_url, 10, tmp_path), runs=500, interactive=2)
    assert found.duplicates <= 0.01
    # The interactive runs were started last and finished first.
    assert found.left > 0


def test_waiting_runs_hold_nothing_and_each_answer_starts_one(redis_url: str, tmp_path: Path) -> None:
    empty, full = Site.at(redis_url, 11, tmp_path), Site.at(redis_url, 12, tmp_path)
    found = waiting.measure(empty, full, runs=100, answers=3)
    assert (found.messages, found.leases, found.tasks) == (0, 0, 0)
    assert len(found.beside_all) == 3
    assert full.store.counts() == dict.fromkeys(full.store.counts(), 0) | {"waiting": 96, "finished": 4}


def test_a_batch_finishes_its_first_runs_before_its_last_has_begun(redis_url: str, tmp_path: Path) -> None:
    site = Site.at(redis_url, 13, tmp_path)
    runs = site.start(flow(), 60, lane="bulk")
    with site.worker("tools", queues=TOOLS.queues, concurrency=2):
        eventually(lambda: not site.store.counts()["running"], within_s=120)
    events = sorted(
        ((event.at_ms, run, event) for run in runs for event in site.store.events(run)),
        key=lambda entry: entry[0],
    )
    begun: list[str] = []
    ended: list[str] = []
    under_way: list[int] = []
    for _, run, event in events:
        if isinstance(event, ToolSucceeded) and run not in begun:
            begun.append(run)
        if isinstance(event, RunFinished):
            ended.append(run)
            under_way.append(len(begun) - len(ended))
    assert len(ended) == len(runs)
    # Now and then a run begins before those under way have ended, so that none starves.
    assert max(under_way) < len(runs) / 4
    assert set(ended[: len(runs) // 2]) <= set(begun[:-1])
