"""The services are Celery's own commands with our defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.workers.celery.queues import POOLS, QUEUES
from fluxagents.workers.host import flower, launch, loopback
from fluxagents.workers.settings import Settings

SETTINGS = Settings(concurrency_decide=12, concurrency_tools=3, data_dir=Path("/data"))


@pytest.mark.parametrize(
    ("pool", "kind", "concurrency", "queues"),
    [
        ("decide", "threads", 12, "decide,decide.new,decide.bulk,decide.bulk.new,human"),
        ("tools", "prefork", 3, "tools,tools.new,tools.bulk,tools.bulk.new"),
        ("long", "prefork", 1, "tools.long,tools.long.new"),
        ("control", "threads", 2, "control"),
        ("all", "prefork", 3, ",".join(QUEUES)),
    ],
)
def test_each_pool_has_its_queues_and_its_kind(pool: str, kind: str, concurrency: int, queues: str) -> None:
    command = launch.worker(SETTINGS, pool)
    assert f"--pool={kind}" in command
    assert f"--concurrency={concurrency}" in command
    assert f"--queues={queues}" in command
    assert f"--hostname={pool}@%h" in command


def test_every_queue_is_served() -> None:
    assert {queue for pool in POOLS.values() for queue in pool.queues} == set(QUEUES)


def test_further_arguments_come_last() -> None:
    assert launch.worker(SETTINGS, "tools", ["--concurrency=9"])[-1] == "--concurrency=9"
    assert launch.beat(SETTINGS, ["--x"])[-1] == "--x"
    assert flower.command(SETTINGS, extra=["--port=1"])[-1] == "--port=1"


def test_flower_is_read_only_on_loopback() -> None:
    command = flower.command(SETTINGS)
    assert "--read_only=true" in command
    assert "--address=127.0.0.1" in command
    assert not any("persistent" in argument for argument in command)


def test_term_means_soft_shutdown_and_celerys_variables_do_not_interfere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://elsewhere")
    monkeypatch.setenv("FLUXAGENTS_NODE", "of-another-worker")
    environment = launch.environment(SETTINGS, supervisor="7@1.0")
    assert environment["REMAP_SIGTERM"] == "SIGQUIT"
    assert environment["FLUXAGENTS_DATA_DIR"] == "/data"
    assert environment["FLUXAGENTS_SUPERVISOR"] == "7@1.0"
    assert "CELERY_BROKER_URL" not in environment
    assert "FLUXAGENTS_NODE" not in environment


def test_flower_gets_a_free_port_when_its_own_is_taken() -> None:
    import socket  # noqa: PLC0415

    with socket.socket() as taken:
        taken.bind((loopback.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert loopback.free_port(port) != port
        assert not flower.answers(port, timeout_s=0.1)
