"""The webhook outbox in Redis: one Lua script for each thing that must be atomic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from redis import Redis

from fluxagents.scheduler.webhooks.endpoint import Endpoint
from fluxagents.scheduler.webhooks.message import Attempt, Message
from fluxagents.scheduler.webhooks.outbox import MAX_FLYING, MAX_LOG, Claim
from fluxagents.scheduler.webhooks.retries import Response, Verdict
from fluxagents.workers.redis.scripts import register_script

KEPT_MS = 7 * 86_400_000
"""How long a message is kept that is done; as long a repeated event is known to be one."""

LISTED_MS = 14 * 86_400_000
"""How long its id is listed: three days of attempts, and the time above."""

PAGE = 200


class RedisWebhookOutbox:
    """As `fluxagents.scheduler.webhooks.outbox.WebhookOutbox`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._endpoints = f"{prefix}webhooks"
        self._put = register_script(redis, "webhooks", "webhook_put")
        self._claim = register_script(redis, "webhooks", "webhook_claim")
        self._change = register_script(redis, "webhooks", "webhook_change")
        self._settle = register_script(redis, "webhooks", "webhook_settle")
        self._resend = register_script(redis, "webhooks", "webhook_resend")

    def add(self, endpoint: Endpoint, *, replace: bool = False) -> bool:
        if not replace:
            return bool(self._redis.hsetnx(self._endpoints, endpoint.name, endpoint.model_dump_json()))
        self.remove(endpoint.name)
        self._redis.hset(self._endpoints, endpoint.name, endpoint.model_dump_json())
        return True

    def get(self, name: str) -> Endpoint | None:
        text: bytes | None = self._redis.hget(self._endpoints, name)  # type: ignore[assignment]
        return None if text is None else Endpoint.model_validate_json(text)

    def list(self) -> Sequence[Endpoint]:
        texts: list[bytes] = self._redis.hvals(self._endpoints)  # type: ignore[assignment]
        return sorted((Endpoint.model_validate_json(text) for text in texts), key=attrgetter("name"))

    def change(self, before: Endpoint, after: Endpoint) -> bool:
        arguments = (before.name, before.model_dump_json(), after.model_dump_json())
        return bool(self._change(keys=[self._prefix], args=arguments))

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
                    for text in (message.id, message.type, message.body, message.created_ms)
                ]
                count += int(self._put(keys=[self._prefix], args=[name, LISTED_MS, *texts]))
        return count

    def claim(self, *, limit: int, lease_ms: int) -> Sequence[Claim]:
        rows = self._claim(keys=[self._prefix], args=[limit, MAX_FLYING, lease_ms, 0])
        return [_read_claim(row) for row in rows]

    def has_due(self) -> bool:
        return bool(self._claim(keys=[self._prefix], args=[1, MAX_FLYING, 0, 1]))

    def settle(self, claim: Claim, response: Response, verdict: Verdict, *, at_ms: int) -> None:
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
            KEPT_MS,
            MAX_LOG,
        )
        self._settle(keys=[self._prefix], args=arguments)

    def resend(self, endpoint: str, message_id: str) -> bool:
        return bool(self._resend(keys=[self._prefix], args=[endpoint, message_id]))

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

    def _key(self, endpoint: str, part: str) -> str:
        return f"{self._prefix}webhook:{endpoint}:{part}"


def _read_message(endpoint: str, message_id: str, fields: Mapping[bytes, bytes]) -> Message:
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    return Message.model_validate({"endpoint": endpoint, "id": message_id, **texts})


def _read_claim(row: Sequence[bytes | int]) -> Claim:
    """A message as `webhook_claim.lua` returns it."""
    name, endpoint, message_id, event_type, body, created_ms, attempt = (
        part.decode() if isinstance(part, bytes) else part for part in row
    )
    message = Message.model_validate(
        {"endpoint": name, "id": message_id, "type": event_type, "body": body, "created_ms": created_ms}
    )
    return Claim(Endpoint.model_validate_json(str(endpoint)), message, attempt=int(attempt))
