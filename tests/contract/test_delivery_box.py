"""One suite for both delivery boxes: in memory, and in Redis."""

from __future__ import annotations

import pytest
from redis import Redis
from tests.support.memory_ledger import MemoryLedger
from tests.support.memory_triggers import MemoryDeliveries

from fluxagents.scheduler.firings.firing_ledger import FiringLedger
from fluxagents.scheduler.triggers.intake import delivery_box
from fluxagents.scheduler.triggers.intake.delivery import Delivery, DeliveryStatus
from fluxagents.scheduler.triggers.intake.delivery_box import MAX_BYTES, MAX_KEPT, MAX_OPEN, DeliveryBox
from fluxagents.scheduler.webhooks.endpoint import Secret
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.triggers.delivery_box import RedisDeliveryBox
from fluxagents.workers.redis.triggers.firing_ledger import RedisFiringLedger

NAME = "pushes"
START = 1_700_000_000_000


@pytest.fixture(params=["memory", "redis"])
def place(request: pytest.FixtureRequest, key_prefix: str) -> tuple[DeliveryBox, FiringLedger]:
    if request.param == "memory":
        ledger = MemoryLedger()
        return MemoryDeliveries(ledger, SystemClock()), ledger
    redis: Redis = request.getfixturevalue("redis")
    return RedisDeliveryBox(redis, prefix=key_prefix), RedisFiringLedger(redis, prefix=key_prefix)


@pytest.fixture
def box(place: tuple[DeliveryBox, FiringLedger]) -> DeliveryBox:
    return place[0]


def delivery(number: int, body: str = '{"a": "ü"}') -> Delivery:
    return Delivery(id=f"d{number}", came_ms=START + number, headers={"x-event": "push"}, body=body)


def new_ones(box: DeliveryBox) -> list[str]:
    return [each.occurrence for each in box.find_new(NAME, limit=100)]


def test_a_delivery_is_kept_once_and_has_its_trigger_looked_at(
    place: tuple[DeliveryBox, FiringLedger],
) -> None:
    box, ledger = place
    assert box.put(NAME, delivery(1)) == delivery_box.Put("kept", START + 1)
    again = delivery(1).model_copy(update={"came_ms": START + 9, "body": "{}"})
    assert box.put(NAME, again) == delivery_box.Put("repeated", START + 1)
    assert ledger.find_due(START + 1, limit=5) == ["trigger:pushes"]
    assert box.list(NAME, limit=5) == [delivery(1).model_copy(update={"repeats": 1})]
    (new,) = box.find_new(NAME, limit=5)
    assert (new.occurrence, new.at_ms, new.delivery.body) == ("d1", START + 1, delivery(1).body)
    assert box.put("other", delivery(1)).outcome == "kept"


def test_what_was_settled_is_new_no_more(box: DeliveryBox) -> None:
    for number in (2, 1, 3):
        box.put(NAME, delivery(number))
    assert new_ones(box) == ["d1", "d2", "d3"]
    box.settle(NAME, "d1", "waiting")
    box.settle(NAME, "d2", "skipped", note="not so")
    assert new_ones(box) == ["d3"]
    box.settle(NAME, "d1", "started", run_id="r1")
    box.settle(NAME, "d1", "waiting")
    statuses = {each.id: (each.status, each.run_id, each.note) for each in box.list(NAME, limit=5)}
    assert statuses == {"d1": ("started", "r1", ""), "d2": ("skipped", "", "not so"), "d3": ("new", "", "")}


def test_a_replay_is_new_under_an_id_of_its_own(place: tuple[DeliveryBox, FiringLedger]) -> None:
    box, ledger = place
    box.put(NAME, delivery(1))
    box.settle(NAME, "d1", "started", run_id="r1")
    assert box.replay(NAME, "d1") == "d1#2"
    assert box.replay(NAME, "d1") == "d1#3"
    assert box.replay(NAME, "d2") is None
    assert new_ones(box) == ["d1#2", "d1#3"]
    box.settle(NAME, "d1#2", "started", run_id="r2")
    assert new_ones(box) == ["d1#3"]
    shown = box.get(NAME, "d1")
    assert shown is not None
    assert (shown.run_id, shown.replays) == ("r2", 2)
    assert ledger.find_due(SystemClock().now_ms() + 60_000, limit=5) == ["trigger:pushes"]


def test_what_waited_for_a_trigger_that_was_replaced_is_new_again(box: DeliveryBox) -> None:
    box.put(NAME, delivery(1))
    box.put(NAME, delivery(2))
    box.settle(NAME, "d1", "waiting")
    box.settle(NAME, "d2", "started")
    box.reopen(NAME)
    assert new_ones(box) == ["d1"]


@pytest.mark.parametrize("open_status", ["new", "waiting"])
def test_what_has_not_started_is_never_dropped_and_bounds_what_is_taken(
    box: DeliveryBox, open_status: DeliveryStatus
) -> None:
    for number in range(MAX_OPEN):
        assert box.put(NAME, delivery(number)).outcome == "kept"
        if open_status == "waiting":
            box.settle(NAME, f"d{number}", "waiting")
    assert box.put(NAME, delivery(MAX_OPEN)).outcome == "full"
    box.settle(NAME, "d5", "started")
    assert box.put(NAME, delivery(MAX_OPEN)).outcome == "kept"
    assert len(box.list(NAME, limit=MAX_KEPT + 5)) == MAX_KEPT
    assert box.get(NAME, "d5") is None
    assert box.get(NAME, "d0") is not None
    # Its id is still known, so that it starts nothing when it comes again.
    assert box.put(NAME, delivery(5)).outcome == "repeated"


def test_nothing_is_left_of_what_is_forgotten(box: DeliveryBox) -> None:
    box.keep_secrets(NAME, [Secret(text="new"), Secret(text="old", until_ms=5)])
    assert [secret.text for secret in box.secrets(NAME)] == ["new", "old"]
    box.put(NAME, delivery(1))
    box.forget(NAME)
    assert (box.secrets(NAME), new_ones(box), box.list(NAME, limit=5)) == ((), [], [])
    assert box.put(NAME, delivery(1)).outcome == "kept"


def test_large_bodies_make_room_for_one_another(redis: Redis, key_prefix: str) -> None:
    box = RedisDeliveryBox(redis, prefix=key_prefix)
    size = MAX_BYTES // 4
    for number in range(6):
        box.put(NAME, delivery(number, "x" * size))
        box.settle(NAME, f"d{number}", "started")
    assert {each.id for each in box.list(NAME, limit=9)} == {"d2", "d3", "d4", "d5"}
