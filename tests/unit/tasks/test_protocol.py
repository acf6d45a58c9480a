"""The step protocol over the store in memory: what runs twice is recorded once."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from tests.support.recorded_run import acts_in

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import SCHEMA_VERSION
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.memory.remedy_book import MemoryRemedyBook
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.claim import ClaimStatus
from fluxagents.flows.ports.commit import CommitStatus
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.ports.session import SessionBudget, SessionRecord
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import RunState
from fluxagents.tasks.dispatch import TOOL, first_commit
from fluxagents.tasks.external_events import record_external_event
from fluxagents.tasks.ports.outage import StoreOutageError
from fluxagents.tasks.ports.results import Args, Result
from fluxagents.tasks.protocol import StepMessage, StepPorts, run_step
from fluxagents.tasks.reconcile import ReconcilerPorts, reconcile
from fluxagents.tasks.remedy_advice import add_suggestions, record_outcome
from fluxagents.tasks.tool import Tool
from fluxagents.workers.machine.clock import SystemClock

FLOW = """
flow: two_steps
version: 1
purpose: For tests.
start: one
nodes:
  one: {kind: tool, tool: noop, next: two}
  two: {kind: tool, tool: noop, next: done}
  done: {kind: end, message: both steps ran}
"""


class Recorder:
    """A publisher that keeps what it is given, or is cut off."""

    unreachable: tuple[type[Exception], ...] = (ConnectionError,)

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.cut_off = False
        self.stopped: list[tuple[str, int, int]] = []

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        if self.cut_off:
            raise ConnectionError("no route to the broker")
        self.sent += outgoing

    def stop(self, run_id: str, seq: int, attempt: int) -> None:
        self.stopped.append((run_id, seq, attempt))

    def is_idle(self, queue: str) -> bool:
        del queue
        return True


class World:
    """One run of the flow above and the process that steps it."""

    def __init__(self) -> None:
        self.flow: Flow = flow_from_yaml(FLOW)
        self.clock = SystemClock()
        self.store = MemoryRunStore(self.clock)
        self.publisher = Recorder()
        self.acts = 0
        self.store.beat("n", [1], 60_000)
        self.store.save_flow(self.flow)
        controller = FlowController(self.flow, tools={"noop": ToolFacts("noop")})
        self.remedies = MemoryRemedyBook()
        self.ports = StepPorts(
            steps=self.store,
            runs=self.store,
            publisher=self.publisher,
            clock=self.clock,
            controllers=lambda _: controller,
            remedies=self.remedies,
            owner=lambda: "n|1",
            max_deliveries=2,
        )
        self._start(controller)

    def _start(self, controller: FlowController) -> None:
        now = self.clock.now_ms()
        started = e.RunStarted(
            seq=0,
            at_ms=now,
            run_id="r",
            session="s",
            flow=e.FlowRef(name="two_steps", version=1, digest=self.flow.digest),
            start_node="one",
            inputs={},
        )
        first = first_commit(controller, started)
        outgoing = self.store.create(first, first.state.model_dump_json())
        assert outgoing is not None
        self.publisher.publish([outgoing])

    def deliver(
        self, outgoing: Outgoing, act: Callable[..., Sequence[e.Event]] | None = None
    ) -> ClaimStatus | CommitStatus:
        message = StepMessage(
            run=outgoing.run_id,
            seq=outgoing.seq,
            sequence_number=outgoing.sequence_number,
            state=outgoing.state,
        )
        return run_step(self.ports, message, act or self.act)

    def fail(self, kind: ErrorClass) -> Callable[..., Sequence[e.Event]]:
        """An act whose tool fails."""

        def act(_: FlowController, state: RunState, command: Command) -> Sequence[e.Event]:
            assert isinstance(command, CallTool)
            error = FluxError(kind, "it failed").info(command.tool)
            now = self.clock.now_ms()
            return [e.ToolFailed(seq=state.seq, at_ms=now, node=state.node, call=command, error=error)]

        return act

    def reconcile(self) -> int:
        return reconcile(
            ReconcilerPorts(
                dispatches=self.store, publisher=self.publisher, queues=("tools", "tools.new"), grace_ms=0
            )
        )

    def act(self, controller: FlowController, state: RunState, command: Command) -> Sequence[e.Event]:
        del controller
        assert isinstance(command, CallTool)
        self.acts += 1
        return [
            e.ToolSucceeded(
                seq=state.seq, at_ms=2, node=state.node, call=command, key_findings={"n": self.acts}
            )
        ]


@pytest.fixture
def world() -> World:
    return World()


def test_steps_lead_to_the_end(world: World) -> None:
    assert world.deliver(world.publisher.sent[0]) is CommitStatus.OK
    assert world.deliver(world.publisher.sent[1]) is CommitStatus.OK
    state = world.store.load("r")
    assert (state.status, state.answer) == ("finished", "both steps ran")
    assert fold(world.store.events("r")) == state


def test_a_step_of_a_session_that_may_use_no_more_pauses_its_run_with_the_reason(world: World) -> None:
    session = SessionRecord(name="s", budget=SessionBudget(processor_minutes=1), created_ms=1)
    world.store.sessions.save(session)

    def work_for_two_minutes(_: FlowController, state: RunState, command: Command) -> Sequence[e.Event]:
        assert isinstance(command, CallTool)
        return [
            e.ToolSucceeded(
                seq=state.seq, at_ms=2, node=state.node, call=command, key_findings={}, duration_ms=120_000
            )
        ]

    world.deliver(world.publisher.sent[0], work_for_two_minutes)
    assert world.deliver(world.publisher.sent[1]) is CommitStatus.OK
    assert world.acts == 0
    paused = world.store.events("r")[-1]
    assert isinstance(paused, e.RunPaused)
    assert (paused.by, paused.reason) == ("budget", "session 's' has used 2 of 1 processor minutes")
    world.store.sessions.save(session.model_copy(update={"budget": SessionBudget(processor_minutes=3)}))
    state = world.store.load("r")
    resumed = e.RunResumed(seq=state.seq, at_ms=3, by="ada")
    controller = world.ports.controllers(state.flow.digest)
    record_external_event(world.store, world.publisher, controller, state, resumed)
    world.deliver(world.publisher.sent[-1])
    assert world.store.load("r").status == "finished"


def test_a_second_delivery_changes_nothing(world: World) -> None:
    first = world.publisher.sent[0]
    world.deliver(first)
    assert world.deliver(first) is ClaimStatus.STALE
    assert world.acts == 1
    assert len(world.publisher.sent) == 2


def test_a_delivery_during_the_step_changes_nothing(world: World) -> None:
    first = world.publisher.sent[0]
    during: list[ClaimStatus | CommitStatus] = []

    def act(*args: object) -> Sequence[e.Event]:
        during.append(world.deliver(first))
        return world.act(*args)  # type: ignore[arg-type]

    assert world.deliver(first, act) is CommitStatus.OK
    assert during == [ClaimStatus.LEASED]
    assert world.acts == 1


def test_an_effect_whose_lease_was_taken_is_not_recorded(world: World) -> None:
    first = world.publisher.sent[0]

    def slow(*args: object) -> Sequence[e.Event]:
        world.store.beat("n", [2], 60_000)
        other = StepMessage(run="r", seq=1, sequence_number=first.sequence_number, state=first.state)
        taken_over = replace(world.ports, owner=lambda: "n|2")
        assert run_step(taken_over, other, world.act) is CommitStatus.OK
        return world.act(*args)  # type: ignore[arg-type]

    assert world.deliver(first, slow) is CommitStatus.STALE
    assert [event.type for event in world.store.events("r")].count("ToolSucceeded") == 1
    assert fold(world.store.events("r")) == world.store.load("r")


def test_a_step_that_raises_gives_its_lease_back(world: World) -> None:
    first = world.publisher.sent[0]

    def broken(*_: object) -> Sequence[e.Event]:
        raise RuntimeError("the process is told to stop")

    with pytest.raises(RuntimeError, match="told to stop"):
        world.deliver(first, broken)
    assert world.deliver(first) is CommitStatus.OK


def test_an_error_of_ours_in_an_act_fails_the_run_with_it(world: World) -> None:
    def broken(*_: object) -> Sequence[e.Event]:
        raise FluxError(ErrorClass.BAD_FLOW, "prompt 'x' does not exist")

    assert world.deliver(world.publisher.sent[0], broken) is CommitStatus.OK
    state = world.store.load("r")
    assert state.status == "failed"
    assert state.error is not None
    assert state.error.message == "prompt 'x' does not exist"


def test_a_step_that_raises_every_time_ends_in_the_dead_letters(world: World) -> None:
    def broken(*_: object) -> Sequence[e.Event]:
        raise RuntimeError("a fault")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="a fault"):
            world.deliver(world.publisher.sent[0], broken)
    assert world.deliver(world.publisher.sent[0], broken) is CommitStatus.OK
    state = world.store.load("r")
    assert state.status == "dead"
    assert state.error is not None
    assert "RuntimeError: a fault" in state.error.message


def test_a_store_that_is_out_costs_no_delivery_and_fails_nothing(world: World) -> None:
    def out(*_: object) -> Sequence[e.Event]:
        raise StoreOutageError("the store is full")

    before = world.store.events("r")
    for _ in range(world.ports.max_deliveries + 3):
        with pytest.raises(StoreOutageError, match="the store is full"):
            world.deliver(world.publisher.sent[0], out)
    assert world.store.events("r") == before
    assert world.deliver(world.publisher.sent[0]) is CommitStatus.OK


@pytest.mark.parametrize(
    "error",
    [StoreOutageError("the store is away"), OSError(errno.ENOSPC, "No space left on device")],
    ids=["store", "disk"],
)
def test_a_tool_that_meets_a_full_disk_has_not_failed(world: World, error: Exception) -> None:
    def run(*_: object) -> Result:
        raise error

    noop = Tool(name="noop", purpose="", args=Args, result=Result, run=run, reference="", needs_model=False)
    act = acts_in("", {"noop": noop})[TOOL]
    with pytest.raises(StoreOutageError):
        world.deliver(world.publisher.sent[0], act)
    assert world.store.load("r").status == "running"


def test_what_could_not_be_published_is_published_by_the_reconciler(world: World) -> None:
    world.publisher.cut_off = True
    assert world.deliver(world.publisher.sent[0]) is CommitStatus.OK
    assert len(world.publisher.sent) == 1
    world.publisher.cut_off = False
    assert world.reconcile() == 1
    assert world.deliver(world.publisher.sent[1]) is CommitStatus.OK
    assert world.store.load("r").status == "finished"


def test_a_step_that_kills_its_worker_each_time_ends_in_the_dead_letters(world: World) -> None:
    first = world.publisher.sent[0]
    for pid in range(10, 12):
        world.store.beat("n", [pid], 60_000)
        claim = world.store.claim(
            "r",
            1,
            digest="",
            sequence_number=first.sequence_number,
            owner=f"n|{pid}",
            max_deliveries=2,
            lease_ms=60_000,
        )
        assert claim.status is ClaimStatus.OK
    world.store.beat("n", [1], 60_000)
    assert world.deliver(first) is CommitStatus.OK
    state = world.store.load("r")
    assert state.status == "dead"
    assert state.error is not None
    assert "delivered 2 times" in state.error.message
    assert world.acts == 0


def test_a_pause_that_was_asked_for_during_a_step_is_recorded_with_it(world: World) -> None:
    def act(*args: object) -> Sequence[e.Event]:
        assert world.store.request_pause("r", "ada")
        return world.act(*args)  # type: ignore[arg-type]

    assert world.deliver(world.publisher.sent[0], act) is CommitStatus.OK
    assert world.store.load("r").status == "paused"
    assert len(world.publisher.sent) == 1
    assert [event.type for event in world.store.events("r")][-1] == "RunPaused"


def test_a_step_that_may_succeed_later_waits_in_the_store_and_is_tried_again(world: World) -> None:
    assert world.deliver(world.publisher.sent[0], world.fail(ErrorClass.TIMEOUT)) is CommitStatus.OK
    state = world.store.load("r")
    assert state.status == "running"
    assert state.not_before_ms > state.updated_ms
    assert len(world.publisher.sent) == 1
    assert world.reconcile() == 0
    world.store._clock = world.clock.__class__()
    later = state.not_before_ms
    world.store._clock.now_ms = lambda: later  # type: ignore[method-assign]
    assert world.reconcile() == 1
    assert world.deliver(world.publisher.sent[1]) is CommitStatus.OK
    assert world.store.load("r").node == "two"
    assert fold(world.store.events("r")) == world.store.load("r")


def test_retries_come_to_an_end(world: World) -> None:
    fail = world.fail(ErrorClass.MEMORY)
    world.deliver(world.publisher.sent[0], fail)
    world.store._clock = type("Later", (), {"now_ms": lambda _: 2**50})()
    world.reconcile()
    world.store.beat("n", [1], 60_000)
    assert world.deliver(world.publisher.sent[1], fail) is CommitStatus.OK
    state = world.store.load("r")
    assert state.status == "failed"
    assert state.error is not None
    assert state.error.kind is ErrorClass.MEMORY


def test_a_tool_beyond_its_soft_time_limit_is_a_timeout_and_tried_again(world: World) -> None:
    def too_slow(*_: object) -> Result:
        raise SoftTimeLimitExceeded

    tool = Tool(
        name="noop", purpose="", args=Args, result=Result, run=too_slow, reference="", needs_model=False
    )
    act = acts_in("", {"noop": tool})[TOOL]
    assert world.deliver(world.publisher.sent[0], act) is CommitStatus.OK
    state = world.store.load("r")
    assert state.status == "running"
    assert state.errors[-1].kind is ErrorClass.TIMEOUT
    assert world.deliver(world.publisher.sent[0]) is ClaimStatus.STALE


def test_an_error_that_stays_is_not_tried_again(world: World) -> None:
    world.deliver(world.publisher.sent[0], world.fail(ErrorClass.UNREADABLE_MODEL))
    assert world.store.load("r").status == "failed"


def test_what_helped_against_an_error_is_counted_when_its_run_ends_and_suggested_the_next_time(
    world: World,
) -> None:
    error = FluxError(ErrorClass.TIMEOUT, "it failed").info("noop")
    world.store._clock = type("Later", (), {"now_ms": lambda _: 2**50})()
    for _ in ("one", "two"):
        world.store.beat("n", [1], 60_000)
        assert world.deliver(world.publisher.sent[-1], world.fail(ErrorClass.TIMEOUT)) is CommitStatus.OK
        assert add_suggestions(world.remedies, error) == error
        world.reconcile()
        world.store.beat("n", [1], 60_000)
        assert world.deliver(world.publisher.sent[-1]) is CommitStatus.OK
    assert world.store.load("r").status == "finished"
    assert add_suggestions(world.remedies, error).suggestions == (
        "call noop again (helped in 2 of 2 cases before)",
    )
    record_outcome(world.remedies, world.store, world.store.load("r"))
    record = world.remedies.record(error.fingerprint)
    assert record is not None
    assert record.cases == 2


def test_a_forged_state_is_dropped(world: World) -> None:
    first = world.publisher.sent[0]
    forged = StepMessage(
        run="r", seq=1, sequence_number=1, state=first.state.replace('"node":"one"', '"node":"two"')
    )
    assert run_step(world.ports, forged, world.act) is ClaimStatus.DIGEST_MISMATCH
    assert world.acts == 0


def test_a_state_of_a_newer_schema_is_an_error_and_the_step_is_not_lost(world: World) -> None:
    world.store._runs["r"].state = newer = world.store._runs["r"].state.replace(
        f'"schema_version":{SCHEMA_VERSION}', '"schema_version":99'
    )
    message = StepMessage(run="r", seq=1, sequence_number=1, state="")
    with pytest.raises(FluxError, match="schema version 99"):
        run_step(world.ports, message, world.act)
    assert world.store._runs["r"].state == newer
    assert world.store._runs["r"].owner == ""
