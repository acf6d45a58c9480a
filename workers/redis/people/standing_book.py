"""Standing approvals on Redis: a hash of what was granted, one of what was revoked, and the uses of each."""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis

from fluxagents.flows.humans.standing import StandingApproval
from fluxagents.workers.redis.scripts import register_script


class RedisStandingBook:
    """Standing approvals in Redis under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._approvals = f"{prefix}standing"
        self._revoked = f"{prefix}standing-revoked"
        self._use = register_script(redis, "use_standing")

    def add(self, approval: StandingApproval) -> None:
        self._redis.hset(self._approvals, approval.id, approval.model_dump_json())

    def find(self, approval_id: str) -> StandingApproval | None:
        pipe = self._redis.pipeline()
        pipe.hget(self._approvals, approval_id)
        pipe.hget(self._revoked, approval_id)
        document, revoked = pipe.execute()
        return None if document is None else _read(document, revoked)

    def list(self, session: str = "") -> Sequence[StandingApproval]:
        pipe = self._redis.pipeline()
        pipe.hgetall(self._approvals)
        pipe.hgetall(self._revoked)
        documents, revoked = pipe.execute()
        approvals = [_read(document, revoked.get(name)) for name, document in documents.items()]
        found = [each for each in approvals if session in {"", each.session}]
        return sorted(found, key=lambda each: (-each.created_ms, each.id))

    def uses(self, approval_ids: Sequence[str]) -> Sequence[tuple[str, ...]]:
        pipe = self._redis.pipeline()
        for approval_id in approval_ids:
            pipe.zrange(self._uses_of(approval_id), 0, -1)
        return [tuple(name.decode() for name in names) for names in pipe.execute()]

    def use(self, approval_id: str, request: str, at_ms: int) -> bool:
        approval = self.find(approval_id)
        if approval is None:
            return False
        return bool(
            self._use(
                keys=[self._prefix],
                args=[approval_id, request, at_ms, approval.until_ms, approval.max_uses],
            )
        )

    def revoke(self, approval_id: str, at_ms: int) -> bool:
        exists = self._redis.hexists(self._approvals, approval_id)
        return bool(exists and self._redis.hsetnx(self._revoked, approval_id, str(at_ms)))

    def _uses_of(self, approval_id: str) -> str:
        return f"{self._prefix}standing-uses:{approval_id}"


def _read(document: bytes, revoked: bytes | None) -> StandingApproval:
    approval = StandingApproval.model_validate_json(document)
    return approval.model_copy(update={"revoked_ms": int(revoked or 0)})
