"""One installation for all cases: each leaves it whole again."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator

import pytest
from tests.chaos.cluster import Cluster, installed
from tests.chaos.humans import client_of


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with installed(tmp_path_factory.mktemp("chaos")) as cluster:
        assert client_of(cluster).authority.actor.name, "its first person, before a case adds others"
        yield cluster


@pytest.fixture
def cluster(installation: Cluster) -> Iterator[Cluster]:
    """The installation with everything running; no case leaves a process behind that nobody looks after."""
    installation.up()
    yield installation
    installation.eventually(lambda: not installation.strays())


@pytest.fixture
def rng() -> random.Random:
    """The schedule of faults; a failure prints the seed."""
    seed = int(os.environ.get("SEED", "20"))
    sys.stdout.write(f"SEED={seed}\n")  # pytest shows it when the test fails
    return random.Random(seed)
