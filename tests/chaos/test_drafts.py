"""A draft of a genome under faults: what dies costs its step, what is cancelled leaves nothing behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.chaos.cluster import MARK, WORKERS, Cluster, installed
from tests.support.genomes import read_benchmark_proteins, write_fasta

from fluxagents import Client
from fluxagents.flows import events as e
from fluxagents.scheduler.runs.run import Run
from fluxagents.workers.celery.queues import LONG, TOOLS
from fluxagents.workers.machine.process import find_marked

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]

PROTEINS = 120
"""Of M. genitalium: enough to know its glycolysis by."""

ALIGNERS = frozenset({"diamond", "mmseqs"})

STEP_S = 240.0
"""Of a step on a busy machine, with a worker that starts anew and the aligner's reference."""


@pytest.fixture(scope="module")
def drafting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers with the real tools, and what else a run needs."""
    folder = tmp_path_factory.mktemp("drafts")
    (folder / "temporary").mkdir()
    with installed(
        folder,
        app="fluxagents.workers.celery_entry",
        queues=(*TOOLS.queues, *LONG.queues),
        variables={"TMPDIR": str(folder / "temporary")},
    ) as cluster:
        yield cluster


@pytest.fixture
def cluster(drafting: Cluster) -> Iterator[Cluster]:
    """The installation with everything running; a case leaves no process and no work of an aligner behind."""
    drafting.up()
    yield drafting
    drafting.eventually(lambda: not drafting.strays())
    drafting.eventually(lambda: not list((drafting.folder / "temporary").glob("fluxagents-*")))


@pytest.fixture(scope="module")
def client(drafting: Cluster) -> Client:
    return Client(settings=drafting.settings)


@pytest.fixture(scope="module")
def genome(client: Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    proteins = read_benchmark_proteins("M_genitalium_G37", PROTEINS)
    return client.genomes.add(write_fasta(tmp_path_factory.mktemp("genome") / "mgen.faa", proteins)).digest


def test_a_worker_killed_at_each_step_costs_that_step_only(
    cluster: Cluster, client: Client, genome: str
) -> None:
    """Aligning, building, testing, computing the effect, and making the model; and while a human thinks."""
    undisturbed = start(client, genome)
    assert undisturbed.wait(4 * STEP_S) == "waiting", undisturbed.state.error
    approve(client, undisturbed)
    assert undisturbed.wait(STEP_S) == "finished", undisturbed.state.error

    run = start(client, genome)
    struck = kill_at_each_step(cluster, run)
    assert struck == ["annotate", "build", "validate", "make"]
    request = run.state.waiting_for
    for name in WORKERS:
        cluster.kill(name)
    cluster.up()
    assert run.state.waiting_for == request
    approve(client, run)
    assert kill_at_each_step(cluster, run) == ["make"]

    assert run.status == "finished", run.state.error
    assert dict(run.state.facts) == dict(undisturbed.state.facts)
    assert run.state.model == undisturbed.state.model
    assert run.answer == undisturbed.answer
    assert [event.node for event in results(run)] == ["annotate", "build", "validate", "make"]


@pytest.mark.parametrize("node", ["annotate", "build"])
def test_what_is_cancelled_ends_at_once_with_what_it_has_started(
    cluster: Cluster, client: Client, genome: str, node: str
) -> None:
    run = start(client, genome)
    cluster.eventually(lambda: find_process(cluster, run, node), within_s=2 * STEP_S)
    process = find_process(cluster, run, node)
    assert process is not None
    if node == "annotate":
        cluster.eventually(lambda: find_aligners(cluster))
    else:
        process.suspend()  # it would be done too soon on a small genome
        assert find_process(cluster, run, node) == process
    run.cancel("enough", by="ada")
    assert run.status == "cancelled"
    cluster.eventually(lambda: not process.is_running(), within_s=STEP_S)
    cluster.eventually(lambda: not find_aligners(cluster), within_s=STEP_S)
    assert [event.node for event in results(run)] == (["annotate"] if node == "build" else [])


def start(client: Client, genome: str) -> Run:
    return client.start("model_from_genome", model="e_coli_core", genome=genome, gap_fraction=0.05)


def approve(client: Client, run: Run) -> None:
    request = run.state.waiting_for
    assert request is not None
    client.approve(request.id)


def results(run: Run) -> list[e.ToolSucceeded]:
    return [event for event in run.events() if isinstance(event, e.ToolSucceeded)]


def kill_at_each_step(cluster: Cluster, run: Run) -> list[str]:
    """The nodes of the steps whose worker was killed, once each, until the run has ended or waits."""
    struck: dict[int, str] = {}

    def advance() -> bool:
        state = run.state
        if state.seq not in struck and kill_worker_at(cluster, run, state.seq):
            struck[state.seq] = state.node
        return cluster.at_rest([run.id])

    cluster.eventually(advance, within_s=8 * STEP_S)
    return list(struck.values())


def kill_worker_at(cluster: Cluster, run: Run, seq: int) -> bool:
    """Kill the worker that is at this step; false if none is."""
    for name in WORKERS:
        if run.id in cluster.busy(name):
            pids = [cluster.pid(name), *cluster.children(name)]
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            # It stands still now: what it has not recorded it never will.
            if run.id in cluster.busy(name) and run.state.seq == seq:
                cluster.kill(name)
                cluster.ensure(name)
                return True
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
    return False


def find_process(cluster: Cluster, run: Run, node: str) -> psutil.Process | None:
    """The process of a worker that is at this node of the run."""
    if run.state.node != node or not any(run.id in cluster.busy(name) for name in WORKERS):
        return None
    owner: Any = cluster.redis.hget(f"{cluster.settings.key_prefix}run:{run.id}", "owner")
    return psutil.Process(int(owner.rpartition(b"|")[2])) if owner else None


def find_aligners(cluster: Cluster) -> list[psutil.Process]:
    return [process for process in find_marked(MARK, cluster.mark) if Path(process.exe()).name in ALIGNERS]
