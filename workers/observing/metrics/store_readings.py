"""Gauges that are read from Redis when somebody scrapes: their cost does not grow with the number of runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

from redis import Redis

from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.state import STATUSES
from fluxagents.tasks.ports.refused_messages import Refusal
from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.amounts import TraceMark, read_trace_mark
from fluxagents.workers.observing.metrics.exposition import Reading
from fluxagents.workers.observing.metrics.node_figures import add_up_processes, figures_key, read_figures
from fluxagents.workers.observing.metrics.request_marks import read_marks

FAMILIES = ("webhook", "channel")
"""Of outboxes."""

MAX_SCHEDULES = 100
"""Schedules that are shown, those that are due first in front: every one has a series."""

MAX_MESSAGES = 200
"""Of each receiver, the next ones that are due, of which the oldest is looked for."""

TIME_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")
"""Of a time, as redbeat keeps it."""

COUNTS_KEY = "metrics"
EXEMPLARS_KEY = "exemplars"


@dataclass(frozen=True, slots=True)
class Queue:
    """A lane, and how many tasks of it the live workers carry out at once."""

    name: str
    slots: int


class StoreReadings:
    """Reads an installation.

    Args:
        redis: A client that decodes its answers.
        prefix: What every key begins with.
        clock: The time of Redis.
    """

    def __init__(self, redis: Redis, *, prefix: str, clock: Clock) -> None:
        self._redis: Any = redis
        self._prefix = prefix
        self._clock = clock

    def counts(self) -> dict[str, int]:
        """What was counted, by series."""
        counted: dict[str, str] = self._redis.hgetall(f"{self._prefix}{COUNTS_KEY}")
        return {series: int(count) for series, count in counted.items()}

    def exemplars(self) -> dict[str, TraceMark]:
        """The latest trace of each bucket that has one."""
        kept: dict[str, str] = self._redis.hgetall(f"{self._prefix}{EXEMPLARS_KEY}")
        return {series: read_trace_mark(text) for series, text in kept.items()}

    def read(self, queues: Sequence[Queue]) -> Iterator[Reading]:
        """All gauges."""
        now_ms = self._clock.now_ms()
        yield from self._read_runs()
        yield from self._read_queues(queues, now_ms)
        yield from self._read_requests(now_ms)
        yield from self._read_schedules(now_ms)
        yield from self._read_outboxes(now_ms)
        yield from self._read_nodes(now_ms)
        yield from self._read_server()

    def _read_runs(self) -> Iterator[Reading]:
        pipe = self._redis.pipeline(transaction=False)
        for status in STATUSES:
            pipe.zcard(f"{self._prefix}status:{status}")
        pipe.zcard(f"{self._prefix}timers")
        pipe.scard(f"{self._prefix}leases")
        pipe.smembers(f"{self._prefix}held-queues")
        pipe.hgetall(f"{self._prefix}refused")
        *counts, timers, leases, held, refused = pipe.execute()
        for status, count in zip(STATUSES, counts, strict=True):
            yield Reading(m.RUNS, (status,), count)
        yield Reading(m.SLEEPING, ("timer",), timers)
        yield Reading(m.SLEEPING, ("turn",), self._count_held(held))
        yield Reading(m.LEASES, (), leases)
        for reason in get_args(Refusal):
            yield Reading(m.MESSAGES_REFUSED, (reason,), int(refused.get(reason, 0)))

    def _count_held(self, queues: Sequence[str]) -> int:
        """How many first steps wait for their turn, in lists of persons, of sessions, of runs."""
        lists = [f"{self._prefix}held:{queue}" for queue in sorted(queues)]
        for _ in range(2):
            pipe = self._redis.pipeline(transaction=False)
            for name in lists:
                pipe.zrange(name, 0, -1)
            lists = [
                f"{name}|{each}" for name, names in zip(lists, pipe.execute(), strict=True) for each in names
            ]
        pipe = self._redis.pipeline(transaction=False)
        for name in lists:
            pipe.zcard(name)
        return sum(pipe.execute())

    def _read_queues(self, queues: Sequence[Queue], now_ms: int) -> Iterator[Reading]:
        pipe = self._redis.pipeline(transaction=False)
        for queue in queues:
            pipe.llen(queue.name)
            pipe.zcard(f"{self._prefix}due:{queue.name}")
            pipe.zrange(f"{self._prefix}due:{queue.name}", 0, 0)
        pipe.hlen("unacked")
        *answers, unacked = pipe.execute()
        rows = [answers[at : at + 3] for at in range(0, len(answers), 3)]
        pipe = self._redis.pipeline(transaction=False)
        for _, _, first in rows:
            pipe.hget(f"{self._prefix}run:{first[0] if first else ''}", "dispatched_ms")
        for queue, (messages, due, _), dispatched_ms in zip(queues, rows, pipe.execute(), strict=True):
            age_s = max(0.0, (now_ms - int(dispatched_ms)) / 1_000) if dispatched_ms else 0.0
            yield Reading(m.QUEUE_MESSAGES, (queue.name,), messages)
            yield Reading(m.QUEUE_DUE, (queue.name,), due)
            yield Reading(m.QUEUE_OLDEST, (queue.name,), age_s)
            yield Reading(m.QUEUE_SLOTS, (queue.name,), queue.slots)
        yield Reading(m.UNACKED, (), unacked)

    def _read_requests(self, now_ms: int) -> Iterator[Reading]:
        pipe = self._redis.pipeline(transaction=False)
        pipe.hvals(f"{self._prefix}request-marks")
        pipe.zrange(f"{self._prefix}requests", 0, 0, withscores=True)
        marks, oldest = pipe.execute()
        waiting: Counter[tuple[str, str]] = Counter()
        overdue: Counter[tuple[str, str]] = Counter()
        for mark in read_marks(marks):
            labels = (mark.kind, str(mark.level))
            waiting[labels] += 1
            overdue[labels] += mark.is_overdue(now_ms)
        for labels in sorted({("approval", "0"), ("question", "0"), ("escalation", "0"), *waiting}):
            yield Reading(m.REQUESTS_WAITING, labels, waiting[labels])
            yield Reading(m.REQUESTS_OVERDUE, labels, overdue[labels])
        age_s = (now_ms - oldest[0][1]) / 1_000 if oldest else 0.0
        yield Reading(m.REQUEST_OLDEST, (), max(0.0, age_s))

    def _read_schedules(self, now_ms: int) -> Iterator[Reading]:
        base = f"{self._prefix}redbeat:"
        pipe = self._redis.pipeline(transaction=False)
        pipe.pttl(f"{base}:lock")
        pipe.zrange(f"{base}:schedule", 0, MAX_SCHEDULES - 1, withscores=True)
        lock_ms, entries = pipe.execute()
        yield Reading(m.BEAT_UP, (), float(lock_ms > 0))
        pipe = self._redis.pipeline(transaction=False)
        for key, _ in entries:
            pipe.hget(key, "meta")
        for (key, due_s), meta in zip(entries, pipe.execute(), strict=True):
            name = (key.removeprefix(base),)
            yield Reading(m.SCHEDULE_OVERDUE, name, max(0.0, now_ms / 1_000 - due_s))
            if (last_tick_s := _find_last_tick(meta)) is not None:
                yield Reading(m.SCHEDULE_LAST_TICK, name, last_tick_s)

    def _read_outboxes(self, now_ms: int) -> Iterator[Reading]:
        for family in FAMILIES:
            names = self._redis.hkeys(f"{self._prefix}{family}s")
            pipe = self._redis.pipeline(transaction=False)
            for name in names:
                pipe.zcard(f"{self._prefix}{family}:{name}:due")
                pipe.zrange(f"{self._prefix}{family}:{name}:due", 0, MAX_MESSAGES - 1)
            answers = pipe.execute()
            counts, ids = answers[::2], answers[1::2]
            pipe = self._redis.pipeline(transaction=False)
            for name, its_ids in zip(names, ids, strict=True):
                for message in its_ids:
                    pipe.hget(f"{self._prefix}{family}:{name}:{message}", "created_ms")
            created_ms = [int(text) for text in pipe.execute() if text]
            age_s = (now_ms - min(created_ms)) / 1_000 if created_ms else 0.0
            yield Reading(m.OUTBOX_PENDING, (family,), sum(counts))
            yield Reading(m.OUTBOX_OLDEST, (family,), max(0.0, age_s))

    def _read_nodes(self, now_ms: int) -> Iterator[Reading]:
        key = figures_key(self._prefix)
        live, gone = read_figures(self._redis.hgetall(key), now_ms / 1_000)
        if gone:
            self._redis.hdel(key, *gone)
        for figures in add_up_processes(live):
            yield from figures.readings()

    def _read_server(self) -> Iterator[Reading]:
        info: Mapping[str, Any] = self._redis.info()
        limit = int(info.get("maxmemory") or info.get("total_system_memory") or 0)
        is_aof_ok = bool(int(info.get("aof_enabled", 0))) and info.get("aof_last_write_status", "ok") == "ok"
        yield Reading(m.REDIS_MEMORY, (), float(info["used_memory"]))
        yield Reading(m.REDIS_MEMORY_LIMIT, (), float(limit))
        yield Reading(m.REDIS_AOF, (), float(is_aof_ok))
        yield Reading(m.REDIS_CLIENTS, (), float(info["connected_clients"]))
        yield Reading(m.REDIS_COMMANDS, (), float(info["total_commands_processed"]))
        yield Reading(m.REDIS_REPLICAS, (), float(info.get("connected_slaves", 0)))


def _find_last_tick(meta: str | None) -> float | None:
    """When redbeat fired an entry (Unix time in s); None if it never did."""
    last = json.loads(meta or "{}").get("last_run_at")
    if not isinstance(last, dict):
        return None
    # Beat keeps times in UTC: see `timezone` of the application.
    parts = {name: int(last[name]) for name in TIME_PARTS}
    return datetime(**parts, tzinfo=UTC).timestamp()
