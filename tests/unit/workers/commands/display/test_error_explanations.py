"""An error of Redis is explained, also where nothing is left of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from fluxagents.workers.commands.display.failures import explain_error
from fluxagents.workers.machine.private_files import write_private


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


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError) as caught:
        write_private(folder / "support.zip", "")
    known = explain_error(caught.value)
    assert known is not None
    assert known.message == f"the folder {folder} does not exist"
    assert known.suggestions == ("make it, or name another one, then repeat the command",)


def test_a_file_that_should_be_there_is_no_mistake_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "part-of-the-package").read_text()
    assert explain_error(caught.value) is None
