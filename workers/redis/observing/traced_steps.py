"""The steps of traced runs, read from the stream that the commit script writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from redis import Redis
from redis.exceptions import LockNotOwnedError

from fluxagents.flows.events import RunStarted
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.flows.ports.event_feed import drop_taken_over
from fluxagents.flows.ports.run_store import require_start
from fluxagents.flows.state import TERMINAL, state_from_json
from fluxagents.workers.observing.traces.traced_step import TracedPage, TracedStep

BEGINNING = "0-0"

Fields = Mapping[bytes, bytes]


class RedisTracedSteps:
    """As `TracedSteps`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._stream = f"{prefix}live"
        self._cursor = f"{prefix}traces:cursor"
        self._turn = f"{prefix}traces:turn"

    def read(self, *, limit: int) -> TracedPage:
        cursor: bytes | None = self._redis.get(self._cursor)  # type: ignore[assignment]
        before = cursor.decode() if cursor else BEGINNING
        rows: list[tuple[bytes, dict[bytes, bytes]]] = self._redis.xrange(  # type: ignore[assignment]
            self._stream, min=f"({before}", count=limit
        )
        traced = [fields for _, fields in rows if b"traced_ms" in fields]
        return TracedPage(
            steps=tuple(self._load(traced)),
            before=before,
            after=rows[-1][0].decode() if rows else before,
            has_gap=cursor is not None and bool(rows) and self._is_trimmed(before),
        )

    def advance(self, page: TracedPage) -> None:
        self._redis.set(self._cursor, page.after)

    @contextmanager
    def take_turn(self, *, within_s: float) -> Iterator[bool]:
        lock = self._redis.lock(self._turn, timeout=within_s, blocking=False)
        is_mine = lock.acquire()
        try:
            yield is_mine
        finally:
            if is_mine:
                # It took too long if another one has the turn now, which sends the same spans.
                with suppress(LockNotOwnedError):
                    lock.release()

    def _is_trimmed(self, before: str) -> bool:
        """Whether the entry at which the last page ended is gone, and so perhaps some after it."""
        return not self._redis.xrange(self._stream, min=before, max=before)

    def _load(self, entries: Sequence[Fields]) -> Iterator[TracedStep]:
        places = [_read_place(fields) for fields in entries]
        runs = list(dict.fromkeys(run for run, _, _ in places))
        pipe = self._redis.pipeline(transaction=False)
        # Many steps of a run follow one another, and its state may be long.
        for run in runs:
            pipe.lindex(self._events_key(run), 0)
        for run in runs:
            pipe.hmget(f"{self._prefix}run:{run}", "status", "seq", "state")
        for run, first, count in places:
            pipe.lrange(self._events_key(run), max(0, first - 1), first + count - 1)
        answers = pipe.execute()
        starts = {
            run: require_start(history_from_json_lines([line])[0])
            for run, line in zip(runs, answers, strict=False)
            if line
        }
        hashes = dict(zip(runs, answers[len(runs) :], strict=False))
        for fields, (run, _, _), lines in zip(entries, places, answers[2 * len(runs) :], strict=True):
            if run in starts and lines:
                yield _build_step(fields, starts[run], lines, hashes[run])

    def _events_key(self, run: str) -> str:
        return f"{self._prefix}run:{run}:events"


def _read_place(fields: Fields) -> tuple[str, int, int]:
    return fields[b"run"].decode(), int(fields[b"first"]), int(fields[b"count"])


def _build_step(
    fields: Fields, start: RunStarted, lines: Sequence[bytes], hash_fields: Sequence[Any]
) -> TracedStep:
    _, first, _ = _read_place(fields)
    found = history_from_json_lines(list(lines))
    before, events = (found[0], found[1:]) if first else (None, found)
    _, own = drop_taken_over(first, events)
    status, seq, state_text = hash_fields
    held_ms = int(fields[b"traced_ms"])
    # A run that has gone on since is ended by a later step.
    is_end = status is not None and status.decode() in TERMINAL and int(seq) == own[-1].seq + 1
    return TracedStep(
        start=start,
        events=own,
        since_ms=before.at_ms if before else own[0].at_ms,
        worker=fields[b"owner"].decode() if held_ms >= 0 else "",
        deliveries=int(fields[b"deliveries"]) if held_ms >= 0 else 0,
        held_ms=max(0, held_ms),
        state=state_from_json(state_text) if is_end else None,
    )
