"""The run store on Redis: one Lua script for each thing that must be atomic."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count, islice
from secrets import token_hex
from time import monotonic, sleep
from typing import Any

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ResponseError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, RunStarted
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_json
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.ports.claim import Claim, ClaimStatus
from fluxagents.flows.ports.commit import Commit, CommitResult, CommitStatus
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.ports.run_store import RequestPlace, RunPlace, require_start, unknown_flow, unknown_run
from fluxagents.flows.ports.session import describe_excess, explain_refused_start
from fluxagents.flows.state import ENDED, STATUSES, RunState, Status, state_from_json
from fluxagents.prompts.statistics.costs import Prices
from fluxagents.scheduler.runs.run_ids import time_in
from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.observing.metrics.amounts import Amounts, Tally
from fluxagents.workers.observing.metrics.commit_counts import count_commit
from fluxagents.workers.redis.people.audit_log import RedisAuditLog, record_arguments
from fluxagents.workers.redis.people.remark_book import RedisRemarkBook
from fluxagents.workers.redis.refusals import WriteRefusedError, explain_refusal
from fluxagents.workers.redis.runs.outgoing_rows import build_outgoing, read_outgoing
from fluxagents.workers.redis.runs.step_document import ScriptArguments, build_step_document
from fluxagents.workers.redis.scripts import register_script
from fluxagents.workers.redis.sentinel.replicas import Replicas
from fluxagents.workers.redis.session_store import RedisSessionStore

PATIENCE_S = 600.0
"""How long a step that was carried out waits to be recorded while Redis cannot write."""
PAUSE_S = 0.5

NAME_TAKEN = -2
"""What `create.lua` answers when the keys of a new run are not free."""

WRITING = ("metrics", "accounts", "audit", "dispatches", "shares", "write_step")
"""The shared parts of scripts that write steps."""

INDEX_PAGE = 500
"""Entries of an index in one round trip."""


class RedisRunStore:
    """Runs in Redis under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
        archive: Where runs go that leave Redis; they are read there, and never begin anew.
        replicas: How many replicas of Redis must have a step before it counts as recorded.
        prices: Of chat models, by which money is counted.
        tally: What this process counted; it is stored with the next step.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        prefix: str = "flux:",
        archive: Archive | None = None,
        replicas: int = 0,
        prices: Callable[[], Prices | None] = lambda: None,
        tally: Tally | None = None,
    ) -> None:
        self._redis = redis
        self._prices = prices
        self._tally = tally or Tally()
        self._replicas = Replicas(redis, replicas)
        self._prefix = prefix
        self._archive = archive
        self._audit_log = RedisAuditLog(redis, prefix=prefix)
        self._create = self._register(*WRITING, "create")
        self._commit = self._register(*WRITING, "commit")
        self._claim = self._register("metrics", "accounts", "leases", "dispatches", "shares", "claim")
        self._release = self._register("release")
        self._request_pause = self._register("audit", "request_pause")
        self._find_lost_dispatches = self._register("metrics", "leases", "dispatches", "find_lost_dispatches")
        self._wake = self._register("metrics", "dispatches", "shares", "wake")
        self._forget = self._register("forget")
        self._sessions = RedisSessionStore(redis, prefix=prefix)
        self._remarks = RedisRemarkBook(redis, prefix=prefix)

    @property
    def sessions(self) -> RedisSessionStore:
        return self._sessions

    @property
    def audit_log(self) -> RedisAuditLog:
        return self._audit_log

    @property
    def remarks(self) -> RedisRemarkBook:
        return self._remarks

    def _register(self, *names: str) -> Any:
        return register_script(self._redis, *names)

    def _run(self, script: Any, *args: str | int) -> Any:
        with _explain_refusals():
            return script(keys=[self._prefix], args=args)

    def _record(self, run_id: str, *args: str | int) -> Any:
        """Run the script of a commit and wait for replicas."""
        with _explain_refusals():
            return self._replicas.run(self._commit, self._prefix, args, run=run_id)

    def _run_patiently(self, run: Callable[[], Any]) -> Any:
        """Try again, for a process that holds a lease and has nothing else to do while Redis cannot write."""
        deadline = monotonic() + PATIENCE_S
        while True:
            try:
                return run()
            except WriteRefusedError:
                if monotonic() > deadline:
                    raise
            sleep(PAUSE_S)

    def create(self, commit: Commit, state: str) -> Outgoing | None:
        return self.create_many([(commit, state)])[0]

    def create_many(
        self, commits: Sequence[tuple[Commit, str]], *, record: AuditRecord | None = None
    ) -> list[Outgoing | None]:
        """As `create` for each, in one round trip."""
        archived = self._find_archived(commit.state for commit, _ in commits)
        pipe = self._redis.pipeline(transaction=False)
        if record is not None:
            self.audit_log.append_in(pipe, record)
        for commit, state in commits:
            if commit.state.run_id not in archived:
                self._create_in(pipe, commit, state, count_commit(commit, self._prices))
        new = [commit.state.run_id for commit, _ in commits if commit.state.run_id not in archived]
        with _explain_refusals():
            results = self._replicas.execute(pipe, runs=new)[0 if record is None else 1 :]
        states = (commit.state for commit, _ in commits if commit.state.run_id not in archived)
        for started, number in zip(states, results, strict=True):
            if number == NAME_TAKEN:
                raise _name_taken(started.run_id)
            if isinstance(number, list):
                what, used, allowed = number
                raise explain_refused_start(started, what.decode(), used, allowed)
        numbers = iter(results)
        return [
            None if commit.state.run_id in archived else build_outgoing(commit, state, next(numbers))
            for commit, state in commits
        ]

    def put_back(self, commits: Sequence[tuple[Commit, str]]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for commit, state in commits:
            # It was counted when it happened.
            self._create_in(pipe, commit, state, Amounts())
        with _explain_refusals():
            self._replicas.execute(pipe, runs=[commit.state.run_id for commit, _ in commits])

    def _create_in(self, pipe: Pipeline, commit: Commit, state: str, amounts: Amounts) -> None:
        arguments = ScriptArguments()
        document = build_step_document(commit, state, arguments, amounts)
        self._create(keys=[self._prefix], args=arguments.after(document), client=pipe)

    def claim(
        self,
        run_id: str,
        seq: int,
        *,
        digest: str,
        sequence_number: int,
        owner: str,
        max_deliveries: int,
        lease_ms: int,
    ) -> Claim:
        document = {
            "run": run_id,
            "seq": seq,
            "digest": digest,
            "sequence_number": sequence_number,
            "owner": owner,
            "max_deliveries": max_deliveries,
            "lease_ms": lease_ms,
            "nonce": token_hex(8),
        }
        status, *lease = self._run(self._claim, json.dumps(document))
        if not lease:
            return Claim(ClaimStatus(status.decode()))
        fence, state, error, excess, released = lease
        return Claim(
            ClaimStatus(status.decode()),
            fence=fence,
            state=state.decode(),
            last_error=error.decode(),
            excess=_read_excess(*excess) if excess else "",
            released=tuple(map(read_outgoing, released)),
        )

    def commit(self, commit: Commit, state: str, *, fence: int | None, pausing: bool = False) -> CommitResult:
        children = [(child, child.state.model_dump_json()) for child in commit.children]
        arguments = ScriptArguments()
        amounts = count_commit(commit, self._prices)
        tallied = self._tally.take()
        amounts.merge(tallied)
        document = {
            "step": build_step_document(commit, state, arguments, amounts),
            "children": [
                build_step_document(child, text, arguments, count_commit(child, self._prices))
                for child, text in children
            ],
            "pausing": pausing,
        }
        if fence is not None:
            document["fence"] = fence
        record = partial(self._record, commit.state.run_id, *arguments.after(document))
        try:
            answer, *rest = record() if fence is None else self._run_patiently(record)
        except BaseException:
            self._tally.give_back(tallied)
            raise
        status = CommitStatus(answer.decode())
        if status is not CommitStatus.OK:
            self._tally.give_back(tallied)
            return CommitResult(status, pause_by=rest[0].decode() if rest else "")
        sequence_number, interrupted, sequence_numbers, resumed = rest
        started = [
            build_outgoing(child, text, its_number)
            for (child, text), its_number in zip(children, sequence_numbers, strict=True)
        ]
        return CommitResult(
            status,
            outgoing=build_outgoing(commit, state, sequence_number),
            others=(*(outgoing for outgoing in started if outgoing), *map(read_outgoing, resumed)),
            interrupted=interrupted,
        )

    def release(self, run_id: str, seq: int, fence: int, *, error: str) -> bool:
        release = partial(self._run, self._release, run_id, seq, fence, error)
        return bool(self._run_patiently(release))

    def request_pause(self, run_id: str, by: str, *, record: AuditRecord | None = None) -> bool:
        act = () if record is None else record_arguments(record)
        return bool(self._run(self._request_pause, run_id, by, *act))

    def holds(self, run_id: str) -> bool:
        return bool(self._redis.exists(self._key(run_id)))

    def load(self, run_id: str) -> RunState:
        with _explain_wrong_type(run_id):
            state_json: bytes | None = self._redis.hget(self._key(run_id), "state")  # type: ignore[assignment]
        if state_json is None:
            return self._require_archive(run_id).load(run_id)
        return state_from_json(state_json)

    def events(self, run_id: str) -> tuple[Event, ...]:
        with _explain_wrong_type(run_id):
            lines: list[bytes] = self._redis.lrange(f"{self._key(run_id)}:events", 0, -1)  # type: ignore[assignment]
        if not lines:
            return self._require_archive(run_id).events(run_id)
        return history_from_json_lines(lines)

    def _require_archive(self, run_id: str) -> Archive:
        """The archive, for a run that is not in Redis."""
        if self._archive is None:
            raise unknown_run(run_id)
        return self._archive

    def _find_archived(self, states: Iterable[RunState]) -> frozenset[str]:
        """Those that have left Redis. A run is archived before it leaves, so the archive comes last."""
        if self._archive is None:
            return frozenset()
        # An id that was made when its run begins is new.
        named = [state.run_id for state in states if time_in(state.run_id) != state.started_ms]
        if not named:
            return frozenset()
        pipe = self._redis.pipeline(transaction=False)
        for run_id in named:
            pipe.exists(self._key(run_id))
        absent = (run_id for run_id, exists in zip(named, pipe.execute(), strict=True) if not exists)
        return frozenset(run_id for run_id in absent if self._archive.holds(run_id))

    def statuses(self, run_ids: Sequence[str]) -> list[Status]:
        pipe = self._redis.pipeline(transaction=False)
        for run_id in run_ids:
            pipe.hget(self._key(run_id), "status")
        return [
            self._require_archive(run_id).load(run_id).status if status is None else status.decode()
            for run_id, status in zip(run_ids, pipe.execute(), strict=True)
        ]

    def starts_of(self, run_ids: Sequence[str]) -> list[RunStarted]:
        pipe = self._redis.pipeline(transaction=False)
        for run_id in run_ids:
            pipe.lindex(f"{self._key(run_id)}:events", 0)
        first_events = (
            self._require_archive(run_id).events(run_id) if line is None else history_from_json_lines([line])
            for run_id, line in zip(run_ids, pipe.execute(), strict=True)
        )
        return [require_start(events[0]) for events in first_events]

    def runs(
        self,
        *,
        status: Status | None = None,
        session: str | None = None,
        limit: int = 50,
        offset: int = 0,
        after: RunPlace | None = None,
    ) -> list[RunState]:
        newest_first = self._list_ids(status=status, session=session, after=after)
        pipe = self._redis.pipeline(transaction=False)
        for run_id in islice(newest_first, offset, offset + limit):
            pipe.hget(self._key(run_id.decode()), "state")
        states = (state_from_json(state) for state in pipe.execute() if state is not None)
        # A run may have moved on since it was listed.
        return [state for state in states if status is None or state.status == status]

    def _list_ids(
        self, *, status: Status | None, session: str | None, after: RunPlace | None
    ) -> Iterator[bytes]:
        """The runs of a list, the newest first, from the indexes alone."""
        listed = f"{self._prefix}session:{session}" if session else f"{self._prefix}runs"
        if status is None:
            return self._walk(listed, after)
        with_status = f"{self._prefix}status:{status}"
        if self._redis.zcard(listed) < self._redis.zcard(with_status):
            return self._walk(listed, after, also_in=with_status)
        return self._walk(with_status, after, also_in=listed)

    def _walk(self, index: str, after: RunPlace | None, also_in: str = "") -> Iterator[bytes]:
        """The members of an index, and of another one if it is named, a page per round trip."""
        for first in count(self._count_before(index, after), INDEX_PAGE):
            ids: list[bytes] = self._redis.zrevrange(index, first, first + INDEX_PAGE - 1)  # type: ignore[assignment]
            scores = self._redis.zmscore(also_in, ids) if also_in and ids else ids  # type: ignore[arg-type]
            yield from (run_id for run_id, score in zip(ids, scores, strict=True) if score is not None)
            if len(ids) < INDEX_PAGE:
                return

    def _count_before(self, index: str, after: RunPlace | None) -> int:
        """How many members of an index, the newest first, are not after a place."""
        if after is None:
            return 0
        newer: int = self._redis.zcount(index, f"({after.started_ms}", "+inf")
        same: list[bytes] = self._redis.zrangebyscore(index, after.started_ms, after.started_ms)  # type: ignore[assignment]
        # Redis orders members of one score by their bytes.
        return newer + sum(run_id >= after.run_id.encode() for run_id in same)

    def starts(
        self, *, session: str | None = None, since_ms: int | None = None, until_ms: int | None = None
    ) -> dict[str, int]:
        """The runs in Redis and when each started (Unix time in ms), the newest first.

        Args:
            session: Of which; None for all runs of their own.
            since_ms: The earliest start.
            until_ms: The first start that is too late.
        """
        index = f"session:{session}" if session else "runs"
        latest = "+inf" if until_ms is None else f"({until_ms}"
        earliest = "-inf" if since_ms is None else since_ms
        entries: list[tuple[bytes, float]] = self._redis.zrevrangebyscore(  # type: ignore[assignment]
            self._prefix + index, latest, earliest, withscores=True
        )
        return {run_id.decode(): int(started_ms) for run_id, started_ms in entries}

    def logs(self, run_ids: Sequence[str]) -> list[list[bytes]]:
        """The events of runs as they are stored, in one round trip; none for a run that is not in Redis."""
        pipe = self._redis.pipeline(transaction=False)
        for run_id in run_ids:
            pipe.lrange(f"{self._key(run_id)}:events", 0, -1)
        return pipe.execute()

    def counts(self) -> dict[str, int]:
        pipe = self._redis.pipeline(transaction=False)
        for status in STATUSES:
            pipe.zcard(f"{self._prefix}status:{status}")
        return dict(zip(STATUSES, pipe.execute(), strict=True))

    def list_ended_runs(self, *, limit: int, offset: int = 0) -> list[RunState]:
        last = offset + limit - 1
        pipe = self._redis.pipeline(transaction=False)
        for status in ENDED:
            pipe.zrange(f"{self._prefix}status:{status}", 0, last, withscores=True)
        oldest = sorted((score, run_id) for rows in pipe.execute() for run_id, score in rows)
        for _, run_id in oldest[offset : last + 1]:
            pipe.hget(self._key(run_id.decode()), "state")
        return [state_from_json(state) for state in pipe.execute() if state is not None]

    def forget(self, run_id: str, session: str, seq: int | None = None) -> bool:
        return bool(self._run(self._forget, run_id, session, "" if seq is None else seq))

    def requests(self) -> list[tuple[str, HumanRequest]]:
        ids: list[bytes] = self._redis.zrange(f"{self._prefix}requests", 0, -1)  # type: ignore[assignment]
        pipe = self._redis.pipeline(transaction=False)
        for run_id in ids:
            pipe.hget(self._key(run_id.decode()), "request")
        return [
            (run_id.decode(), HumanRequest.model_validate_json(request))
            for run_id, request in zip(ids, pipe.execute(), strict=True)
            if request is not None
        ]

    def requests_after(
        self, place: RequestPlace | None, *, limit: int
    ) -> list[tuple[RequestPlace, HumanRequest]]:
        entries: list[tuple[RequestPlace, HumanRequest]] = []
        while len(entries) < limit:
            places = self._request_places(place, limit)
            pipe = self._redis.pipeline(transaction=False)
            for each in places:
                pipe.hget(self._key(each.run_id), "request")
            entries += [
                (each, HumanRequest.model_validate_json(request))
                for each, request in zip(places, pipe.execute(), strict=True)
                # It may be answered between the two round trips.
                if request is not None
            ]
            if len(places) < limit:
                break
            place = places[-1]
        return entries[:limit]

    def _request_places(self, after: RequestPlace | None, limit: int) -> list[RequestPlace]:
        name, least = f"{self._prefix}requests", after.since_ms if after else 0
        # Those of one millisecond are in the order of their runs, and some of them may be past.
        past = self._redis.zcount(name, least, least) if after else 0
        rows: list[tuple[bytes, float]] = self._redis.zrangebyscore(  # type: ignore[assignment]
            name, least, "+inf", start=0, num=limit + int(past), withscores=True
        )
        places = [RequestPlace(int(score), run_id.decode()) for run_id, score in rows]
        return [each for each in places if after is None or each > after][:limit]

    def beat(self, node: str, pids: Sequence[int], ttl_ms: int) -> None:
        key = f"{self._prefix}node:{node}"
        pipe = self._redis.pipeline()
        pipe.delete(key)
        if pids:
            pipe.hset(key, mapping={str(pid): 1 for pid in pids})
            pipe.pexpire(key, ttl_ms)
        pipe.execute()

    def find_lost_dispatches(self, queue: str, *, idle: bool, grace_ms: int, limit: int) -> list[Outgoing]:
        rows = self._run(self._find_lost_dispatches, queue, int(idle), grace_ms, limit)
        return [read_outgoing(row) for row in rows]

    def wake(self, *, limit: int) -> list[Outgoing]:
        return [read_outgoing(row) for row in self._run(self._wake, limit)]

    def save_flow(self, flow: Flow) -> None:
        self._redis.set(f"{self._prefix}flow:{flow.digest}", flow.model_dump_json(), nx=True)

    def flow(self, digest: str) -> Flow:
        flow_json: bytes | None = self._redis.get(f"{self._prefix}flow:{digest}")  # type: ignore[assignment]
        if flow_json is None:
            raise unknown_flow(digest)
        return flow_from_json(flow_json)

    def _key(self, run_id: str) -> str:
        return f"{self._prefix}run:{run_id}"


@contextmanager
def _explain_refusals() -> Iterator[None]:
    """Say in clear that Redis stores nothing more; a script that is refused has written nothing."""
    try:
        yield
    except ResponseError as error:
        refusal = explain_refusal(error)
        if refusal is None:
            raise
        raise refusal from error


@contextmanager
def _explain_wrong_type(run_id: str) -> Iterator[None]:
    """Say that there is no such run where its id leads to something else, such as the events of another."""
    try:
        yield
    except ResponseError as error:
        if not str(error).startswith("WRONGTYPE"):
            raise
        raise unknown_run(run_id) from error


def _read_excess(session: bytes, what: bytes, used: int, allowed: int) -> str:
    return describe_excess(session.decode(), what.decode(), used, allowed)


def _name_taken(run_id: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"run {run_id!r} cannot begin: a run that an early version stored has the name of one of its keys",
        suggestions=(f"choose another id; `fluxagents runs list` shows the run ({run_id}:…)",),
    )
