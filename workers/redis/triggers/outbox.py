"""Outboxes in Redis: one Lua script for each thing that must be atomic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Generic

from pydantic import TypeAdapter
from redis import Redis

from fluxagents.scheduler.outbox.message import Attempt, Message
from fluxagents.scheduler.outbox.outbox import MAX_FLYING, MAX_LOG, Claim, E
from fluxagents.scheduler.outbox.retries import Response, Verdict
from fluxagents.workers.redis.scripts import register_script

KEPT_MS = 7 * 86_400_000
"""How long a message is kept that is done; as long a repeated event is known to be one."""

LISTED_MS = 14 * 86_400_000
"""How long its id is listed: three days of attempts, and the time above."""

PAGE = 200


class RedisOutbox(Generic[E]):
    """As `fluxagents.scheduler.outbox.outbox.Outbox`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        receiver: Reads and writes a receiver as JSON.
        family: What its keys are called beneath the prefix, in the singular.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, receiver: TypeAdapter[E], *, family: str, prefix: str = "flux:") -> None:
        self._redis = redis
        self._receiver = receiver
        self._family = family
        self._prefix = prefix
        self._keys = (prefix, family)
        self._endpoints = f"{prefix}{family}s"
        self._put = register_script(redis, "outbox", "outbox_put")
        self._claim = register_script(redis, "outbox", "outbox_claim")
        self._change = register_script(redis, "outbox", "outbox_change")
        self._settle = register_script(redis, "metrics", "outbox", "outbox_settle")
        self._resend = register_script(redis, "outbox", "outbox_resend")
        self._fail = register_script(redis, "outbox", "outbox_fail")
        self._withdraw = register_script(redis, "outbox", "outbox_withdraw")

    def add(self, endpoint: E, *, replace: bool = False) -> bool:
        if not replace:
            return bool(self._redis.hsetnx(self._endpoints, endpoint.name, self._dump(endpoint)))
        self.remove(endpoint.name)
        self._redis.hset(self._endpoints, endpoint.name, self._dump(endpoint))
        return True

    def get(self, name: str) -> E | None:
        text: bytes | None = self._redis.hget(self._endpoints, name)  # type: ignore[assignment]
        return None if text is None else self._receiver.validate_json(text)

    def list(self) -> Sequence[E]:
        texts: list[bytes] = self._redis.hvals(self._endpoints)  # type: ignore[assignment]
        return sorted((self._receiver.validate_json(text) for text in texts), key=attrgetter("name"))

    def change(self, before: E, after: E) -> bool:
        arguments = (before.name, self._dump(before), self._dump(after))
        return bool(self._change(keys=self._keys, args=arguments))

    def remove(self, name: str) -> bool:
        listed = self._key(name, "messages")
        ids: list[bytes] = self._redis.zrange(listed, 0, -1)  # type: ignore[assignment]
        pipe = self._redis.pipeline()
        pipe.hdel(self._endpoints, name)
        for message_id in ids:
            pipe.unlink(self._key(name, message_id.decode()))
        for part in ("messages", "due", "flying", "attempts"):
            pipe.unlink(self._key(name, part))
        return bool(pipe.execute()[0])

    def put(self, messages: Sequence[Message]) -> int:
        count = 0
        by_endpoint = sorted(messages, key=attrgetter("endpoint"))
        for name, group in groupby(by_endpoint, key=attrgetter("endpoint")):
            own = list(group)
            for first in range(0, len(own), PAGE):
                texts = [
                    text
                    for message in own[first : first + PAGE]
                    for text in (message.id, message.type, message.body, message.created_ms, message.next_ms)
                ]
                count += int(self._put(keys=self._keys, args=[name, LISTED_MS, *texts]))
        return count

    def claim(self, *, limit: int, lease_ms: int) -> Sequence[Claim[E]]:
        rows = self._claim(keys=self._keys, args=[limit, MAX_FLYING, lease_ms, 0])
        return [self._read_claim(row) for row in rows]

    def has_due(self) -> bool:
        return bool(self._claim(keys=self._keys, args=[1, MAX_FLYING, 0, 1]))

    def settle(self, claim: Claim[E], response: Response, verdict: Verdict, *, at_ms: int) -> None:
        record = Attempt(
            message_id=claim.message.id,
            type=claim.message.type,
            attempt=claim.attempt,
            at_ms=at_ms,
            duration_ms=response.duration_ms,
            status=response.status,
            error=response.error,
            outcome=verdict.outcome,
        )
        arguments = (
            claim.endpoint.name,
            claim.message.id,
            claim.attempt,
            record.model_dump_json(),
            verdict.outcome,
            verdict.next_ms,
            str(response),
            response.receipt,
            KEPT_MS,
            MAX_LOG,
        )
        self._settle(keys=self._keys, args=arguments)

    def withdraw(self, endpoint: str, message_id: str) -> bool:
        return bool(self._withdraw(keys=self._keys, args=[endpoint, message_id, KEPT_MS]))

    def fail(self, endpoint: str, message_id: str, why: str) -> bool:
        return bool(self._fail(keys=self._keys, args=[endpoint, message_id, why]))

    def resend(self, endpoint: str, message_id: str) -> bool:
        return bool(self._resend(keys=self._keys, args=[endpoint, message_id]))

    def message(self, endpoint: str, message_id: str) -> Message | None:
        return next(self._load(endpoint, [message_id]), None)

    def messages(self, endpoint: str, *, limit: int) -> Sequence[Message]:
        listed = self._key(endpoint, "messages")
        ids: list[bytes] = self._redis.zrevrange(listed, 0, limit - 1)  # type: ignore[assignment]
        return list(self._load(endpoint, [message_id.decode() for message_id in ids]))

    def attempts(self, endpoint: str, *, limit: int) -> Sequence[Attempt]:
        lines: list[bytes] = self._redis.lrange(self._key(endpoint, "attempts"), 0, limit - 1)  # type: ignore[assignment]
        return [Attempt.model_validate_json(line) for line in lines]

    def count_pending(self, endpoint: str) -> int:
        count: int = self._redis.zcard(self._key(endpoint, "due"))
        return count

    def _load(self, endpoint: str, ids: Sequence[str]) -> Iterator[Message]:
        """The messages of these ids that are kept, in one round trip."""
        pipe = self._redis.pipeline(transaction=False)
        for message_id in ids:
            pipe.hgetall(self._key(endpoint, message_id))
        for message_id, fields in zip(ids, pipe.execute(), strict=True):
            if fields:
                yield _read_message(endpoint, message_id, fields)

    def _dump(self, endpoint: E) -> str:
        return self._receiver.dump_json(endpoint).decode()

    def _read_claim(self, row: Sequence[bytes | int]) -> Claim[E]:
        """A message as `outbox_claim.lua` returns it."""
        name, endpoint, message_id, event_type, body, created_ms, attempt, settled = (
            part.decode() if isinstance(part, bytes) else part for part in row
        )
        message = Message.model_validate(
            {"endpoint": name, "id": message_id, "type": event_type, "body": body, "created_ms": created_ms}
        )
        return Claim(
            self._receiver.validate_json(str(endpoint)),
            message,
            attempt=int(attempt),
            is_doubtful=int(attempt) > int(settled) + 1,
        )

    def _key(self, endpoint: str, part: str) -> str:
        return f"{self._prefix}{self._family}:{endpoint}:{part}"


def _read_message(endpoint: str, message_id: str, fields: Mapping[bytes, bytes]) -> Message:
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    texts.pop("settled", None)
    return Message.model_validate({"endpoint": endpoint, "id": message_id, **texts})
