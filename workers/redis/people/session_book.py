"""Sessions of browsers on Redis, which forgets them when their time is over."""

from __future__ import annotations

from redis import Redis

from fluxagents.flows.people.sign_in import SignInSession


class RedisSessionBook:
    """Sessions in Redis under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = f"{prefix}sign-in:"
        self._people = f"{prefix}sign-ins-of:"

    def open(self, digest: str, session: SignInSession) -> None:
        of_person = self._people + session.name
        pipe = self._redis.pipeline()
        pipe.set(self._prefix + digest, session.model_dump_json(), pxat=session.expires_ms)
        pipe.sadd(of_person, digest)
        pipe.pexpireat(of_person, session.expires_ms, gt=True)
        pipe.pexpireat(of_person, session.expires_ms, nx=True)
        pipe.execute()

    def get(self, digest: str) -> SignInSession | None:
        document: bytes | None = self._redis.get(self._prefix + digest)  # type: ignore[assignment]
        return None if document is None else SignInSession.model_validate_json(document)

    def close(self, digest: str) -> bool:
        return bool(self._redis.delete(self._prefix + digest))

    def close_all_of(self, name: str) -> None:
        digests: set[bytes] = self._redis.smembers(self._people + name)  # type: ignore[assignment]
        self._redis.delete(self._people + name, *(self._prefix + digest.decode() for digest in digests))
