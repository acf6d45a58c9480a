"""The storm of the long run, in small."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from tests.chaos.__main__ import weather
from tests.chaos.storm import FAULTS, REDIS_KILLS, schedule


def test_a_seed_stands_for_one_schedule() -> None:
    ticks = list(islice(schedule(20), 300))
    assert ticks == list(islice(schedule(20), 300))
    assert ticks != list(islice(schedule(21), 300))
    assert {tick.fault for tick in ticks} == set(FAULTS)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_forty_runs_in_a_storm_end_as_they_must(tmp_path: Path) -> None:
    found = weather(tmp_path, runs=40, seed=20, within_s=60.0)
    assert found["violations"] == []
    assert found["faults"]["redis killed"] == REDIS_KILLS
    assert found["faults"]["worker killed"]
