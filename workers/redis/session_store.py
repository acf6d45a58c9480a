"""Sessions and quotas in Redis: kept here, and held to by the scripts of the run store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.exceptions import WatchError

from fluxagents.flows.ports.session import (
    SESSION_STATUSES,
    PersonQuota,
    SessionEntry,
    SessionRecord,
    SessionStatus,
    SessionUsage,
)
from fluxagents.scheduler.runs.run_ids import time_in
from fluxagents.workers.redis.scripts import register_script

SCAN_PAGE = 1_000
"""Keys of one round trip while sessions of early versions are sought."""


class RedisSessionStore:
    """As `fluxagents.flows.ports.session_store.SessionStore`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._save = register_script(redis, "save_session")

    def add(self, session: SessionRecord) -> bool:
        return self._write(session, is_new=True)

    def save(self, session: SessionRecord) -> None:
        self._write(session, is_new=False)

    def replace(self, before: SessionRecord, after: SessionRecord) -> bool:
        with self._redis.pipeline() as pipe:
            pipe.watch(f"{self._prefix}session-records")  # type: ignore[no-untyped-call] # redis is half typed
            if self._entries([before.name])[0].session != before:
                return False
            pipe.multi()
            self._write(after, is_new=False, client=pipe)
            try:
                pipe.execute()
            except WatchError:
                return False
        return True

    def _write(self, session: SessionRecord, *, is_new: bool, client: Redis | None = None) -> bool:
        limits: dict[str, int | str] = dict(session.budget.amounts())
        if session.status != "open":
            limits["status"] = session.status
        if session.weight != 1:
            limits["weight"] = str(session.weight)
        document = {
            "name": session.name,
            "status": session.status,
            "active_ms": session.created_ms,
            "record": session.model_dump_json(exclude_defaults=True),
            "limits": limits,
            "is_new": is_new,
        }
        return bool(self._save(keys=[self._prefix], args=[json.dumps(document)], client=client))

    def get(self, name: str) -> SessionEntry | None:
        entry = self._entries([name])[0]
        if entry.session.created_ms or entry.active_ms:
            return entry
        # One that only runs of an early version name is in no list yet; a run of its own makes no session.
        is_named = entry.runs > 0 and not self._redis.exists(f"{self._prefix}run:{name}")
        return entry if is_named else None

    def page(self, status: SessionStatus, *, limit: int, offset: int = 0) -> Sequence[SessionEntry]:
        self._list_early_sessions()
        names: Any = self._redis.zrevrange(self._list_key(status), offset, offset + limit - 1)
        return self._entries([name.decode() for name in names])

    def counts(self) -> dict[SessionStatus, int]:
        self._list_early_sessions()
        pipe = self._redis.pipeline(transaction=False)
        for status in SESSION_STATUSES:
            pipe.zcard(self._list_key(status))
        return dict(zip(SESSION_STATUSES, pipe.execute(), strict=True))

    def set_usage(self, name: str, usage: SessionUsage) -> None:
        key = f"{self._prefix}session-usage:{name}"
        pipe = self._redis.pipeline()
        pipe.delete(key)
        for what, amount in usage.model_dump(exclude_defaults=True).items():
            pipe.hset(key, what, amount)
        pipe.execute()

    def set_quota(self, person: str, quota: PersonQuota) -> None:
        key = f"{self._prefix}person-quota:{person}"
        pipe = self._redis.pipeline()
        pipe.delete(key)
        pipe.srem(f"{self._prefix}person-quotas", person)
        for what, amount in quota.model_dump(exclude_defaults=True).items():
            pipe.hset(key, what, amount)
            pipe.sadd(f"{self._prefix}person-quotas", person)
        pipe.execute()

    def quota(self, person: str) -> PersonQuota:
        stored: Any = self._redis.hgetall(f"{self._prefix}person-quota:{person}")
        return PersonQuota.model_validate(_texts(stored))

    def quotas(self) -> dict[str, PersonQuota]:
        persons: Any = self._redis.smembers(f"{self._prefix}person-quotas")
        return {name: self.quota(name) for name in sorted(person.decode() for person in persons)}

    def _entries(self, names: Sequence[str]) -> list[SessionEntry]:
        """The sessions of these names, in few round trips."""
        if not names:
            return []
        pipe = self._redis.pipeline(transaction=False)
        pipe.hmget(f"{self._prefix}session-records", list(names))
        for name in names:
            pipe.zcard(f"{self._prefix}session:{name}")
            pipe.hgetall(f"{self._prefix}session-usage:{name}")
            for status in SESSION_STATUSES:
                pipe.zscore(self._list_key(status), name)
        records, *rest = pipe.execute()
        width = 2 + len(SESSION_STATUSES)
        return [
            SessionEntry(
                session=_read_record(name, record),
                runs=rest[at],
                usage=SessionUsage.model_validate(_texts(rest[at + 1])),
                active_ms=round(max(score or 0 for score in rest[at + 2 : at + width])),
            )
            for at, (name, record) in zip(
                range(0, len(rest), width), zip(names, records, strict=True), strict=True
            )
        ]

    def _list_early_sessions(self) -> None:
        """List the sessions that only runs of an early version name. Every start lists its own now."""
        marker = f"{self._prefix}sessions:are-listed"
        if self._redis.exists(marker):
            return
        index = f"{self._prefix}session:"
        keys = [key.decode() for key in self._redis.scan_iter(f"{index}*", count=SCAN_PAGE)]
        for first in range(0, len(keys), SCAN_PAGE):
            self._list_named([key.removeprefix(index) for key in keys[first : first + SCAN_PAGE]])
        self._redis.set(marker, 1)

    def _list_named(self, names: Sequence[str]) -> None:
        """List those that are no run of its own, nor the children of one."""
        names = [name for name in names if time_in(name) is None]
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.exists(f"{self._prefix}run:{name}")
            pipe.hexists(f"{self._prefix}session-records", name)
            pipe.zrange(f"{self._prefix}session:{name}", -1, -1, withscores=True)
        rows = pipe.execute()
        for name, is_run, is_made, last in zip(names, rows[::3], rows[1::3], rows[2::3], strict=True):
            if last and not is_run and not is_made:
                pipe.zadd(self._list_key("open"), {name: last[0][1]}, gt=True)
        pipe.execute()

    def _list_key(self, status: SessionStatus) -> str:
        return f"{self._prefix}sessions:{status}"


def _read_record(name: str, record: bytes | None) -> SessionRecord:
    return SessionRecord(name=name) if record is None else SessionRecord.model_validate_json(record)


def _texts(stored: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in stored.items()}
