"""A step that was carried out outlasts a Redis that cannot write; a person is told at once."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from fluxagents.workers.redis.refusals import WriteRefusedError
from fluxagents.workers.redis.runs import run_store
from fluxagents.workers.redis.runs.run_store import RedisRunStore

FULL = ResponseError("MISCONF Errors writing to the AOF file: No space left on device")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> RedisRunStore:
    monkeypatch.setattr(run_store, "PAUSE_S", 0.0)
    return RedisRunStore(Redis())  # connects to nothing by itself


def test_a_lease_is_given_back_when_there_is_room(store: RedisRunStore) -> None:
    store._release = script = Mock(side_effect=[FULL, FULL, 1])
    assert store.release("r", 1, 7, error="")
    assert script.call_count == 3


def test_a_person_is_told_at_once(store: RedisRunStore) -> None:
    store._request_pause = script = Mock(side_effect=FULL)
    with pytest.raises(WriteRefusedError, match="No space left on device"):
        store.request_pause("r", "ada")
    assert script.call_count == 1


def test_patience_ends(store: RedisRunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_store, "PATIENCE_S", -1.0)
    store._release = Mock(side_effect=FULL)
    with pytest.raises(WriteRefusedError):
        store.release("r", 1, 7, error="")
