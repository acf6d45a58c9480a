"""Messages that were taken from Redis: how their acknowledgements get there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kombu.asynchronous import hub as event_loops
from kombu.connection import Connection
from redis import Redis

from fluxagents.workers.celery import transport

DATABASE = 15
QUEUE = "acknowledged"


@pytest.fixture
def url(redis_url: str) -> str:
    return f"{redis_url.rpartition('/')[0]}/{DATABASE}"


@pytest.fixture
def redis(url: str) -> Iterator[Redis]:
    with Redis.from_url(url) as client:
        yield client


@pytest.fixture
def connect(url: str, redis: Redis) -> Iterator[Callable[[], Any]]:
    """Connections to a queue with two messages."""
    transport.register()
    opened: list[Any] = []

    def open_connection() -> Any:
        opened.append(Connection(url))  # type: ignore[no-untyped-call] # kombu is half typed
        return opened[-1]

    queue = open_connection().SimpleQueue(QUEUE)
    queue.put("first")
    queue.put("second")
    queue.close()
    yield open_connection
    for connection in opened:
        connection.release()
    redis.delete(QUEUE, "unacked", "unacked_index")


@pytest.fixture
def hub() -> Iterator[Any]:
    loop: Any = event_loops
    hub = loop.Hub()
    yield hub
    hub.close()


def unacknowledged(redis: Redis) -> tuple[int, int]:
    """How many messages are noted as taken, and how many entries their index has."""
    return redis.hlen("unacked"), redis.zcard("unacked_index")


def take_in_loop(connection: Any, hub: Any) -> Any:
    """A channel that a worker's loop looks after, as Celery's consumer has it."""
    channel: Any = connection.channel()
    connection.transport.register_with_event_loop(connection.connection, hub)
    return channel


def test_an_acknowledgement_goes_with_the_next_message(
    connect: Callable[[], Any], hub: Any, redis: Redis
) -> None:
    channel = take_in_loop(connect(), hub)
    channel.basic_qos(prefetch_count=1)
    channel.basic_get(QUEUE).ack()
    assert unacknowledged(redis) == (1, 1)
    assert channel.qos.can_consume()
    second = channel.basic_get(QUEUE)
    assert [tag.decode() for tag in redis.hkeys("unacked")] == [second.delivery_tag]  # type: ignore[union-attr] # as above
    assert unacknowledged(redis) == (1, 1)


def test_an_acknowledgement_goes_soon_when_no_message_comes(
    connect: Callable[[], Any], hub: Any, redis: Redis
) -> None:
    take_in_loop(connect(), hub).basic_get(QUEUE).ack()
    for _ in range(100):
        hub.run_once()
        if unacknowledged(redis) == (0, 0):
            break
    assert unacknowledged(redis) == (0, 0)


def test_a_channel_that_is_closed_acknowledges_what_was_done_and_hands_back_the_rest(
    connect: Callable[[], Any], hub: Any, redis: Redis
) -> None:
    channel = take_in_loop(connect(), hub)
    channel.basic_get(QUEUE).ack()
    channel.basic_get(QUEUE)
    channel.close()
    assert unacknowledged(redis) == (0, 0)
    assert redis.llen(QUEUE) == 1


def test_an_acknowledgement_after_its_channel_is_an_error_that_a_worker_expects(
    connect: Callable[[], Any], hub: Any, redis: Redis
) -> None:
    connection = connect()
    channel = take_in_loop(connection, hub)
    message = channel.basic_get(QUEUE)
    channel.close()
    channel._disconnect_pools()
    with pytest.raises(connection.connection_errors, match="closed before"):
        message.ack()
    assert unacknowledged(redis) == (0, 0)


def test_without_a_loop_an_acknowledgement_goes_at_once(connect: Callable[[], Any], redis: Redis) -> None:
    connect().channel().basic_get(QUEUE).ack()
    assert unacknowledged(redis) == (0, 0)


def test_a_channel_keeps_one_client_until_its_connections_are_others(
    connect: Callable[[], Any],
) -> None:
    channel: Any = connect().channel()
    with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
        assert first is second
    channel._disconnect_pools()
    with channel.conn_or_acquire() as third:
        assert third is not first
        assert third.ping()
