"""An error of Redis is explained, also where nothing is left of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from fluxagents.workers.commands.display.failures import explain_error


@pytest.fixture(autouse=True)
def no_redis(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLUXAGENTS_REDIS_URL", raising=False)
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))


def test_an_embedded_redis_that_ended_meanwhile_is_named() -> None:
    known = explain_error(RedisConnectionError("Connection closed by server."))
    assert known is not None
    assert "no Redis is running" in known.message
    assert any("fluxagents up" in suggestion for suggestion in known.suggestions)


def test_a_fault_of_ours_is_not_explained() -> None:
    assert explain_error(ZeroDivisionError()) is None
