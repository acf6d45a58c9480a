"""The delivery box in Redis: one Lua script for each thing that must be atomic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import TypeAdapter
from redis import Redis

from fluxagents.scheduler.triggers.intake.delivery import Delivery, DeliveryStatus, find_delivery_id
from fluxagents.scheduler.triggers.intake.delivery_box import (
    MAX_BYTES,
    MAX_KEPT,
    MAX_OPEN,
    MAX_REMEMBERED,
    REMEMBERED_MS,
    NewDelivery,
    Put,
)
from fluxagents.scheduler.webhooks.endpoint import Secret
from fluxagents.workers.redis.scripts import register_script

_SECRETS = TypeAdapter(tuple[Secret, ...])
_PARTS = ("new", "waiting", "listed", "known", "bytes")


class RedisDeliveryBox:
    """As `fluxagents.scheduler.triggers.intake.delivery_box.DeliveryBox`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._secrets = f"{prefix}hook-secrets"
        self._put = register_script(redis, "hooks", "hook_put")
        self._settle = register_script(redis, "hooks", "hook_settle")
        self._replay = register_script(redis, "hooks", "hook_replay")

    def secrets(self, trigger: str) -> Sequence[Secret]:
        text: bytes | None = self._redis.hget(self._secrets, trigger)  # type: ignore[assignment]
        return () if text is None else _SECRETS.validate_json(text)

    def keep_secrets(self, trigger: str, secrets: Sequence[Secret]) -> None:
        self._redis.hset(self._secrets, trigger, _SECRETS.dump_json(tuple(secrets)))

    def put(self, trigger: str, delivery: Delivery) -> Put:
        bounds = (MAX_KEPT, MAX_BYTES, MAX_OPEN, REMEMBERED_MS, MAX_REMEMBERED)
        headers = json.dumps(delivery.headers)
        arguments = (trigger, delivery.id, delivery.came_ms, headers, delivery.body, *bounds)
        outcome, first_ms = self._put(keys=[self._prefix], args=arguments)
        return Put(outcome.decode(), round(float(first_ms)))

    def find_new(self, trigger: str, *, limit: int) -> Sequence[NewDelivery]:
        rows: list[tuple[bytes, float]] = self._redis.zrange(  # type: ignore[assignment]
            self._key(trigger, "new"), 0, limit - 1, withscores=True
        )
        times = {occurrence.decode(): round(at_ms) for occurrence, at_ms in rows}
        found = {each.id: each for each in self._load(trigger, {find_delivery_id(text) for text in times})}
        return [
            NewDelivery(occurrence, at_ms, found[find_delivery_id(occurrence)])
            for occurrence, at_ms in times.items()
            if find_delivery_id(occurrence) in found
        ]

    def settle(
        self, trigger: str, occurrence: str, status: DeliveryStatus, *, run_id: str = "", note: str = ""
    ) -> None:
        arguments = (trigger, occurrence, find_delivery_id(occurrence), status, run_id, note)
        self._settle(keys=[self._prefix], args=arguments)

    def reopen(self, trigger: str) -> None:
        new, waiting = self._key(trigger, "new"), self._key(trigger, "waiting")
        pipe = self._redis.pipeline()
        pipe.zunionstore(new, [new, waiting], aggregate="MIN")
        pipe.unlink(waiting)
        pipe.execute()

    def replay(self, trigger: str, delivery_id: str) -> str | None:
        occurrence: bytes | None = self._replay(keys=[self._prefix], args=[trigger, delivery_id])
        return None if occurrence is None else occurrence.decode()

    def get(self, trigger: str, delivery_id: str) -> Delivery | None:
        return next(self._load(trigger, [delivery_id]), None)

    def list(self, trigger: str, *, limit: int) -> Sequence[Delivery]:
        ids: list[bytes] = self._redis.zrevrange(self._key(trigger, "listed"), 0, limit - 1)  # type: ignore[assignment]
        return list(self._load(trigger, [each.decode() for each in ids]))

    def forget(self, trigger: str) -> None:
        ids: list[bytes] = self._redis.zrange(self._key(trigger, "listed"), 0, -1)  # type: ignore[assignment]
        pipe = self._redis.pipeline()
        pipe.hdel(self._secrets, trigger)
        pipe.unlink(*(self._key(trigger, part) for part in _PARTS))
        for each in ids:
            pipe.unlink(self._key(trigger, f"delivery:{each.decode()}"))
        pipe.execute()

    def _load(self, trigger: str, ids: Iterable[str]) -> Iterator[Delivery]:
        """The deliveries of these ids that are kept, in one round trip."""
        pipe, ids = self._redis.pipeline(transaction=False), list(ids)
        for delivery_id in ids:
            pipe.hgetall(self._key(trigger, f"delivery:{delivery_id}"))
        for delivery_id, fields in zip(ids, pipe.execute(), strict=True):
            if fields:
                yield _read_delivery(delivery_id, fields)

    def _key(self, trigger: str, part: str) -> str:
        return f"{self._prefix}hook:{trigger}:{part}"


def _read_delivery(delivery_id: str, fields: Mapping[bytes, bytes]) -> Delivery:
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    return Delivery.model_validate({"id": delivery_id, **texts, "headers": json.loads(texts["headers"])})
