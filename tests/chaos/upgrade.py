"""An upgrade under load: workers of an earlier revision and of this one on one store while runs go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.cluster import Cluster, arguments
from tests.chaos.tools import RAN
from tests.support.places import ROOT

WORKERS = ("one", "two", "three")
FLOWS = ("mixed", "fragile", "plain", "mixed")
SETTLE_S = 300.0
PATIENCE_S = 60.0

STARTER = """
import json, sys
from tests.chaos.cluster import first
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.publisher import CeleryPublisher
from fluxagents.workers.composition import build_store, redis_client
from fluxagents.workers.settings import Settings

settings = Settings.load()
redis = redis_client(settings)
store = build_store(settings, redis)
commits = [commit for flow in sys.argv[2:] for commit in first(flow, int(sys.argv[1]))]
issued = store.create_many([(commit, commit.state.model_dump_json()) for commit in commits])
CeleryPublisher(create_app(settings), redis).publish([one for one in issued if one])
print(json.dumps([commit.state.run_id for commit in commits]))
"""
"""Starts runs as a client of the earlier revision."""


@dataclass(frozen=True, slots=True)
class Release:
    """The code of a revision: its wheel in a folder of its own, before the packages of this environment."""

    tree: Path
    """Its sources, for the flows and tools of the fault suite."""
    site: Path

    @classmethod
    def build(cls, revision: str, folder: Path) -> Release:
        """Build the wheel of a revision of this repository.

        Raises:
            subprocess.CalledProcessError: There is no such revision, or it cannot be built.
        """
        release = cls(folder / "tree", folder / "site")
        archive = folder / "tree.tar"
        release.tree.mkdir(parents=True)
        _run("git", "-C", str(ROOT), "archive", f"--output={archive}", revision)
        _run("tar", "-xf", str(archive), "-C", str(release.tree))
        pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
        build = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
        _run(*pip, "wheel", *build, str(release.tree))
        (wheel,) = folder.glob("*.whl")
        _run(*pip, "install", "--no-deps", "--target", str(release.site), str(wheel))
        return release

    @property
    def variables(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.site)}

    def start(self, cluster: Cluster, runs: int) -> list[str]:
        """Start so many runs of each flow; their ids."""
        done = subprocess.run(
            [sys.executable, "-c", STARTER, str(runs), *FLOWS],
            cwd=self.tree,
            env=cluster.environment | self.variables,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        started: list[str] = json.loads(done.stdout)
        return started


def upgrade(folder: Path, *, revision: str, runs: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Replace every process of an installation, one after the other, while runs go on.

    Args:
        folder: Where everything is.
        revision: Of this repository, from which the upgrade begins.
        runs: How many; half of them are started before it, and half while it goes on.
        say: Told what is done.

    Returns:
        How the runs ended, and what must not be.
    """
    say(f"building the wheel of {revision}")
    release = Release.build(revision, folder / "release")
    cluster = Cluster(folder / "cluster", workers=WORKERS)
    began = time.monotonic()
    try:
        for name in (*WORKERS, "control", "beat"):
            cluster.spawn_from(release.tree, name, *arguments(name), **release.variables)
        cluster.eventually(lambda: len(cluster.ready()) == len(WORKERS) + 1, within_s=PATIENCE_S)
        share = max(1, runs // 2 // len(FLOWS))
        cluster.started |= set(release.start(cluster, share))
        cluster.eventually(lambda: int(cluster.redis.llen(RAN)) > share, within_s=PATIENCE_S)
        steps = {}
        for name in (*WORKERS, "control", "beat"):
            _replace(cluster, name, say)
            steps[name] = int(cluster.redis.llen(RAN))
            if name == WORKERS[0]:
                for flow in FLOWS:
                    cluster.start(flow, share)
        problems = _settle(cluster)
        statuses = Counter(cluster.store.load(run).status for run in cluster.started)
        executed = int(cluster.redis.llen(RAN))
    finally:
        left = cluster.down()
    return {
        "from": revision,
        "runs": sum(statuses.values()),
        "statuses": dict(statuses),
        "steps_executed": executed,
        "steps_executed_when_replaced": steps,
        "seconds": round(time.monotonic() - began),
        "violations": [*problems, *(f"process {process.pid} was left running" for process in left)],
    }


def _replace(cluster: Cluster, name: str, say: Callable[[str], None]) -> None:
    """Tell a process of the earlier revision to stop, and start one of this revision in its place."""
    say(f"replacing {name}")
    os.kill(cluster.pid(name), signal.SIGTERM)
    cluster.wait_for_end(name, within_s=PATIENCE_S)
    cluster.ensure(name)
    cluster.eventually(lambda: len(cluster.ready()) == len(WORKERS) + 1, within_s=PATIENCE_S)


def _settle(cluster: Cluster) -> list[str]:
    try:
        cluster.settle(within_s=SETTLE_S)
    except AssertionError as error:
        return str(error).splitlines()
    wrong = {run: cluster.store.load(run).status for run in cluster.started}
    return [f"run {run} is {status}" for run, status in wrong.items() if status != "finished"]


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
