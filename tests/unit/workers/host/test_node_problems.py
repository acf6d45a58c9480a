"""What processes say of themselves is judged as the alerts judge it."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.workers.host.node_problems import list_node_problems
from fluxagents.workers.observing.metrics.node_figures import NodeFigures

WELL: dict[str, Any] = {
    "at_s": 1.0,
    "node": "tools@h",
    "slots": 2,
    "task_limit_s": 600.0,
    "disk_free_bytes": 50 * 10**9,
    "disk_size_bytes": 100 * 10**9,
}


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"clock_offset_s": -2.0}, "the clock of tools@h is -2.0 s off that of Redis"),
        ({"disk_free_bytes": 4 * 10**8}, "tools@h: 0.4 GB of disk are free"),
        ({"poll_age_s": 75.0}, "tools@h: it has a free slot and has not asked its queues for 75 s"),
        ({"oldest_task_s": 700.0}, "tools@h: a task runs for 700 s, past its limit of 600 s"),
        ({"ready": False}, "tools@h: it has not come up yet"),
        ({"node": "api@h", "is_worker": False, "disk_free_bytes": 0}, "api@h: 0.0 GB of disk are free"),
    ],
)
def test_a_process_that_is_not_well_is_named_with_what_to_do(changes: dict[str, Any], seen: str) -> None:
    ((said, way_out),) = list_node_problems([NodeFigures(**WELL), NodeFigures(**WELL | changes)])
    assert said == seen
    assert way_out


def test_an_api_has_no_slots_and_a_process_may_know_no_disk() -> None:
    figures = NodeFigures(at_s=1.0, node="api@h", is_worker=False, ready=False, poll_age_s=1_000.0)
    assert list(list_node_problems([figures])) == []
