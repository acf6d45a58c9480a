"""What all tests share: a clean environment, a guard against the network, one real Redis, and their order."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import psutil
import pytest
from redis import Redis
from tests.support import depth
from tests.support.stack import Stack, isolated
from tests.support.wild.counting import count_files

from fluxagents.workers.redis.embedded_redis import EmbeddedRedis
from fluxagents.workers.settings import Settings

depth.load_profile()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each process of pytest-xdist whole files, those that share an installation together and first.

    An installation starts once and its processes take time from nobody but the other group. So two processes
    are busy from the first to the last minute.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: _ORDER.get(_group(item), len(_ORDER)))


_ORDER = {
    "chaos": 0,
    "stack": 1,
    "tests/integration/test_services.py": 2,
    "tests/contract/test_lineage.py": 3,
}
"""The longest groups."""


def _group(item: pytest.Item) -> str:
    if item.path.parent.name == "chaos":
        return "chaos"
    if "stack" in getattr(item, "fixturenames", ()):
        return "stack"
    return item.path.relative_to(item.config.rootpath).as_posix()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """With deep property tests, how many files of each kind were generated."""
    lines = count_files(terminalreporter.getreports("passed"))
    if lines and depth.DEPTH > 1:
        terminalreporter.section("generated model files")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the settings of the machine it runs on."""
    for name in list(os.environ):
        if name.startswith(("FLUXAGENTS_", "CELERY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path_factory.getbasetemp() / "data"))


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would leave the machine fails instead."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to connect to {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What the test starts can be interrupted, also where a shell started these tests in the background.

    Such a shell has SIGINT ignored, and a process inherits that from the one that starts it.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of the test session, with AOF and a password, on a free port."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    yield server.start()
    server.stop()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    client.close()


@pytest.fixture
def key_prefix() -> str:
    """Keys of this test begin with it; nothing is ever flushed."""
    return f"test-{uuid4().hex[:8]}:"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One installation for all tests that need workers; it must leave no process behind."""
    folder = tmp_path_factory.mktemp("stack")
    with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as other:
        # Another installation of the tests may start in the same second and see the usual ports free.
        ports = {
            "FLUXAGENTS_FLOWER_PORT": str(free.getsockname()[1]),
            "FLUXAGENTS_API_PORT": str(other.getsockname()[1]),
        }
    environment = isolated(
        folder,
        FLUXAGENTS_CONCURRENCY_TOOLS="2",
        FLUXAGENTS_WEBHOOK_HOSTS="127.0.0.1",
        **ports,
    )
    settings = Settings(data_dir=folder, concurrency_tools=2)
    started = Stack(environment, settings, "")
    up = started.process("up", "--detach", "--json")
    assert up.returncode == 0, up.stdout + up.stderr
    status = started.json("status")
    processes = [psutil.Process(service["process"]["pid"]) for service in status["services"]]
    try:
        yield replace(started, flower=status["flower"])
    finally:
        down = started.process("down")
    assert down.returncode == 0, down.stdout + down.stderr
    assert [process for process in processes if process.is_running()] == []
