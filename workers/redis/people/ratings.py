"""What humans think of runs, in Redis: a log is closed when its run ends, and opinions come after."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from redis import Redis

from fluxagents.flows.events import Frozen


class Rating(Frozen):
    """How good a run was, 5 at best; who said so, and when (Unix time in ms)."""

    stars: int = Field(ge=1, le=5)
    by: str
    at_ms: int


class RedisRatings:
    """One rating per run; a later one takes its place.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._key = f"{prefix}ratings"

    def rate(self, run_id: str, rating: Rating) -> None:
        self._redis.hset(self._key, run_id, rating.model_dump_json())

    def of(self, run_ids: Sequence[str]) -> dict[str, Rating]:
        """The ratings of those of the runs that have one."""
        if not run_ids:
            return {}
        texts: list[bytes | None] = self._redis.hmget(self._key, list(run_ids))  # type: ignore[assignment]
        return {
            run_id: Rating.model_validate_json(text)
            for run_id, text in zip(run_ids, texts, strict=True)
            if text
        }
