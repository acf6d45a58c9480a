"""One suite for both run stores: in memory, and Redis with its scripts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from redis import Redis

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Proof, Resource
from fluxagents.flows.people.audit import AuditRecord, find_faults
from fluxagents.flows.ports.claim import Claim, ClaimStatus
from fluxagents.flows.ports.commit import Commit, CommitStatus
from fluxagents.flows.ports.dispatch import Dispatch, Outgoing
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState, state_digest
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore

OWNER = "node-1|100"
OTHER = "node-2|200"
FLOW = e.FlowRef(name="f", version=1, digest="d")
NOOP = Dispatch("tool.noop", "tools")


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest, key_prefix: str) -> RunStore:
    if request.param == "memory":
        found: RunStore = MemoryRunStore(SystemClock())
    else:
        redis: Redis = request.getfixturevalue("redis")
        found = RedisRunStore(redis, prefix=key_prefix)
    found.beat("node-1", [100], 60_000)
    found.beat("node-2", [200], 60_000)
    return found


def started(run_id: str, at_ms: int = 1, session: str = "s") -> Commit:
    event = e.RunStarted(
        seq=0, at_ms=at_ms, run_id=run_id, session=session, flow=FLOW, start_node="a", inputs={}
    )
    return Commit(events=(event,), state=reduce(None, event), dispatch=NOOP)


def entered(state: RunState, *, dispatch: Dispatch | None = NOOP, node: str = "a") -> Commit:
    event = e.NodeEntered(seq=state.seq, at_ms=2, node=node)
    return Commit(events=(event,), state=reduce(state, event), dispatch=dispatch)


def text(commit: Commit) -> str:
    return commit.state.model_dump_json()


class Runs:
    """Shorthand for the calls that every test makes."""

    def __init__(self, store: RunStore) -> None:
        self.store = store

    def new(self, at_ms: int = 1, session: str = "s") -> tuple[str, Outgoing]:
        run_id = uuid4().hex
        commit = started(run_id, at_ms, session)
        outgoing = self.store.create(commit, text(commit))
        assert outgoing is not None
        return run_id, outgoing

    def claim(
        self,
        run_id: str,
        seq: int = 1,
        *,
        owner: str = OWNER,
        digest: str = "",
        sequence_number: int = 0,
        max_deliveries: int = 3,
        lease_ms: int = 60_000,
    ) -> Claim:
        return self.store.claim(
            run_id,
            seq,
            digest=digest,
            sequence_number=sequence_number,
            owner=owner,
            max_deliveries=max_deliveries,
            lease_ms=lease_ms,
        )

    def step(self, run_id: str, seq: int, sequence_number: int = 0, **options: object) -> Outgoing | None:
        claim = self.claim(run_id, seq, sequence_number=sequence_number)
        assert claim.status is ClaimStatus.OK
        commit = entered(self.store.load(run_id), **options)  # type: ignore[arg-type]
        done = self.store.commit(commit, text(commit), fence=claim.fence)
        assert done.status is CommitStatus.OK
        return done.outgoing


@pytest.fixture
def runs(store: RunStore) -> Runs:
    return Runs(store)


def test_a_run_is_created_once(runs: Runs) -> None:
    run_id, outgoing = runs.new()
    commit = started(run_id, 99)
    assert (outgoing.run_id, outgoing.seq, outgoing.attempt) == (run_id, 1, 1)
    assert runs.store.create(commit, text(commit)) is None
    assert runs.store.load(run_id).started_ms == 1


def test_many_runs_are_created_at_once(runs: Runs) -> None:
    known, _ = runs.new()
    commits = [started(uuid4().hex), started(known), started(uuid4().hex)]
    issued = runs.store.create_many([(commit, text(commit)) for commit in commits])
    assert [outgoing is not None for outgoing in issued] == [True, False, True]


def test_a_step_is_claimed_by_one_worker(runs: Runs) -> None:
    run_id, _ = runs.new()
    assert runs.claim(run_id).status is ClaimStatus.OK
    assert runs.claim(run_id, owner=OTHER).status is ClaimStatus.LEASED


@pytest.mark.parametrize(("seq", "answer"), [(0, ClaimStatus.STALE), (2, ClaimStatus.STALE)])
def test_another_step_than_the_present_one_is_stale(runs: Runs, seq: int, answer: ClaimStatus) -> None:
    run_id, _ = runs.new()
    assert runs.claim(run_id, seq).status is answer


def test_a_message_about_no_run_is_unknown(runs: Runs) -> None:
    assert runs.claim("nobody").status is ClaimStatus.UNKNOWN


def test_a_state_that_was_never_committed_is_forged(runs: Runs) -> None:
    run_id, outgoing = runs.new()
    assert runs.claim(run_id, digest=state_digest(outgoing.state + " ")).status is ClaimStatus.DIGEST_MISMATCH
    assert runs.claim(run_id, digest=state_digest(outgoing.state)).status is ClaimStatus.OK


def test_a_claim_without_a_state_is_given_the_stored_one(runs: Runs) -> None:
    run_id, outgoing = runs.new()
    assert runs.claim(run_id).state == outgoing.state


def test_a_commit_raises_the_step_and_appends_its_events(runs: Runs) -> None:
    run_id, _ = runs.new()
    outgoing = runs.step(run_id, 1)
    assert outgoing is not None
    assert outgoing.seq == 2
    assert [event.seq for event in runs.store.events(run_id)] == [0, 1]
    assert fold(runs.store.events(run_id)) == runs.store.load(run_id)


def test_the_loser_of_a_race_writes_nothing(runs: Runs) -> None:
    run_id, _ = runs.new()
    first = runs.claim(run_id)
    runs.store.beat("node-1", [], 0)
    second = runs.claim(run_id, owner=OTHER)
    assert second.status is ClaimStatus.OK
    assert second.fence > first.fence
    commit = entered(runs.store.load(run_id))
    assert runs.store.commit(commit, text(commit), fence=first.fence).status is CommitStatus.STALE
    assert len(runs.store.events(run_id)) == 1
    assert runs.store.commit(commit, text(commit), fence=second.fence).status is CommitStatus.OK
    assert runs.store.commit(commit, text(commit), fence=second.fence).status is CommitStatus.STALE
    assert len(runs.store.events(run_id)) == 2


def test_a_commit_without_a_lease_is_stale(runs: Runs) -> None:
    run_id, _ = runs.new()
    commit = entered(runs.store.load(run_id))
    assert runs.store.commit(commit, text(commit), fence=0).status is CommitStatus.STALE


def test_a_lease_ends_with_its_process(runs: Runs) -> None:
    run_id, _ = runs.new()
    runs.claim(run_id)
    runs.store.beat("node-1", [101], 60_000)
    assert runs.claim(run_id, owner="node-1|101").status is ClaimStatus.OK


def test_a_lease_ends_with_its_time(runs: Runs) -> None:
    run_id, _ = runs.new()
    runs.claim(run_id, lease_ms=-1)
    assert runs.claim(run_id, owner=OTHER).status is ClaimStatus.OK


def test_a_process_that_claims_before_the_next_heartbeat_counts_as_alive(runs: Runs) -> None:
    run_id, _ = runs.new()
    assert runs.claim(run_id, owner="node-1|555").status is ClaimStatus.OK
    assert runs.claim(run_id, owner=OTHER).status is ClaimStatus.LEASED


def test_a_step_that_is_delivered_too_often_is_exhausted(runs: Runs) -> None:
    run_id, _ = runs.new()
    for pid in (1, 2):
        runs.store.beat("node-1", [pid], 60_000)
        assert runs.claim(run_id, owner=f"node-1|{pid}", max_deliveries=2).status is ClaimStatus.OK
    runs.store.beat("node-1", [3], 60_000)
    last = runs.claim(run_id, owner="node-1|3", max_deliveries=2)
    assert last.status is ClaimStatus.EXHAUSTED
    commit = entered(runs.store.load(run_id))
    assert runs.store.commit(commit, text(commit), fence=last.fence).status is CommitStatus.OK


def test_a_released_lease_can_be_taken_again_and_is_no_delivery(runs: Runs) -> None:
    run_id, _ = runs.new()
    for _ in range(4):
        claim = runs.claim(run_id, max_deliveries=1)
        assert claim.status is ClaimStatus.OK
        assert runs.store.release(run_id, 1, claim.fence, error="")
    assert not runs.store.release(run_id, 1, claim.fence, error="")


def test_a_step_that_failed_and_was_released_counts_as_delivered(runs: Runs) -> None:
    run_id, _ = runs.new()
    runs.store.release(run_id, 1, runs.claim(run_id, max_deliveries=1).fence, error="a fault")
    claim = runs.claim(run_id, max_deliveries=1)
    assert (claim.status, claim.last_error) == (ClaimStatus.EXHAUSTED, "a fault")


def test_a_run_without_a_dispatch_is_held(runs: Runs) -> None:
    run_id, _ = runs.new()
    assert runs.step(run_id, 1, dispatch=None) is None
    assert runs.claim(run_id, 2).status is ClaimStatus.NOT_RUNNABLE


def test_an_event_from_outside_takes_the_step_from_its_worker(runs: Runs) -> None:
    run_id, _ = runs.new()
    claim = runs.claim(run_id)
    state = runs.store.load(run_id)
    cancelled = e.RunCancelled(seq=1, at_ms=3, by="ada", reason="enough")
    commit = Commit(events=(cancelled,), state=reduce(state, cancelled), dispatch=None)
    assert runs.store.commit(commit, text(commit), fence=None).status is CommitStatus.OK
    late = entered(state)
    assert runs.store.commit(late, text(late), fence=claim.fence).status is CommitStatus.STALE
    assert runs.store.load(run_id).status == "cancelled"


def test_a_pause_is_told_to_the_worker_at_its_commit(runs: Runs) -> None:
    run_id, _ = runs.new()
    assert not runs.store.request_pause(run_id, "ada")
    claim = runs.claim(run_id)
    assert runs.store.request_pause(run_id, "ada")
    commit = entered(runs.store.load(run_id))
    told = runs.store.commit(commit, text(commit), fence=claim.fence)
    assert (told.status, told.pause_by) == (CommitStatus.PAUSE_REQUESTED, "ada")
    pause = e.RunPaused(seq=1, at_ms=3, by="ada")
    paused = replace(commit, events=(*commit.events, pause), state=reduce(commit.state, pause), dispatch=None)
    assert runs.store.commit(paused, text(paused), fence=claim.fence, pausing=True).status is CommitStatus.OK
    assert runs.store.load(run_id).status == "paused"


def test_requests_are_listed_until_they_are_answered(runs: Runs) -> None:
    run_id, _ = runs.new()
    claim = runs.claim(run_id)
    state = runs.store.load(run_id)
    request = HumanRequest(id=f"{run_id}.1", kind="question", node="a", question="which?", digest="x")
    asked = e.QuestionAsked(seq=1, at_ms=3, request=request)
    commit = Commit(events=(asked,), state=reduce(state, asked), dispatch=None)
    runs.store.commit(commit, text(commit), fence=claim.fence)
    assert runs.store.requests() == [(run_id, request)]
    answered = e.QuestionAnswered(seq=2, at_ms=4, request_id=request.id, by="ada", answer="this")
    commit = Commit(events=(answered,), state=reduce(commit.state, answered), dispatch=None)
    runs.store.commit(commit, text(commit), fence=None)
    assert runs.store.requests() == []


def ask(runs: Runs) -> str:
    """A run that asks something, the last of all."""
    run_id, _ = runs.new()
    claim = runs.claim(run_id)
    request = HumanRequest(id=f"{run_id}.1", kind="question", node="a", question="which?", digest="x")
    asked = e.QuestionAsked(seq=1, at_ms=3, request=request)
    commit = Commit(events=(asked,), state=reduce(runs.store.load(run_id), asked), dispatch=None)
    runs.store.commit(commit, text(commit), fence=claim.fence)
    return run_id


def answer(runs: Runs, run_id: str) -> None:
    answered = e.QuestionAnswered(seq=2, at_ms=4, request_id=f"{run_id}.1", by="ada", answer="this")
    commit = Commit(events=(answered,), state=reduce(runs.store.load(run_id), answered), dispatch=None)
    runs.store.commit(commit, text(commit), fence=None)


def test_a_place_among_requests_stays_when_those_before_it_are_answered(runs: Runs) -> None:
    asked = [ask(runs) for _ in range(7)]
    order = [run_id for run_id, _ in runs.store.requests()]
    # Several may begin to wait in one millisecond; then the order is that of their ids.
    assert sorted(order) == sorted(asked)
    first = runs.store.requests_after(None, limit=3)
    assert [place.run_id for place, _ in first] == order[:3]
    for run_id in order[:4]:
        answer(runs, run_id)
    rest = runs.store.requests_after(first[-1][0], limit=3)
    assert [(place.run_id, request.id) for place, request in rest] == [
        (each, f"{each}.1") for each in order[4:]
    ]
    assert runs.store.requests_after(rest[-1][0], limit=3) == []


def test_runs_are_listed_newest_first_and_by_status_and_session(runs: Runs) -> None:
    ids = [runs.new(at_ms=at, session=session)[0] for at, session in ((1, "x"), (2, "y"), (3, "x"))]
    runs.store.commit(finish := finished(runs.store.load(ids[2])), text(finish), fence=None)
    assert [state.run_id for state in runs.store.runs()] == ids[::-1]
    assert [state.run_id for state in runs.store.runs(limit=1, offset=1)] == [ids[1]]
    assert [state.run_id for state in runs.store.runs(session="x")] == [ids[2], ids[0]]
    assert [state.run_id for state in runs.store.runs(status="finished")] == [ids[2]]
    assert runs.store.runs(session="y", status="finished") == []
    assert runs.store.counts() | {"running": 2, "finished": 1} == runs.store.counts()


def finished(state: RunState) -> Commit:
    event = e.RunFinished(seq=state.seq, at_ms=9, node="a", answer="42")
    return Commit(events=(event,), state=reduce(state, event), dispatch=None)


@pytest.mark.parametrize("ask", ["load", "events"])
def test_a_run_that_does_not_exist_is_named(store: RunStore, ask: str) -> None:
    with pytest.raises(FluxError, match="run 'nobody' does not exist"):
        getattr(store, ask)("nobody")


def test_a_flow_is_kept_under_its_digest(store: RunStore) -> None:
    flow = flow_from_yaml("{flow: f, version: 1, purpose: p, start: a, nodes: {a: {kind: end}}}")
    store.save_flow(flow)
    assert store.flow(flow.digest) == flow
    with pytest.raises(FluxError, match="no flow with digest 'x'"):
        store.flow("x")


class TestSleepingDispatches:
    """What is to be done later waits in the store, not in a queue."""

    def asleep(self, runs: Runs, *, ms: int) -> str:
        run_id, _ = runs.new()
        later = Dispatch("tool.noop", "tools", not_before_ms=SystemClock().now_ms() + ms)
        assert runs.step(run_id, 1, dispatch=later) is None
        return run_id

    def test_it_is_neither_claimed_nor_lost_before_its_time(self, runs: Runs) -> None:
        run_id = self.asleep(runs, ms=60_000)
        assert runs.claim(run_id, 2).status is ClaimStatus.NOT_RUNNABLE
        assert runs.store.wake(limit=10) == []
        assert runs.store.find_lost_dispatches("tools", idle=True, grace_ms=0, limit=10) == []

    def test_it_is_issued_once_when_its_time_has_come(self, runs: Runs) -> None:
        run_id = self.asleep(runs, ms=30)
        woken: list[Outgoing] = []
        while not woken:
            woken = runs.store.wake(limit=10)
        assert [(one.run_id, one.seq, one.attempt) for one in woken] == [(run_id, 2, 1)]
        assert runs.store.wake(limit=10) == []
        assert runs.claim(run_id, 2, sequence_number=woken[0].sequence_number).status is ClaimStatus.OK

    def test_one_that_is_cancelled_never_wakes(self, runs: Runs) -> None:
        cancelled = self.asleep(runs, ms=300)
        commit = finished(runs.store.load(cancelled))
        assert runs.store.commit(commit, text(commit), fence=None).status is CommitStatus.OK
        self.asleep(runs, ms=301)
        woken: list[Outgoing] = []
        while not woken:
            woken = runs.store.wake(limit=10)
        assert cancelled not in {one.run_id for one in woken}


def test_an_event_from_outside_names_the_attempt_that_it_interrupts(runs: Runs) -> None:
    run_id, _ = runs.new()
    idle = finished(runs.store.load(run_id))
    runs.claim(run_id)
    assert runs.store.commit(idle, text(idle), fence=None).interrupted == 1
    other, _ = runs.new()
    commit = finished(runs.store.load(other))
    assert runs.store.commit(commit, text(commit), fence=None).interrupted == 0


class TestLostDispatches:
    """What the broker lost is found; what merely waits is left alone."""

    def find_lost_dispatches(self, runs: Runs, *, idle: bool = False, grace_ms: int = 0) -> list[str]:
        lost = runs.store.find_lost_dispatches("tools", idle=idle, grace_ms=grace_ms, limit=100)
        return [outgoing.run_id for outgoing in lost]

    def test_a_backlog_behind_a_slow_worker_is_not_lost(self, runs: Runs) -> None:
        for _ in range(50):
            runs.new()
        for _ in range(5):
            assert self.find_lost_dispatches(runs) == []

    def test_one_that_was_overtaken_is_lost(self, runs: Runs) -> None:
        lost, _ = runs.new()
        taken, outgoing = runs.new()
        waiting, _ = runs.new()
        runs.claim(taken, sequence_number=outgoing.sequence_number)
        self.find_lost_dispatches(runs)
        assert self.find_lost_dispatches(runs) == [lost]
        assert self.find_lost_dispatches(runs) == []
        assert waiting != lost

    def test_one_that_was_overtaken_just_now_has_its_grace(self, runs: Runs) -> None:
        runs.new()
        taken, outgoing = runs.new()
        runs.claim(taken, sequence_number=outgoing.sequence_number)
        self.find_lost_dispatches(runs, grace_ms=60_000)
        assert self.find_lost_dispatches(runs, grace_ms=60_000) == []

    def test_all_are_lost_when_the_queue_is_empty(self, runs: Runs) -> None:
        ids = [runs.new()[0] for _ in range(3)]
        assert self.find_lost_dispatches(runs, idle=True, grace_ms=60_000) == []
        assert self.find_lost_dispatches(runs, idle=True) == ids

    def test_a_step_whose_worker_died_is_issued_again(self, runs: Runs) -> None:
        run_id, outgoing = runs.new()
        runs.claim(run_id, sequence_number=outgoing.sequence_number)
        assert self.find_lost_dispatches(runs, idle=True) == []
        runs.store.beat("node-1", [], 0)
        again = runs.store.find_lost_dispatches("tools", idle=False, grace_ms=60_000, limit=100)
        assert [(one.run_id, one.seq, one.attempt) for one in again] == [(run_id, 1, 2)]
        assert again[0].sequence_number > outgoing.sequence_number
        assert again[0].state == outgoing.state
        assert again[0].dispatch == outgoing.dispatch

    def test_an_invented_sequence_number_does_not_make_the_backlog_look_lost(self, runs: Runs) -> None:
        ids = [runs.new()[0] for _ in range(5)]
        runs.claim(ids[0], sequence_number=10_000)
        self.find_lost_dispatches(runs)
        assert self.find_lost_dispatches(runs) == []

    def test_other_queues_are_left_alone(self, runs: Runs) -> None:
        runs.new()
        assert runs.store.find_lost_dispatches("decide", idle=True, grace_ms=0, limit=10) == []


def test_the_suite_walks_over_every_method_of_the_port() -> None:
    stores: list[Callable[..., object]] = [MemoryRunStore, RedisRunStore]
    methods = {name for name in dir(RunStore) if not name.startswith("_")}
    for implementation in stores:
        assert methods <= set(dir(implementation))


def test_statuses_are_given_in_the_order_asked_for(runs: Runs) -> None:
    ids = [runs.new()[0] for _ in range(3)]
    runs.store.commit(finish := finished(runs.store.load(ids[1])), text(finish), fence=None)
    assert runs.store.statuses([ids[1], ids[0]]) == ["finished", "running"]
    assert runs.store.statuses([]) == []
    with pytest.raises(FluxError, match="'nobody' does not exist"):
        runs.store.statuses([ids[0], "nobody"])


def test_how_runs_began_is_known_whatever_came_after(runs: Runs) -> None:
    ids = [runs.new(at_ms=at)[0] for at in (3, 1, 2)]
    runs.step(ids[0], 1)
    starts = runs.store.starts_of(ids)
    assert [(start.run_id, start.at_ms) for start in starts] == list(zip(ids, (3, 1, 2), strict=True))
    assert runs.store.starts_of([]) == []
    with pytest.raises(FluxError, match="'nobody' does not exist"):
        runs.store.starts_of([ids[0], "nobody"])


@pytest.mark.parametrize(("max_deliveries", "status"), [(1, ClaimStatus.OK), (0, ClaimStatus.EXHAUSTED)])
def test_a_claim_whose_reply_was_lost_is_answered_again_and_alike(
    redis: Redis, key_prefix: str, max_deliveries: int, status: ClaimStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxagents.workers.redis.runs.run_store.token_hex", lambda _: "the same nonce")
    runs = Runs(RedisRunStore(redis, prefix=key_prefix))
    runs.store.beat("node-1", [100], 60_000)
    run_id, _ = runs.new()
    first = runs.claim(run_id, 1, max_deliveries=max_deliveries)
    assert first.status is status
    assert runs.claim(run_id, 1, max_deliveries=max_deliveries) == first


def history_of(run_id: str, steps: int) -> Commit:
    """A run that begins with a whole history."""
    commit = started(run_id)
    events, state = list(commit.events), commit.state
    for seq in range(1, steps):
        events.append(e.NodeEntered(seq=seq, at_ms=2, node="a"))
        state = reduce(state, events[-1])
    return Commit(events=tuple(events), state=state, dispatch=NOOP)


def test_a_run_may_begin_with_a_whole_history(runs: Runs) -> None:
    commit = history_of(uuid4().hex, 9_000)
    run_id = commit.state.run_id
    outgoing = runs.store.create(commit, text(commit))
    assert outgoing is not None
    assert outgoing.seq == 9_000
    assert runs.store.events(run_id) == commit.events
    assert runs.store.load(run_id) == commit.state
    assert runs.claim(run_id, 9_000).status is ClaimStatus.OK


def test_a_run_that_has_ended_may_go_on(runs: Runs) -> None:
    run_id, _ = runs.new()
    ended = e.RunFinished(seq=1, at_ms=3, node="a", answer="42")
    before = runs.store.load(run_id)
    commit = Commit(events=(ended,), state=reduce(before, ended), dispatch=None)
    claim = runs.claim(run_id)
    assert runs.store.commit(commit, text(commit), fence=claim.fence).status is CommitStatus.OK
    back = e.RunRolledBack(
        seq=2, at_ms=4, to_seq=0, kept=1, state=before.model_dump(mode="json"), by="ada", reason="r"
    )
    again = Commit(events=(back,), state=reduce(commit.state, back), dispatch=NOOP)
    outgoing = runs.store.commit(again, text(again), fence=None).outgoing
    assert outgoing is not None
    assert not runs.store.forget(run_id, "s", commit.state.seq)
    assert [state.run_id for state in runs.store.runs(status="running", session="s")] == [run_id]
    assert runs.store.list_ended_runs(limit=10) == []
    assert runs.claim(run_id, 3).status is ClaimStatus.OK
    assert fold(runs.store.events(run_id)) == runs.store.load(run_id)


def test_only_a_run_that_is_as_it_was_read_is_forgotten(runs: Runs) -> None:
    run_id, _ = runs.new()
    ended = e.RunFinished(seq=1, at_ms=3, node="a", answer="42")
    commit = Commit(events=(ended,), state=reduce(runs.store.load(run_id), ended), dispatch=None)
    assert runs.store.commit(commit, text(commit), fence=None).status is CommitStatus.OK
    assert not runs.store.forget(run_id, "s", 1)
    assert runs.store.holds(run_id)
    assert runs.store.forget(run_id, "s", 2)
    assert not runs.store.holds(run_id)


class TestChildren:
    """A step may begin runs and wait for them, with no message and no worker."""

    def begin(self, runs: Runs, count: int = 2) -> tuple[str, list[Outgoing]]:
        parent, _ = runs.new()
        claim = runs.claim(parent)
        children = tuple(child_of(parent, index) for index in range(count))
        names = tuple(child.state.run_id for child in children)
        commit = replace(
            entered(runs.store.load(parent), dispatch=replace(NOOP, after=names)), children=children
        )
        done = runs.store.commit(commit, text(commit), fence=claim.fence)
        assert (done.status, done.outgoing) == (CommitStatus.OK, None)
        assert tuple(one.run_id for one in done.others) == names
        assert runs.claim(parent, 2).status is ClaimStatus.NOT_RUNNABLE
        return parent, list(done.others)

    def end(self, runs: Runs, child: Outgoing, event: e.Event | None = None) -> tuple[Outgoing, ...]:
        claim = runs.claim(child.run_id, child.seq)
        assert claim.status is ClaimStatus.OK
        event = event or e.RunFinished(seq=child.seq, at_ms=3, node="a", answer="")
        commit = Commit(events=(event,), state=reduce(runs.store.load(child.run_id), event), dispatch=None)
        return runs.store.commit(commit, text(commit), fence=claim.fence).others

    def test_the_last_child_to_end_resumes_the_parent(self, runs: Runs) -> None:
        parent, (first, second) = self.begin(runs)
        assert runs.store.wake(limit=10) == []
        assert runs.store.find_lost_dispatches("tools", idle=True, grace_ms=60_000, limit=10) == []
        dead = e.RunDeadLettered(seq=1, at_ms=3, error=FluxError(ErrorClass.INTERNAL, "x").info("a"))
        assert self.end(runs, first, dead) == ()
        (resumed,) = self.end(runs, second)
        assert (resumed.run_id, resumed.seq, resumed.dispatch) == (parent, 2, NOOP)
        assert runs.claim(parent, 2, sequence_number=resumed.sequence_number).status is ClaimStatus.OK

    def test_a_child_that_ends_a_second_time_resumes_nobody(self, runs: Runs) -> None:
        _, (first, second) = self.begin(runs)
        dead = e.RunDeadLettered(seq=1, at_ms=3, error=FluxError(ErrorClass.INTERNAL, "x").info("a"))
        self.end(runs, first, dead)
        retried = e.RunRetried(seq=2, at_ms=4, by="ada")
        state = reduce(runs.store.load(first.run_id), retried)
        commit = Commit(events=(retried,), state=state, dispatch=NOOP)
        again = runs.store.commit(commit, text(commit), fence=None).outgoing
        assert again is not None
        assert self.end(runs, again) == ()
        assert len(self.end(runs, second)) == 1

    def test_a_parent_that_was_cancelled_is_not_resumed(self, runs: Runs) -> None:
        parent, children = self.begin(runs)
        gone = e.RunCancelled(seq=2, at_ms=3, by="ada", reason="enough")
        commit = Commit(events=(gone,), state=reduce(runs.store.load(parent), gone), dispatch=None)
        assert runs.store.commit(commit, text(commit), fence=None).status is CommitStatus.OK
        assert [self.end(runs, child) for child in children] == [(), ()]

    def test_a_parent_that_was_paused_waits_for_those_that_are_left(self, runs: Runs) -> None:
        parent, (first, second) = self.begin(runs)
        names = (first.run_id, second.run_id)
        for event in (e.RunPaused(seq=2, at_ms=3, by="ada"), e.RunResumed(seq=3, at_ms=4, by="ada")):
            goes_on = replace(NOOP, after=names) if isinstance(event, e.RunResumed) else None
            commit = Commit(events=(event,), state=reduce(runs.store.load(parent), event), dispatch=goes_on)
            assert runs.store.commit(commit, text(commit), fence=None).outgoing is None
            if goes_on is None:
                assert self.end(runs, first) == ()
        (resumed,) = self.end(runs, second)
        assert (resumed.run_id, resumed.seq) == (parent, 4)

    @pytest.mark.parametrize("until_ms", [0, 4_000_000_000_000])
    def test_what_is_at_rest_is_not_waited_for(self, runs: Runs, until_ms: int) -> None:
        parent, children = self.begin(runs)
        for child in children:
            self.end(runs, child)
        after = tuple(child.run_id for child in children)
        dispatch = replace(NOOP, after=after, not_before_ms=until_ms)
        commit = entered(runs.store.load(parent), dispatch=dispatch)
        claim = runs.claim(parent, 2)
        done = runs.store.commit(commit, text(commit), fence=claim.fence)
        assert done.outgoing is not None
        assert done.outgoing.seq == 3

    def test_what_is_at_rest_is_not_waited_for_though_there_is_a_time(self, runs: Runs) -> None:
        parent, children = self.begin(runs)
        for child in children:
            self.end(runs, child)
        names = tuple(child.run_id for child in children)
        dispatch = replace(NOOP, after=names, not_before_ms=SystemClock().now_ms() + 60_000)
        commit = entered(runs.store.load(parent), dispatch=dispatch)
        claim = runs.claim(parent, 2)
        assert runs.store.commit(commit, text(commit), fence=claim.fence).outgoing is not None

    def test_a_commit_that_loses_begins_nothing(self, runs: Runs) -> None:
        parent, _ = runs.new()
        claim = runs.claim(parent)
        child = child_of(parent, 0)
        commit = replace(entered(runs.store.load(parent)), children=(child,))
        assert runs.store.commit(commit, text(commit), fence=claim.fence + 1).status is CommitStatus.STALE
        with pytest.raises(FluxError, match="does not exist"):
            runs.store.load(child.state.run_id)

    def test_pages_of_a_status_follow_each_other_past_children(self, runs: Runs) -> None:
        parents = [self.begin(runs)[0] for _ in range(5)]
        pages = [runs.store.runs(status="running", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
        assert [len(page) for page in pages] == [2, 2, 1, 0]
        assert {state.run_id for page in pages for state in page} == set(parents)

    def test_children_are_listed_with_their_session_only(self, runs: Runs) -> None:
        parent, children = self.begin(runs)
        assert [state.run_id for state in runs.store.runs()] == [parent]
        assert [state.run_id for state in runs.store.runs(status="running")] == [parent]
        listed = {state.run_id for state in runs.store.runs(session=parent)}
        assert listed == {child.run_id for child in children}
        assert runs.store.counts()["running"] == 3


def child_of(parent: str, index: int) -> Commit:
    event = e.RunStarted(
        seq=0,
        at_ms=2,
        run_id=f"{parent}.1.part{index}",
        session=parent,
        flow=FLOW,
        start_node="a",
        inputs={},
        parent=parent,
    )
    return Commit(events=(event,), state=reduce(None, event), dispatch=NOOP)


def act(action: Action, run_id: str) -> AuditRecord:
    proof, on = Proof(kind="os-user", id="1000"), Resource(kind="run", id=run_id, session="s")
    return AuditRecord(action=action, by="ada", channel="client", proof=proof, on=on)


def recorded(store: RunStore) -> list[AuditRecord]:
    """What the audit log of a store, which is whole, holds."""
    entries = list(store.audit_log.entries())
    assert list(find_faults(entries, store.audit_log.head())) == []
    return [entry.act for entry in entries]


def test_an_act_is_recorded_with_what_it_wrote_and_not_without(runs: Runs) -> None:
    begun = started("mine")
    start, cancel = act(Action.RUN_START, "mine"), act(Action.RUN_CANCEL, "mine")
    for _ in range(2):
        runs.store.create(replace(begun, record=start), text(begun))
    assert recorded(runs.store) == [start]
    event = e.RunCancelled(seq=1, at_ms=3, by="ada", reason="enough")
    commit = Commit((event,), reduce(begun.state, event), None, record=cancel)
    for status in (CommitStatus.OK, CommitStatus.STALE):
        assert runs.store.commit(commit, text(commit), fence=None).status is status
    nowhere = Commit((event,), begun.state.model_copy(update={"run_id": "none"}), None, record=cancel)
    assert runs.store.commit(nowhere, text(nowhere), fence=None).status is CommitStatus.UNKNOWN
    assert recorded(runs.store) == [start, cancel]


def test_a_request_for_a_pause_is_recorded_if_somebody_can_be_asked(runs: Runs) -> None:
    run_id, _ = runs.new()
    pause = act(Action.RUN_PAUSE, run_id)
    assert not runs.store.request_pause(run_id, "ada", record=pause)
    assert recorded(runs.store) == []
    runs.claim(run_id)
    assert runs.store.request_pause(run_id, "ada", record=pause)
    assert recorded(runs.store) == [pause]


def test_many_runs_have_one_entry(runs: Runs) -> None:
    commits = [started(uuid4().hex) for _ in range(3)]
    start = act(Action.RUN_START, "all")
    issued = runs.store.create_many([(commit, text(commit)) for commit in commits], record=start)
    assert all(issued)
    assert recorded(runs.store) == [start]


def test_of_acts_at_once_each_that_was_written_has_its_entry(runs: Runs) -> None:
    begun = started("mine")
    runs.store.create(begun, text(begun))
    event = e.RunCancelled(seq=1, at_ms=3, by="ada", reason="enough")
    cancelled = reduce(begun.state, event)

    def cancel(number: int) -> tuple[int, CommitStatus]:
        commit = Commit((event,), cancelled, None, record=act(Action.RUN_CANCEL, str(number)))
        return number, runs.store.commit(commit, text(commit), fence=None).status

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(cancel, range(40)))
    (winner,) = [number for number, status in done if status is CommitStatus.OK]
    assert recorded(runs.store) == [act(Action.RUN_CANCEL, str(winner))]
