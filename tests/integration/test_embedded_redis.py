"""The Redis of its own: durable, private, found again, and gone when stopped."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from fluxagents.flows.errors import FluxError
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis, running_url
from fluxagents.workers.settings import Settings

WRITTEN_BY_6_2 = Path(__file__).parents[1] / "data" / "redis-6.2" / "appendonly.aof"
KEYS = Path(__file__).parents[1] / "histories" / "store" / "redis.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "redis"


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(folder) as running:
        yield running


def test_it_keeps_everything_and_evicts_nothing(server: EmbeddedRedis) -> None:
    with Redis.from_url(server.url, decode_responses=True) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
        assert client.config_get("unixsocket") == {"unixsocket": ""}


def test_it_is_private(server: EmbeddedRedis, folder: Path) -> None:
    instance = server.instance
    assert instance is not None
    with (
        Redis(port=instance.port, password="guess", retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.ping()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("password", "redis.conf", "instance.json", "redis.log"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    process = instance.process.find()
    assert process is not None
    assert (folder / "password").read_text() not in " ".join(process.cmdline())


def test_a_second_start_finds_the_first(server: EmbeddedRedis, folder: Path) -> None:
    again = EmbeddedRedis(folder)
    assert again.start() == server.url
    assert again.instance == server.instance
    assert running_url(folder) == server.url


def test_starting_at_once_starts_one(folder: Path) -> None:
    servers = [EmbeddedRedis(folder) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        urls = set(threads.map(EmbeddedRedis.start, servers))
    assert len(urls) == 1
    servers[0].stop()
    assert running_url(folder) is None


def test_data_and_address_outlive_a_stop(folder: Path) -> None:
    server = EmbeddedRedis(folder)
    url = server.start()
    with Redis.from_url(url) as client:
        client.set("run", "1")
    server.stop()
    assert running_url(folder) is None
    assert server.start() == url
    with Redis.from_url(url) as client:
        assert client.get("run") == b"1"
    server.stop()
    server.stop()


def test_data_outlives_a_kill(server: EmbeddedRedis) -> None:
    url = server.url
    with Redis.from_url(url) as client:
        client.set("run", "1")
        instance = server.instance
        assert instance is not None
        os.kill(instance.process.pid, 9)
        assert instance.process.wait(10.0)
    with pytest.raises(FluxError, match="fluxagents up"):
        _ = server.url
    assert server.start() == url
    with Redis.from_url(url) as client:
        assert client.get("run") == b"1"


def test_a_taken_port_is_left_alone(folder: Path) -> None:
    server = EmbeddedRedis(folder)
    url = server.start()
    server.stop()
    last = int(url.rpartition(":")[2].partition("/")[0])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", last))
        taken.listen()
        assert server.start() != url
        server.stop()


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(FluxError, match=f"port {port}"):
            EmbeddedRedis(folder, port=port).start()
    assert running_url(folder) is None


def test_the_settings_find_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with EmbeddedRedis(settings.redis_dir) as server:
        assert connection.redis_url(settings) == server.url
        connection.connect(settings).close()
        wrong = Settings(redis_url=server.url.replace("redis://:", "redis://:x"))
        with pytest.raises(FluxError, match="refuses the password"):
            connection.connect(wrong)
    with pytest.raises(FluxError, match="no Redis is running"):
        connection.redis_url(settings)


def test_a_data_folder_written_by_redis_6_2_opens(folder: Path) -> None:
    """`redis-server` 6.2.14 wrote the file: recorded keys, a rewrite (it begins as a snapshot), commands."""
    folder.mkdir()
    shutil.copy(WRITTEN_BY_6_2, folder)
    recorded = {entry["key"]: entry for entry in json.loads(KEYS.read_text())}
    with EmbeddedRedis(folder) as server, Redis.from_url(server.url, decode_responses=True) as client:
        client.ping()
        kept = {key: client.type(key) for key in client.scan_iter() if key in recorded}
        assert len(kept) == 82
        assert kept == {key: recorded[key]["type"] for key in kept}
        assert (
            client.lrange("flux:run:finished:events", 0, -1) == recorded["flux:run:finished:events"]["value"]
        )
        state = dict(recorded["flux:run:finished"]["value"])
        assert client.hgetall("flux:run:finished") == state
        assert client.hgetall("written:by:lua") == {"by": "a script"}
        assert client.zrange("written:after:timers", 0, -1, withscores=True) == [("x", 1.5)]
        assert client.lrange("tools", 0, -1) == ["a message"]
        client.set("written:by", "its successor")
    with EmbeddedRedis(folder) as server, Redis.from_url(server.url, decode_responses=True) as client:
        assert client.get("written:by") == "its successor"
        assert client.dbsize() == len(kept) + 5
