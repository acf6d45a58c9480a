"""10,000 sessions in the store: memory, a page of the list, and the way to the archive and back."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from redis import Redis
from tests.support.story import whole

from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.ports.session import SessionBudget, SessionEntry, SessionRecord
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.sessions.session_archive import ArchivedSession, archive_runs, restore_runs
from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.redis.runs.run_store import RedisRunStore

SESSIONS = 10_000
MOVED = 300
"""Sessions that are archived and brought back, one run each."""


def lines(redis: Redis, folder: Path, sessions: int = SESSIONS, moved: int = MOVED) -> Iterator[str]:
    """What was measured."""
    archive = Archive(str(folder / "sessions-bench"))
    store = RedisRunStore(redis, prefix="many:", archive=archive)
    before = _used_bytes(redis)
    names = [f"survey-{number:05}" for number in range(sessions)]
    for number, name in enumerate(names):
        record = SessionRecord(
            name=name,
            owner="ada",
            label="A survey",
            budget=SessionBudget(tokens=10_000),
            created_ms=1 + number,
        )
        store.sessions.add(record)
    per_session = (_used_bytes(redis) - before) / sessions
    for first in range(0, sessions, 200):
        store.create_many([_build_run(name) for name in names[first : first + 200]])
    with_runs = (_used_bytes(redis) - before) / sessions
    yield (
        f"memory per session                   {per_session:8.0f} bytes   "
        f"with a small run {with_runs:.0f} bytes"
    )
    pages = [
        _time(lambda offset=offset: store.sessions.page("open", limit=50, offset=offset))
        for offset in range(0, sessions, sessions // 20)
    ]
    yield f"a page of 50 of {sessions:,}             {statistics.median(pages) * 1_000:8.1f} ms"
    entries = [entry for name in names[:moved] if (entry := store.sessions.get(name))]
    archived: list[ArchivedSession] = []
    out = [_time(lambda entry=entry: archived.append(_archive(store, archive, entry))) for entry in entries]
    yield (
        f"a session of one run to the archive  {statistics.median(out) * 1_000:8.1f} ms   "
        f"slowest {max(out) * 1_000:.0f} ms"
    )
    back = [_time(lambda each=each: restore_runs(store, archive, each)) for each in archived]
    yield f"one back from the archive            {statistics.median(back) * 1_000:8.1f} ms"


def _archive(store: RedisRunStore, archive: Archive, entry: SessionEntry) -> ArchivedSession:
    return archive_runs(store, archive, entry, store.runs(session=entry.session.name))


def _build_run(session: str) -> tuple[Commit, str]:
    log = whole(uuid4().hex, session=session)
    state = fold(log)
    return Commit(log, state, None), state.model_dump_json()


def _used_bytes(redis: Redis) -> int:
    info: Any = redis.info("memory")
    return int(info["used_memory"])


def _time(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
