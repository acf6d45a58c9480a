"""Remarks on runs in Redis: one list a run, written by one script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.exceptions import WatchError

from fluxagents.flows.events import Frozen
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.people.remarks import REMARK, Comment, Rating, Remark, RemarkBody, RunRemark, Watch
from fluxagents.workers.redis.people.audit_log import record_arguments
from fluxagents.workers.redis.scripts import register_script

_MARK_READ = """
local before = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
if tonumber(ARGV[2]) > before then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
"""


class RedisRemarkBook:
    """As `fluxagents.flows.ports.remark_book.RemarkBook`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._append = register_script(redis, "audit", "append_remark")
        self._mark_read = redis.register_script(_MARK_READ)

    def append(
        self,
        run_id: str,
        session: str,
        *,
        by: str,
        on: str,
        body: RemarkBody,
        after: int,
        record: AuditRecord,
    ) -> Remark | None:
        draft = Remark(number=after + 1, at_ms=0, by=by, on=on, body=body)
        act, content = record_arguments(record)
        document: dict[str, Any] = {"run": run_id, "session": session, "after": after, "content": content}
        if isinstance(body, Comment) and body.mentions:
            document["mentions"] = body.mentions
        if isinstance(body, Watch):
            document |= {"watcher": by, "is_on": body.is_on}
        text = draft.model_dump_json(exclude={"number", "at_ms"})
        answer = self._append(keys=[self._prefix], args=[json.dumps(document), text.removeprefix("{"), act])
        if not answer:
            return None
        return draft.model_copy(update={"at_ms": int(answer[1])})

    def of(self, run_id: str) -> tuple[Remark, ...]:
        return self.of_many([run_id])[0]

    def of_many(self, run_ids: Sequence[str]) -> list[tuple[Remark, ...]]:
        if not run_ids:
            return []
        pipe = self._redis.pipeline(transaction=False)
        pipe.hmget(f"{self._prefix}ratings", list(run_ids))
        for run_id in run_ids:
            pipe.lrange(self._key(run_id), 0, -1)
        early, *lists = pipe.execute()
        return [
            (*_read_early_rating(rating), *map(REMARK.validate_json, lines))
            for rating, lines in zip(early, lists, strict=True)
        ]

    def count(self, run_id: str) -> int:
        number: int = self._redis.llen(self._key(run_id))
        return number

    def put_back(self, run_id: str, remarks: Sequence[Remark]) -> bool:
        lines = [remark.model_dump_json() for remark in remarks]
        with self._redis.pipeline() as pipe:
            pipe.watch(self._key(run_id))  # type: ignore[no-untyped-call] # redis is half typed
            if not lines or pipe.exists(self._key(run_id)):
                return False
            pipe.multi()
            pipe.rpush(self._key(run_id), *lines)
            try:
                pipe.execute()
            except WatchError:
                return False
        return True

    def mentions(self, names: Sequence[str], *, limit: int) -> list[RunRemark]:
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.xrevrange(f"{self._prefix}mentions:{name}", count=limit)
        places = {
            (fields[b"run"].decode(), int(fields[b"number"])) for rows in pipe.execute() for _, fields in rows
        }
        pipe = self._redis.pipeline(transaction=False)
        for run_id, number in places:
            pipe.lindex(self._key(run_id), number - 1)
        found = [
            RunRemark(run_id, REMARK.validate_json(line))
            for (run_id, _), line in zip(places, pipe.execute(), strict=True)
            if line is not None
        ]
        found.sort(key=lambda each: (each.remark.at_ms, each.run_id, each.remark.number), reverse=True)
        return found[:limit]

    def list_watched(self, person: str) -> list[str]:
        runs: Any = self._redis.smembers(f"{self._prefix}watched:{person}")
        return sorted(run.decode() for run in runs)

    def mark_read(self, person: str, until_ms: int) -> None:
        self._mark_read(keys=[f"{self._prefix}inbox-read"], args=[person, until_ms])

    def read_until(self, person: str) -> int:
        at_ms: Any = self._redis.hget(f"{self._prefix}inbox-read", person)
        return int(at_ms or 0)

    def _key(self, run_id: str) -> str:
        return f"{self._prefix}remarks:{run_id}"


class _EarlyRating(Frozen):
    """The one rating of a run, as the hash `ratings` has it that early versions wrote."""

    stars: int
    by: str
    at_ms: int


def _read_early_rating(text: bytes | None) -> tuple[Remark, ...]:
    if text is None:
        return ()
    early = _EarlyRating.model_validate_json(text)
    return (Remark(number=0, at_ms=early.at_ms, by=early.by, body=Rating(stars=early.stars)),)
