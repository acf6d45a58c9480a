"""The firing ledger in Redis: states, histories, and one sorted set of when to look at each."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from redis import Redis

from fluxagents.scheduler.firings.firing import Firing
from fluxagents.scheduler.firings.firing_ledger import MAX_HISTORY


class RedisFiringLedger:
    """As `fluxagents.scheduler.firings.firing_ledger.FiringLedger`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._looks = f"{prefix}looks"
        script = files("fluxagents.workers.redis") / "lua" / "save_firing.lua"
        self._save = redis.register_script(script.read_text())

    def load(self, name: str) -> str | None:
        state: bytes | None = self._redis.get(self._state_key(name))  # type: ignore[assignment]
        return None if state is None else state.decode()

    def save(
        self,
        name: str,
        state: str,
        *,
        before: str | None,
        look_ms: int | None = None,
        firings: Sequence[Firing] = (),
    ) -> bool:
        arguments = (
            name,
            before or "",
            int(before is not None),
            state,
            "" if look_ms is None else look_ms,
            MAX_HISTORY,
            *(firing.model_dump_json(exclude_defaults=True) for firing in firings),
        )
        keys = [self._state_key(name), self._history_key(name), self._looks]
        return bool(self._save(keys=keys, args=arguments))

    def history(self, name: str, *, limit: int = MAX_HISTORY) -> Sequence[Firing]:
        lines: list[bytes] = self._redis.lrange(self._history_key(name), 0, limit - 1)  # type: ignore[assignment]
        return [Firing.model_validate_json(line) for line in lines]

    def find_due(self, now_ms: int, *, limit: int) -> Sequence[str]:
        names: list[bytes] = self._redis.zrangebyscore(self._looks, "-inf", now_ms, start=0, num=limit)  # type: ignore[assignment]
        return [name.decode() for name in names]

    def forget(self, name: str) -> None:
        pipe = self._redis.pipeline()
        pipe.unlink(self._state_key(name), self._history_key(name))
        pipe.zrem(self._looks, name)
        pipe.execute()

    def _state_key(self, name: str) -> str:
        return f"{self._prefix}firing:{name}"

    def _history_key(self, name: str) -> str:
        return f"{self._prefix}firings:{name}"
