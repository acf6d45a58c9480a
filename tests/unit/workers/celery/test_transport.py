"""What a worker does with a Redis that answers and refuses to write."""

from __future__ import annotations

from typing import Any, NoReturn
from unittest.mock import Mock

import pytest
from kombu.transport import TRANSPORT_ALIASES
from redis import Connection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.sentinel import SentinelManagedConnection

from fluxagents.workers.celery.transport import (
    Channel,
    PatientConnection,
    QoS,
    SentinelChannel,
    SentinelTransport,
    register,
)


def refuse(text: str) -> Any:
    def read(*_: object, **__: object) -> NoReturn:
        raise ResponseError(text)

    return read


def test_a_full_disk_counts_as_a_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "read_response", refuse("MISCONF Errors writing to the AOF file: x"))
    connection: Any = PatientConnection
    with pytest.raises(RedisConnectionError, match="MISCONF"):
        connection().read_response()


def test_any_other_refusal_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "read_response", refuse("WRONGTYPE Operation against a key"))
    connection: Any = PatientConnection
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        connection().read_response()


@pytest.mark.parametrize("method", ["ack", "reject"])
def test_a_message_that_cannot_be_acknowledged_gives_its_place(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    qos: Any = QoS(
        Mock(connection_errors=(RedisConnectionError,), connection=Mock(loop=None)), prefetch_count=1
    )
    qos._on_collect.cancel()
    qos._delivered["tag"] = object()
    monkeypatch.setattr(qos, "_remove_from_indices", Mock(side_effect=RedisConnectionError("MISCONF")))
    assert not qos.can_consume()
    with pytest.raises(RedisConnectionError):
        getattr(qos, method)("tag")
    assert qos.can_consume()


def test_redis_urls_mean_this_transport() -> None:
    register()
    assert Channel.QoS is QoS
    assert Channel.connection_class is PatientConnection


def test_sentinel_urls_mean_the_same_for_whichever_redis_is_the_primary() -> None:
    register()
    assert TRANSPORT_ALIASES["sentinel"].endswith(":SentinelTransport")
    assert SentinelTransport.Channel is SentinelChannel
    assert SentinelChannel.QoS is QoS
    assert issubclass(SentinelChannel.connection_class, SentinelManagedConnection)


def test_a_primary_without_replicas_counts_as_a_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = refuse("NOREPLICAS Not enough good replicas to write.")
    monkeypatch.setattr(Connection, "read_response", refusal)
    connection: Any = PatientConnection
    with pytest.raises(RedisConnectionError, match="NOREPLICAS"):
        connection().read_response()
