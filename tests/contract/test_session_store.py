"""One suite for both session stores, with the run stores that hold runs to them: in memory, and Redis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from redis import Redis

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.claim import Claim, ClaimStatus
from fluxagents.flows.ports.commit import Commit, CommitStatus
from fluxagents.flows.ports.dispatch import Dispatch
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.ports.session import (
    PersonQuota,
    SessionBudget,
    SessionRecord,
    SessionUsage,
    StepUsage,
)
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore

FLOW = e.FlowRef(name="f", version=1, digest="d")
NOOP = Dispatch("tool.noop", "tools")


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest, key_prefix: str) -> RunStore:
    opened: RunStore = (
        MemoryRunStore(SystemClock())
        if request.param == "memory"
        else RedisRunStore(request.getfixturevalue("redis"), prefix=key_prefix)
    )
    opened.beat("node", [1], 60_000)
    return opened


def start(
    store: RunStore, session: str = "s", *, requester: str = "", parent: str = "", at_ms: int = 1
) -> str:
    run_id = uuid4().hex
    event = e.RunStarted(
        seq=0,
        at_ms=at_ms,
        run_id=run_id,
        session=session or run_id,
        flow=FLOW,
        start_node="a",
        inputs={},
        parent=parent,
        requester=requester,
    )
    commit = Commit(events=(event,), state=reduce(None, event), dispatch=NOOP)
    assert store.create(commit, commit.state.model_dump_json()) is not None
    return run_id


def claim(store: RunStore, run_id: str) -> Claim:
    return store.claim(
        run_id,
        store.load(run_id).seq,
        digest="",
        sequence_number=0,
        owner="node|1",
        max_deliveries=3,
        lease_ms=60_000,
    )


def step(store: RunStore, run_id: str, usage: StepUsage) -> None:
    """Carry out a step that uses so much."""
    lease, state = claim(store, run_id), store.load(run_id)
    assert lease.status is ClaimStatus.OK
    entered = e.NodeEntered(seq=state.seq, at_ms=2, node="a")
    write(store, replace(commit_of(state, entered), usage=usage), lease.fence)


def end(store: RunStore, run_id: str) -> None:
    state = store.load(run_id)
    cancelled = e.RunCancelled(seq=state.seq, at_ms=3, by="ada", reason="-")
    write(store, replace(commit_of(state, cancelled), dispatch=None), None)


def commit_of(state: RunState, event: e.Event) -> Commit:
    return Commit(events=(event,), state=reduce(state, event), dispatch=NOOP)


def write(store: RunStore, commit: Commit, fence: int | None) -> None:
    done = store.commit(commit, commit.state.model_dump_json(), fence=fence)
    assert done.status is CommitStatus.OK


def refusal(act: Callable[[], object]) -> FluxError:
    with pytest.raises(FluxError) as caught:
        act()
    return caught.value


def names(store: RunStore, **page: int) -> list[str]:
    return [entry.session.name for entry in store.sessions.page("open", **{"limit": 10, **page})]


def test_a_session_is_made_once(store: RunStore) -> None:
    session = SessionRecord(name="s", owner="ada", label="Survey", created_ms=5, changed_ms=5)
    assert store.sessions.add(session)
    assert not store.sessions.add(session.model_copy(update={"owner": "bob"}))
    entry = store.sessions.get("s")
    assert entry is not None
    assert (entry.session, entry.runs, entry.active_ms) == (session, 0, 5)


def test_a_session_that_only_runs_name_is_listed_and_may_be_made_later(store: RunStore) -> None:
    start(store, "s", at_ms=10)
    start(store, "t", at_ms=20)
    alone = start(store, "", at_ms=30)
    assert names(store) == ["t", "s"]
    assert store.sessions.get(alone) is None
    assert store.sessions.get("nothing") is None
    assert store.sessions.add(SessionRecord(name="s", owner="ada", created_ms=15))
    entry = store.sessions.get("s")
    assert entry is not None
    assert (entry.session.owner, entry.runs, entry.active_ms) == ("ada", 1, 15)


def test_a_run_makes_its_session_the_newest_and_pages_hold_each_session_once(store: RunStore) -> None:
    for number in range(5):
        start(store, f"s{number}", at_ms=10 + number)
    start(store, "s0", at_ms=50)
    start(store, "s1", at_ms=5)
    pages = [names(store, limit=2, offset=offset) for offset in (0, 2, 4)]
    assert pages == [["s0", "s4"], ["s3", "s2"], ["s1"]]
    assert store.sessions.counts() == {"open": 5, "closed": 0, "archived": 0}


def test_a_closed_session_takes_no_run_until_it_is_opened(store: RunStore) -> None:
    open_session = SessionRecord(name="s", owner="ada", created_ms=1)
    store.sessions.save(open_session.model_copy(update={"status": "closed"}))
    assert names(store) == []
    assert [entry.session.name for entry in store.sessions.page("closed", limit=5)] == ["s"]
    error = refusal(lambda: start(store))
    assert (error.kind, "session 's' is closed" in error.message) == (ErrorClass.BAD_ARGUMENT, True)
    store.sessions.save(open_session)
    start(store)
    assert names(store) == ["s"]


def test_a_change_of_what_somebody_else_has_changed_is_not_written(store: RunStore) -> None:
    first = SessionRecord(name="s", owner="ada", created_ms=1)
    archived, described = (first.model_copy(update=it) for it in ({"status": "archived"}, {"label": "L"}))
    store.sessions.add(first)
    assert store.sessions.replace(first, archived)
    assert not store.sessions.replace(first, described)
    assert [entry.session for entry in store.sessions.page("archived", limit=5)] == [archived]
    assert store.sessions.page("open", limit=5) == []


def test_a_session_that_only_runs_name_is_changed_from_what_is_shown_of_it(store: RunStore) -> None:
    start(store, "s")
    entry = store.sessions.get("s")
    assert entry
    assert store.sessions.replace(entry.session, entry.session.model_copy(update={"label": "L"}))
    assert not store.sessions.replace(entry.session, entry.session)


def test_a_session_counts_what_its_runs_and_their_children_use(store: RunStore) -> None:
    run = start(store)
    child = start(store, run, parent=run)
    grandchild = start(store, child, parent=child)
    other = start(store, "other")
    for worker, usage in (
        (run, StepUsage(tokens=10, cost_micros=7, work_ms=3)),
        (child, StepUsage(tokens=5, unpriced_tokens=5)),
        (grandchild, StepUsage(work_ms=40)),
        (other, StepUsage(tokens=1_000)),
    ):
        step(store, worker, usage)
    entry = store.sessions.get("s")
    assert entry is not None
    assert entry.usage == SessionUsage(
        runs=1, steps=3, tokens=15, cost_micros=7, unpriced_tokens=5, work_ms=43
    )


@pytest.mark.parametrize(
    ("budget", "usage", "excess"),
    [
        (SessionBudget(tokens=100), StepUsage(tokens=100), "has used 100 of 100 tokens"),
        (SessionBudget(money=0.5), StepUsage(cost_micros=600_000), "has used 0.6 of 0.5 of money"),
        (
            SessionBudget(processor_minutes=2),
            StepUsage(work_ms=180_000),
            "has used 3 of 2 processor minutes",
        ),
    ],
)
def test_a_used_budget_stops_the_next_step_and_the_next_start(
    store: RunStore, budget: SessionBudget, usage: StepUsage, excess: str
) -> None:
    store.sessions.add(SessionRecord(name="s", budget=budget, created_ms=1))
    first, second = start(store), start(store)
    child = start(store, first, parent=first)
    other = start(store, "other")
    step(store, first, usage)
    for run in (first, second, child):
        stopped = claim(store, run)
        assert (stopped.status, stopped.excess) == (ClaimStatus.OVER_BUDGET, f"session 's' {excess}")
    assert claim(store, other).status is ClaimStatus.OK
    error = refusal(lambda: start(store))
    assert (error.kind, error.message) == (ErrorClass.BUDGET, f"session 's' {excess}")


def test_a_raised_budget_lets_steps_go_on(store: RunStore) -> None:
    session = SessionRecord(name="s", budget=SessionBudget(tokens=10), created_ms=1)
    store.sessions.add(session)
    run = start(store)
    step(store, run, StepUsage(tokens=10))
    store.sessions.save(session.model_copy(update={"budget": SessionBudget(tokens=11)}))
    assert claim(store, run).status is ClaimStatus.OK


def test_a_run_that_waits_may_end_by_its_time_whatever_its_session_has_used(store: RunStore) -> None:
    store.sessions.add(SessionRecord(name="s", budget=SessionBudget(tokens=10), created_ms=1))
    run = start(store)
    step(store, run, StepUsage(tokens=10))
    state = store.load(run)
    write(store, commit_of(state, e.RunPaused(seq=state.seq, at_ms=2, by="ada")), None)
    assert claim(store, run).status is ClaimStatus.OK


def test_the_runs_of_a_session_are_counted_when_they_start_and_ended_ones_from_elsewhere_are_not(
    store: RunStore,
) -> None:
    store.sessions.add(SessionRecord(name="s", budget=SessionBudget(runs=2), created_ms=1))
    end(store, start(store))
    start(store)
    error = refusal(lambda: start(store))
    assert (error.kind, error.message) == (ErrorClass.BUDGET, "session 's' has used 2 of 2 runs")
    started = e.RunStarted(seq=0, at_ms=1, run_id="old", session="s", flow=FLOW, start_node="a", inputs={})
    ended = e.RunCancelled(seq=1, at_ms=3, by="ada", reason="-")
    taken_over = Commit((started, ended), reduce(reduce(None, started), ended), None)
    assert store.create(taken_over, taken_over.state.model_dump_json()) is None
    assert store.load("old").status == "cancelled"


def test_a_person_has_so_many_runs_at_once(store: RunStore) -> None:
    store.sessions.set_quota("ada", PersonQuota(runs_at_once=2))
    first = start(store, "s", requester="ada")
    start(store, "", requester="ada")
    error = refusal(lambda: start(store, requester="ada"))
    assert (error.kind, error.message) == (
        ErrorClass.BUDGET,
        "ada has 2 runs that have not ended; the quota allows 2 at once",
    )
    start(store, requester="bob")
    start(store, first, requester="ada", parent=first)
    end(store, first)
    start(store, requester="ada")


def test_a_person_starts_so_many_runs_a_day(store: RunStore) -> None:
    store.sessions.set_quota("ada", PersonQuota(runs_per_day=1))
    end(store, start(store, requester="ada"))
    error = refusal(lambda: start(store, requester="ada"))
    assert error.message == "ada has started runs today (UTC): 1; the quota allows 1 a day"
    store.sessions.set_quota("ada", PersonQuota())
    start(store, requester="ada")
    assert store.sessions.quotas() == {}


def test_an_ended_run_that_goes_on_counts_again(store: RunStore) -> None:
    store.sessions.set_quota("ada", PersonQuota(runs_at_once=1))
    run = start(store, requester="ada")
    end(store, run)
    state = store.load(run)
    begin = state.model_copy(update={"status": "running", "seq": 1})
    back = e.RunRolledBack(
        seq=state.seq, at_ms=4, to_seq=0, kept=1, state=begin.model_dump(mode="json"), by="ada", reason="-"
    )
    write(store, commit_of(state, back), None)
    assert refusal(lambda: start(store, requester="ada")).kind is ErrorClass.BUDGET


def test_usage_can_be_taken_over(store: RunStore) -> None:
    usage = SessionUsage(runs=3, tokens=50)
    store.sessions.add(SessionRecord(name="s", budget=SessionBudget(tokens=50), created_ms=1))
    store.sessions.set_usage("s", usage)
    entry = store.sessions.get("s")
    assert entry is not None
    assert entry.usage == usage
    assert refusal(lambda: start(store)).kind is ErrorClass.BUDGET


def test_sessions_of_a_store_of_an_earlier_version_are_listed(redis: Redis, key_prefix: str) -> None:
    store = RedisRunStore(redis, prefix=key_prefix)
    run = start(store, "nightly", at_ms=7)
    alone = start(store, "")
    start(store, run, parent=run)
    start(store, "schedule:x", at_ms=9)
    # As early versions left it.
    redis.delete(f"{key_prefix}sessions:open", *redis.scan_iter(f"{key_prefix}session-usage:*"))
    entry = store.sessions.get("nightly")
    assert entry is not None
    assert (entry.runs, store.sessions.get(alone)) == (1, None)
    assert names(store) == ["schedule:x", "nightly"]
