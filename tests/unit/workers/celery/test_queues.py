"""Somebody who waits comes before a batch, and a batch never starves."""

from __future__ import annotations

import pytest
from kombu.utils.scheduling import cycle_by_name

from fluxagents.workers.celery.queues import (
    BULK_FIRST_EVERY,
    NEW_BULK_FIRST_EVERY,
    NEW_FIRST_EVERY,
    POOLS,
    QUEUES,
    TOOLS,
    Lanes,
)


def lanes(*queues: str) -> Lanes:
    order = Lanes()
    order.update(list(queues))
    return order


def test_interactive_lanes_come_before_bulk_lanes() -> None:
    assert lanes("decide.bulk", "decide", "human").consume(3) == ["decide", "human", "decide.bulk"]


def test_runs_under_way_come_before_first_steps_of_the_same_lane() -> None:
    assert lanes(*reversed(TOOLS.queues)).consume(4) == ["tools", "tools.new", "tools.bulk", "tools.bulk.new"]


@pytest.mark.parametrize(
    ("lane", "others", "every"),
    [
        ("tools.new", ["tools"], NEW_FIRST_EVERY),
        ("tools.bulk.new", ["tools.bulk"], NEW_BULK_FIRST_EVERY),
        ("tools.bulk.new", ["tools", "tools.new", "tools.bulk"], NEW_BULK_FIRST_EVERY * BULK_FIRST_EVERY),
    ],
)
def test_no_lane_starves_behind_others_that_are_never_empty(lane: str, others: list[str], every: int) -> None:
    order = lanes(lane, *others)
    firsts = [order.consume(1) for _ in range(2 * every)]
    assert firsts.count([lane]) == 2


def test_a_busy_interactive_lane_lets_its_peers_go_first() -> None:
    order = lanes("decide", "decide.bulk", "human")
    assert order.rotate("decide") == "decide"
    assert order.consume(3) == ["human", "decide", "decide.bulk"]


def test_bulk_is_asked_first_once_in_a_while() -> None:
    order = lanes("tools", "tools.bulk")
    firsts = [order.consume(2)[0] for _ in range(2 * BULK_FIRST_EVERY)]
    assert firsts.count("tools.bulk") == 2


def test_a_queue_given_up_is_forgotten() -> None:
    order = lanes("tools")
    assert order.rotate("gone") == "gone"
    assert order.consume(2) == ["tools"]


def test_kombu_finds_it_by_the_name_in_the_transport_options() -> None:
    assert cycle_by_name("fluxagents.workers.celery.queues:Lanes") is Lanes  # type: ignore[no-untyped-call] # kombu is half typed


def test_every_queue_has_one_pool() -> None:
    assert len(QUEUES) == len(set(QUEUES)) == sum(len(pool.queues) for pool in POOLS.values())
