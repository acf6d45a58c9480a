"""One suite for both run stores: whose first step is next, and that each is released once."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from fluxagents.flows import events as e
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.claim import ClaimStatus
from fluxagents.flows.ports.commit import Commit, CommitStatus
from fluxagents.flows.ports.dispatch import Dispatch, Outgoing
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.ports.session import PersonQuota, SessionRecord, StepUsage
from fluxagents.flows.reducer import reduce
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore

FLOW = e.FlowRef(name="f", version=1, digest="d")
LANE = "tools.bulk.new"
FIRST = Dispatch("tool.noop", LANE)


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest, key_prefix: str) -> RunStore:
    opened: RunStore = (
        MemoryRunStore(SystemClock())
        if request.param == "memory"
        else RedisRunStore(request.getfixturevalue("redis"), prefix=key_prefix)
    )
    opened.beat("node", [1], 60_000)
    return opened


class Bench:
    """Two workers that take first steps in the order in which they were issued."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.queue: list[Outgoing] = []
        self.order: list[str] = []
        """The sessions of the runs whose first step was carried out."""

    def start(self, run_id: str, session: str, person: str = "ada") -> None:
        event = e.RunStarted(
            seq=0,
            at_ms=1,
            run_id=run_id,
            session=session,
            flow=FLOW,
            start_node="a",
            inputs={},
            requester=person,
            lane="bulk",
        )
        commit = Commit(events=(event,), state=reduce(None, event), dispatch=FIRST)
        outgoing = self.store.create(commit, commit.state.model_dump_json())
        self.queue += [outgoing] if outgoing else []

    def start_many(self, session: str, count: int, person: str = "ada") -> None:
        for number in range(count):
            self.start(f"{session}-{number:03}", session, person)

    def carry_out(self, work_ms: int = 100) -> bool:
        """Carry out the oldest message; False if there is none."""
        if not self.queue:
            return False
        message = self.queue.pop(0)
        claim = self.store.claim(
            message.run_id,
            message.seq,
            digest="",
            sequence_number=message.sequence_number,
            owner="node|1",
            max_deliveries=3,
            lease_ms=60_000,
        )
        assert claim.status is ClaimStatus.OK
        self.queue += claim.released
        state = self.store.load(message.run_id)
        ended = e.RunCancelled(seq=state.seq, at_ms=2, by="-", reason="-")
        commit = Commit((ended,), reduce(state, ended), None, usage=StepUsage(work_ms=work_ms))
        done = self.store.commit(commit, commit.state.model_dump_json(), fence=claim.fence)
        assert done.status is CommitStatus.OK
        self.order.append(state.session)
        return True

    def carry_out_all(self, work_ms: int = 100) -> None:
        while self.carry_out(work_ms):
            pass


@pytest.fixture
def bench(store: RunStore) -> Bench:
    return Bench(store)


def test_few_first_steps_are_in_the_queue_and_all_are_carried_out_once(bench: Bench) -> None:
    bench.start_many("big", 50)
    assert len(bench.queue) == 2
    bench.carry_out_all()
    assert bench.order == ["big"] * 50
    assert bench.store.counts()["cancelled"] == 50


def test_a_small_session_is_served_beside_a_big_one_that_came_before(bench: Bench) -> None:
    bench.start_many("big", 100)
    for _ in range(20):
        bench.carry_out()
    bench.start_many("small", 10)
    bench.carry_out_all()
    after = bench.order[20:]
    last = max(at for at, session in enumerate(after) if session == "small")
    assert last < 2 * 10 + 2
    assert Counter(bench.order) == {"big": 100, "small": 10}


def test_sessions_share_by_work_and_not_by_runs(bench: Bench) -> None:
    bench.start_many("heavy", 60)
    bench.start_many("light", 600)
    served: Counter[str] = Counter()
    while served["heavy"] < 40:
        assert bench.carry_out(1_000 if bench.queue[0].run_id.startswith("heavy") else 100)
        served[bench.order[-1]] += 1
    # Ten runs of the one take as long as one of the other; the credit and what is queued shift that a little.
    assert served["light"] == pytest.approx(400, abs=110)


def test_a_weight_doubles_the_share_of_a_session(bench: Bench) -> None:
    bench.store.sessions.save(SessionRecord(name="double", weight=2, created_ms=1))
    bench.start_many("double", 300)
    bench.start_many("single", 300)
    for _ in range(300):
        bench.carry_out(1_000)
    shares = Counter(bench.order)
    assert shares["double"] / shares["single"] == pytest.approx(2, rel=0.1)


def test_a_person_with_many_sessions_has_the_share_of_one_with_one(bench: Bench) -> None:
    for number in range(10):
        bench.start_many(f"of-ada-{number}", 30)
    bench.start_many("of-bob", 200, person="bob")
    bench.store.sessions.set_quota("bob", PersonQuota(weight=1))
    for _ in range(200):
        bench.carry_out(1_000)
    assert Counter(bench.order)["of-bob"] == pytest.approx(100, abs=12)


def test_a_cancelled_run_loses_its_place_and_holds_nobody_up(bench: Bench) -> None:
    bench.start_many("big", 10)
    for number in range(2, 9):
        state = bench.store.load(f"big-{number:03}")
        ended = e.RunCancelled(seq=state.seq, at_ms=2, by="ada", reason="-")
        commit = Commit((ended,), reduce(state, ended), None)
        assert bench.store.commit(commit, "{}", fence=None).status is CommitStatus.OK
    bench.carry_out_all()
    assert len(bench.order) == 3


def test_what_no_claim_released_is_released_by_the_reconciler(bench: Bench) -> None:
    bench.start_many("big", 5)
    for message in bench.queue:
        state = bench.store.load(message.run_id)
        ended = e.RunCancelled(seq=state.seq, at_ms=2, by="ada", reason="-")
        commit = Commit((ended,), reduce(state, ended), None)
        bench.store.commit(commit, "{}", fence=None)
    bench.queue = bench.store.wake(limit=100)
    assert len(bench.queue) == 2
    assert bench.store.wake(limit=100) == []
    bench.carry_out_all()
    assert len(bench.order) == 3


def list_acts() -> st.SearchStrategy[list[tuple[str, str, str, int]]]:
    return st.lists(
        st.tuples(
            st.sampled_from(["start", "start", "work"]),
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(["ada", "bob"]),
            st.sampled_from([0, 1, 50, 20_000]),
        ),
        max_size=60,
    )


@given(acts=list_acts())
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_stores_serve_in_the_same_order(redis: Redis, acts: list[tuple[str, str, str, int]]) -> None:
    stores = (MemoryRunStore(SystemClock()), RedisRunStore(redis, prefix=f"test-{uuid4().hex[:8]}:"))
    benches = [Bench(store) for store in stores]
    for bench in benches:
        bench.store.beat("node", [1], 60_000)
        for number, (act, session, person, work_ms) in enumerate(acts):
            if act == "start":
                bench.start(f"r{number:02}", session, person)
            else:
                bench.carry_out(work_ms)
        bench.carry_out_all()
    assert benches[0].order == benches[1].order
    assert len(benches[0].order) == sum(act == "start" for act, *_ in acts)
