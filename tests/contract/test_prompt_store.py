"""One suite for both prompt stores: in memory, and Redis."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from fluxagents.flows.errors import FluxError
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.record import (
    Arm,
    Entry,
    ExperimentBegan,
    ExperimentEnded,
    Promoted,
    Registered,
    RolledBack,
)
from fluxagents.prompts.versions.store import MemoryPromptStore, PromptStore
from fluxagents.workers.redis.prompt_store import RedisPromptStore

ENTRIES: tuple[Entry, ...] = (
    Registered(version="2", digest="b" * 64, by="ada", at_ms=1),
    Promoted(label="candidate", version="2", digest="b" * 64),
    RolledBack(label="candidate"),
    ExperimentBegan(
        arms=(Arm(version="1", digest="a" * 64, weight=1), Arm(version="2", digest="b" * 64, weight=3))
    ),
    ExperimentEnded(),
)


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest, key_prefix: str) -> PromptStore:
    if request.param == "memory":
        return MemoryPromptStore()
    return RedisPromptStore(request.getfixturevalue("redis"), prefix=key_prefix)


def test_a_text_is_found_by_its_content(store: PromptStore) -> None:
    text = "Grüße {{ who }}\n"
    digest = store.keep(text)
    assert digest == hashlib.sha256(text.encode()).hexdigest()
    assert store.keep(text) == digest
    assert store.source(digest) == text
    assert store.source("0" * 64) is None


def test_a_log_is_read_as_it_was_written(store: PromptStore) -> None:
    assert store.names() == ()
    for after, entry in enumerate(ENTRIES):
        assert store.append("greeting", entry, after=after)
    assert store.log("greeting") == ENTRIES
    assert store.log("farewell") == ()
    assert store.names() == ("greeting",)


def test_who_has_not_seen_the_last_entry_adds_none(store: PromptStore) -> None:
    assert store.append("greeting", ENTRIES[0], after=0)
    assert not store.append("greeting", ENTRIES[1], after=0)
    assert not store.append("greeting", ENTRIES[1], after=2)
    assert store.log("greeting") == ENTRIES[:1]


HEAD = """---
name: greeting
version: 1
purpose: Greets.
variables: {who: string, times: integer}
cases: [{name: one, variables: {who: Ada, times: 2}, expect: [Hello Ada]}]
---
"""
BODY = "Hello {{ who }}! ({{ times }})"


def test_processes_that_share_redis_see_a_version_at_once(redis: Redis, key_prefix: str) -> None:
    one, other = (PromptManager(store=RedisPromptStore(redis, prefix=key_prefix)) for _ in range(2))
    assert "greeting" not in other.names
    one.version_prompt("greeting", HEAD + BODY)
    assert "greeting" in other.names
    assert other.get_prompt("greeting", who="Ada", times=2) == "Hello Ada! (2)"
    one.version_prompt("greeting", "Hello {{ who }}? {{ times }}")
    one.releases.promote("greeting", "1")
    assert other.get_prompt("greeting", who="Ada", times=2) == "Hello Ada? 2"
    assert other.versions.find("greeting", "production").version == "1"
    assert other.versions.select_for_run("greeting", "run", {}).version == "1"
    with pytest.raises(FluxError, match="has a version 1 with other content; call it version 3"):
        other.version_prompt("greeting", HEAD + "Hello {{ who }} {{ times }}")


def test_versions_that_are_registered_at_once_all_get_a_number(redis: Redis, key_prefix: str) -> None:
    def register(number: int) -> str:
        prompts = PromptManager(store=RedisPromptStore(redis, prefix=key_prefix))
        return prompts.version_prompt("greeting", f"Hello {{{{ who }}}} {{{{ times }}}} {number}")

    store = RedisPromptStore(redis, prefix=key_prefix)
    PromptManager(store=store).version_prompt("greeting", HEAD + BODY)
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(register, range(24)))
    assert sorted(versions, key=int) == [str(number) for number in range(2, 26)]
    assert len(store.log("greeting")) == 25
