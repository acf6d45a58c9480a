"""One suite for both books of remarks, and for both that know who looks at a run: in memory, and Redis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from fluxagents.flows.memory.remark_book import MemoryPresence
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Proof, Resource
from fluxagents.flows.people.audit import AuditRecord, find_faults
from fluxagents.flows.people.ratings import find_ratings
from fluxagents.flows.people.remarks import Comment, Rating, Remark, RemarkBody, RequestClaim, Watch
from fluxagents.flows.ports.presence import PRESENT_MS, Presence
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.people.presence import RedisPresence
from fluxagents.workers.redis.runs.run_store import RedisRunStore


class HandClock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.at_ms = 1_000_000_000_000

    def now_ms(self) -> int:
        return self.at_ms


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest, key_prefix: str) -> RunStore:
    if request.param == "memory":
        return MemoryRunStore(SystemClock())
    return RedisRunStore(request.getfixturevalue("redis"), prefix=key_prefix)


@pytest.fixture(params=["memory", "redis"])
def presence(request: pytest.FixtureRequest, key_prefix: str) -> tuple[Presence, HandClock]:
    clock = HandClock()
    if request.param == "memory":
        return MemoryPresence(clock), clock
    return RedisPresence(request.getfixturevalue("redis"), clock, prefix=key_prefix), clock


def say(
    store: RunStore, body: RemarkBody, *, run_id: str = "r", by: str = "ann", on: str = "run", after: int = -1
) -> Remark | None:
    record = AuditRecord(
        action=Action.RUN_COMMENT,
        by=by,
        channel="client",
        proof=Proof(kind="os-user", id="1"),
        on=Resource(kind="run", id=run_id),
    )
    count = store.remarks.count(run_id) if after < 0 else after
    return store.remarks.append(run_id, "s", by=by, on=on, body=body, after=count, record=record)


def test_remarks_are_kept_in_order_with_their_acts(store: RunStore) -> None:
    first = say(store, Rating(stars=4, reason='says "why", at length'))
    second = say(store, Comment(text="see step 3: µmol"), by="bob", on="step:3")
    assert first is not None
    assert second is not None
    assert (first.number, second.number, second.on) == (1, 2, "step:3")
    assert 0 < first.at_ms <= second.at_ms
    assert store.remarks.of("r") == (first, second)
    assert store.remarks.of_many(["r", "other"]) == [(first, second), ()]
    assert [entry.act.by for entry in store.audit_log.entries()] == ["ann", "bob"]
    assert not list(find_faults(store.audit_log.entries(), store.audit_log.head()))


def test_what_was_decided_on_other_remarks_is_not_written(store: RunStore) -> None:
    assert say(store, Comment(text="first"), after=0)
    assert say(store, Comment(text="second"), after=0) is None
    assert store.remarks.count("r") == 1
    assert store.audit_log.head().number == 1


def test_one_of_many_claims_at_once_is_written(store: RunStore) -> None:
    claim = RequestClaim(request_id="r.3", until_ms=9)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: say(store, claim, by=f"p{n}", after=0), range(16)))
    assert len([each for each in claims if each]) == 1
    assert store.remarks.count("r") == 1


def test_those_who_are_mentioned_find_it(store: RunStore) -> None:
    say(store, Comment(text="@bob look", mentions=("bob",)))
    say(store, Comment(text="@group:curators", mentions=("group:curators",)), run_id="q")
    say(store, Comment(text="nobody"))
    mentions = store.remarks.mentions(["bob", "group:curators"], limit=10)
    assert {mention.run_id for mention in mentions} == {"r", "q"}
    assert [mention.remark.by for mention in store.remarks.mentions(["bob"], limit=10)] == ["ann"]
    assert len(store.remarks.mentions(["bob", "group:curators"], limit=1)) == 1
    assert store.remarks.mentions(["ann"], limit=10) == []


def test_the_last_word_says_who_watches(store: RunStore) -> None:
    say(store, Watch(), by="bob")
    say(store, Watch(), by="bob", run_id="q")
    say(store, Watch(is_on=False), by="bob", run_id="q")
    assert store.remarks.list_watched("bob") == ["r"]
    assert store.remarks.list_watched("ann") == []


def test_what_was_read_stays_read(store: RunStore) -> None:
    assert store.remarks.read_until("bob") == 0
    store.remarks.mark_read("bob", 500)
    store.remarks.mark_read("bob", 400)
    assert store.remarks.read_until("bob") == 500


def test_remarks_from_elsewhere_replace_none(store: RunStore) -> None:
    remark = Remark(number=1, at_ms=7, by="zoe", body=Rating(stars=2))
    assert store.remarks.put_back("r", [remark])
    assert not store.remarks.put_back("r", [remark])
    assert store.remarks.of("r") == (remark,)
    assert say(store, Rating(stars=5)) is not None
    assert find_ratings(store.remarks.of("r")) == {"run": {"zoe": 2, "ann": 5}}


def test_the_one_rating_of_early_versions_counts(redis: Redis, key_prefix: str) -> None:
    redis.hset(f"{key_prefix}ratings", "r", '{"stars": 3, "by": "ann", "at_ms": 5}')
    store = RedisRunStore(redis, prefix=key_prefix)
    assert find_ratings(store.remarks.of("r")) == {"run": {"ann": 3}}
    say(store, Rating(stars=1))
    assert find_ratings(store.remarks.of("r")) == {"run": {"ann": 1}}


def test_whoever_gives_no_sign_of_life_is_gone(presence: tuple[Presence, HandClock]) -> None:
    present, clock = presence
    present.enter("r", "ann")
    clock.at_ms += PRESENT_MS - 1
    present.enter("r", "bob")
    assert set(present.present("r")) == {"ann", "bob"}
    clock.at_ms += 1
    assert present.present("r") == {"bob": clock.at_ms - 1}
    present.leave("r", "bob")
    assert present.present("r") == {}
    assert present.present("other") == {}
