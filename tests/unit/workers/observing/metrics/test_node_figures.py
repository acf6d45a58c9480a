"""What processes say about themselves has one series for each name."""

from __future__ import annotations

from fluxagents.workers.observing.metrics.node_figures import NodeFigures, add_up_processes

API = NodeFigures(
    at_s=1, node="api@h", is_worker=False, memory_bytes=100, listeners=2, disk_free_bytes=7, disk_size_bytes=9
)
WORKER = NodeFigures(at_s=1, node="tools@h", memory_bytes=50, active=1)


def test_processes_of_the_api_on_one_machine_add_up_and_share_its_disk() -> None:
    second = API.model_copy(update={"at_s": 2, "memory_bytes": 30, "listeners": 5})
    (summed,) = add_up_processes([second, API])
    assert (summed.memory_bytes, summed.listeners) == (130, 7)
    assert (summed.disk_free_bytes, summed.disk_size_bytes) == (7, 9)


def test_of_a_worker_that_was_started_again_the_last_one_counts() -> None:
    ended = WORKER.model_copy(update={"at_s": 0, "memory_bytes": 99})
    assert add_up_processes([WORKER, ended]) == [WORKER]
