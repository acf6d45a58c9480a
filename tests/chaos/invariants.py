"""What must hold after any fault, judged from what the store and the outside world hold. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis
from tests.chaos.flows import FLOWS, TOOLS

from fluxagents.flows import events as e
from fluxagents.flows.commands import call_digest
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.tool_flows import build_shard_flow
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.flows.history.replay import replay_run
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import STATUSES, RunState, Status, state_from_json

SETTLED = frozenset({"finished", "failed", "cancelled", "dead"})
EFFECTS = frozenset({"effect", "torn"})
"""Tools that reach the outside world."""
RESULTS = (e.ToolSucceeded, e.ToolFailed, e.RunDeadLettered)


@dataclass(frozen=True, slots=True)
class Record:
    """One run as it is stored."""

    state: RunState
    events: tuple[e.Event, ...]
    fields: frozenset[str]

    @property
    def at_rest(self) -> bool:
        """Whether it has ended, is dead, or waits for a human who was told."""
        return self.state.status in SETTLED or (self.state.status == "waiting" and self.state.notified)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the invariants speak of."""

    started: frozenset[str]
    runs: Mapping[str, Record]
    by_status: Mapping[Status, frozenset[str]]
    leases: frozenset[str]
    due: frozenset[str]
    timers: frozenset[str]
    parents: frozenset[str]
    """Runs that wait for others."""
    requests: frozenset[str]
    ran: tuple[Mapping[str, Any], ...]
    received: Mapping[str, int]


def snapshot(
    redis: Redis, prefix: str, *, started: frozenset[str], ran_key: str, received: Mapping[str, int]
) -> Snapshot:
    """Read everything; the client returns bytes."""
    r: Any = redis
    by_status = {status: _texts(r.zrange(f"{prefix}status:{status}", 0, -1)) for status in STATUSES}
    ids = frozenset[str]().union(*by_status.values()) | _texts(r.zrange(f"{prefix}runs", 0, -1))
    due = {run for key in r.scan_iter(f"{prefix}due:*", count=1_000) for run in _texts(r.zrange(key, 0, -1))}
    return Snapshot(
        started=started,
        runs={run: _record(r, f"{prefix}run:{run}") for run in ids},
        by_status=by_status,
        leases=_texts(r.smembers(f"{prefix}leases")),
        due=frozenset(due),
        parents=frozenset(
            key.decode().split(":")[-2] for key in r.scan_iter(f"{prefix}run:*:open", count=1_000)
        ),
        timers=_texts(r.zrange(f"{prefix}timers", 0, -1)),
        requests=_texts(r.zrange(f"{prefix}requests", 0, -1)),
        ran=tuple(json.loads(line) for line in r.lrange(ran_key, 0, -1)),
        received=received,
    )


def _texts(values: Any) -> frozenset[str]:
    return frozenset(value.decode() for value in values)


def _record(r: Any, key: str) -> Record:
    stored = r.hgetall(key)
    events = history_from_json_lines(r.lrange(f"{key}:events", 0, -1))
    return Record(state_from_json(stored[b"state"]), events, _texts(stored))


def violations(found: Snapshot) -> list[str]:
    """What does not hold, a line each; empty when all is well."""
    checks = (_histories, _walks, _effects, _approvals, _ends, _counts, _orphans)
    return [problem for check in checks for problem in check(found)]


def _histories(found: Snapshot) -> Iterator[str]:
    """Each step is recorded once and in order, and the fold of a history is the stored state."""
    for run, record in found.runs.items():
        seqs = [event.seq for event in record.events]
        if seqs != sorted(seqs) or set(seqs) != set(range(record.state.seq)):
            yield f"run {run}: steps {seqs} are not gapless up to {record.state.seq}"
        results = Counter(event.seq for event in record.events if isinstance(event, RESULTS))
        for seq, times in results.items():
            if times > 1:
                yield f"run {run}: step {seq} has {times} results"
        if fold(record.events) != record.state:
            yield f"run {run}: the fold of its events is not its state"


def _walks(found: Snapshot) -> Iterator[str]:
    """Between the effects of a history stands just what its flow writes, whatever died meanwhile."""
    for run, record in found.runs.items():
        controllers = {record.state.flow.digest: FlowController(_flow_of(record.state), tools=TOOLS)}
        replay = replay_run(record.events, record.state, controllers.__getitem__)
        if replay.divergence is not None:
            yield f"run {run}: event {replay.divergence.at}: {replay.divergence.why}"


def _flow_of(state: RunState) -> Flow:
    if state.part is None:
        return FLOWS[state.flow.name]
    return build_shard_flow(state.flow.name.removeprefix("part_of_"), state.inputs)


def halves(found: Snapshot) -> Iterator[str]:
    """What may never be seen, not even between a fault and its end: a part of a step."""
    yield from _histories(found)
    yield from _counts(found)


def _effects(found: Snapshot) -> Iterator[str]:
    """A recorded effect reached its receiver; what the receiver got belongs to an execution of that step."""
    ran = {f"{each['run']}.{each['seq']}" for each in found.ran if each["tool"] in EFFECTS}
    recorded = {
        f"{run}.{event.seq}"
        for run, record in found.runs.items()
        for event in _own(record)
        if isinstance(event, e.ToolSucceeded) and event.call.tool in EFFECTS
    }
    for key in recorded - found.received.keys():
        yield f"effect {key} is recorded and never reached its receiver"
    for key in found.received.keys() - ran:
        yield f"effect {key} reached its receiver and no step ran it"
    for key in found.received.keys() - recorded:
        run, _, seq = key.partition(".")
        record = found.runs.get(run)
        if record and int(seq) < record.state.seq and not _interrupted(record, int(seq)):
            yield f"effect {key} reached its receiver and step {seq} recorded something else"


def _own(record: Record) -> Iterator[e.Event]:
    """What happened to this run itself, and not to the one that it was forked from."""
    parting = max((event.seq for event in record.events if isinstance(event, e.RunForked)), default=0)
    return (event for event in record.events if event.seq >= parting)


def _interrupted(record: Record, seq: int) -> bool:
    """Whether a human ended a step while a worker was at it: what it did in the world stays done."""
    ended = e.RunRolledBack | e.RunCancelled
    return any(isinstance(event, ended) and event.seq == seq for event in record.events)


def _approvals(found: Snapshot) -> Iterator[str]:
    """What needs an approval ran after one, and at a step whose approval has the digest of just this call."""
    for each in found.ran:
        if not TOOLS[each["tool"]].needs_approval:
            continue
        at_step = fold(event for event in found.runs[each["run"]].events if event.seq < each["seq"])
        if at_step.approved != call_digest(each["tool"], each["args"], at_step.model):
            yield f"run {each['run']}: step {each['seq']} ran {each['args']}, which is not what was approved"
        granted = [
            event
            for event in found.runs[each["run"]].events
            if isinstance(event, e.ApprovalGranted) and event.seq < each["seq"]
        ]
        if not any(event.call is not None and event.call.args == each["args"] for event in granted):
            yield f"run {each['run']}: step {each['seq']} ran unapproved with {each['args']}"


def _ends(found: Snapshot) -> Iterator[str]:
    for run in sorted(found.started - found.runs.keys()):
        yield f"run {run} was started and is lost"
    for run, record in found.runs.items():
        if not record.at_rest:
            yield f"run {run} is {record.state.status} at step {record.state.seq} and does not move"


def _counts(found: Snapshot) -> Iterator[str]:
    total = sum(len(ids) for ids in found.by_status.values())
    if total != len(found.runs):
        yield f"{len(found.runs)} runs, {total} by status"
    for run, record in found.runs.items():
        listed = [status for status, ids in found.by_status.items() if run in ids]
        if listed != [record.state.status]:
            yield f"run {run} is {record.state.status} and listed as {listed}"


def _orphans(found: Snapshot) -> Iterator[str]:
    """A run at rest holds no lease and no place in a queue, and only what waits or is paused has a timer."""
    for name, ids in (
        ("lease", found.leases),
        ("due entry", found.due),
        ("list of runs to wait for", found.parents),
    ):
        for run in ids:
            if run not in found.runs or found.runs[run].at_rest:
                yield f"run {run} is at rest or unknown and has a {name}"
    yield from _timers(found)
    waiting = {run for run, record in found.runs.items() if record.state.waiting_for is not None}
    if waiting != found.requests:
        yield f"requests {sorted(found.requests ^ waiting)} do not match the runs that wait"
    for run, record in found.runs.items():
        left = record.fields & {"owner", "queue", "dispatch", "sleeping"}
        if record.state.status == "waiting":
            left -= {"dispatch", "sleeping"}
        if record.at_rest and left:
            yield f"run {run} is at rest and keeps {sorted(left)}"


def _timers(found: Snapshot) -> Iterator[str]:
    for run in found.timers:
        if run not in found.runs or found.runs[run].state.status in SETTLED:
            yield f"run {run} has ended or is unknown and has a timer"
    for run, record in found.runs.items():
        if record.at_rest and record.state.status == "waiting" and run not in found.timers:
            yield f"run {run} waits without a time at which its waiting ends"
