"""Many runs at once on real workers and a real Redis: what they hold, and what they cost others."""

from __future__ import annotations

from pathlib import Path

from tests.bench import backlog, waiting
from tests.bench.site import Site


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
