"""Random worlds: whatever tools, humans and clocks do, the log folds to the state, and the state is sound."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.support.depth import DEPTH

from fluxagents.flows import events as e
from fluxagents.flows.commands import (
    AskHuman,
    BeginRuns,
    CallTool,
    Command,
    ComputeEffect,
    Decide,
    Expire,
    Explain,
    Finish,
    JoinRuns,
    JoinShards,
    NotifyHuman,
    call_digest,
)
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.invariants import find_violations
from fluxagents.flows.engine.requests.effects import build_unknown_effect
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState, child_ids, state_from_json

FLOW = """
flow: everything
version: 1
purpose: Each kind of node, with each of its ways.
inputs:
  items: {type: array, default: [1, 2]}
facts:
  growth: {type: number, unit: 1/h}
  uptake: {type: number}
  measured: {type: number}
  all: {type: array}
  sub: {type: number}
budget: {steps: 60}
start: measure
nodes:
  measure:
    kind: tool
    tool: fba
    facts: {growth: growth}
    retry: {attempts: 2, pause_s: 1}
    timeout_s: 30
    max_visits: 4
    next: grows
    on_error: ask
  grows:
    kind: branch
    cases: [{when: growth > 0.5, to: think}]
    otherwise: ask
    on_error: survey
  think:
    kind: decide
    prompt: tool_selection
    tools: [fba, change]
    max_steps: 4
    timeout_s: 600
    next: survey
  ask:
    kind: ask
    question: How much, if {growth}?
    fact: uptake
    timeout_s: 60
    on_timeout: agree
    next: measure
    max_visits: 3
    on_error: sorry
  survey:
    kind: map
    over: items
    tool: fba
    args: {x: =item}
    facts: {all: growth}
    min_finished: 0.5
    timeout_s: 90
    on_error: agree
    next: sub
  sub:
    kind: subflow
    flow: other
    when: len(items) > 1
    facts: {sub: growth}
    retry: {attempts: 2}
    on_error: agree
    next: wait
  wait:
    kind: wait
    event: measured
    facts: {measured: growth}
    timeout_s: 60
    on_timeout: rest
    on_error: rest
    next: rest
  rest: {kind: wait, for_s: 20, next: agree}
  agree:
    kind: approve
    question: Change it?
    timeout_s: 60
    on_timeout: sorry
    on_reject: sorry
    next: change
  change: {kind: tool, tool: change, args: {x: 1}, on_error: sorry, next: done}
  sorry: {kind: end, outcome: failed, message: "no"}
  done: {kind: end, message: "{growth}"}
"""

TOOLS = {"fba": ToolFacts("fba"), "change": ToolFacts("change", needs_approval=True, has_effect=True)}
CONTROLLER = FlowController(flow_from_yaml(FLOW), tools=TOOLS)
PROMPT = e.PromptUse(name="tool_selection", version="1", digest="d", chat_model="t", tokens_in=9)
KINDS = (ErrorClass.INFEASIBLE, ErrorClass.TIMEOUT, ErrorClass.PROVIDER_OUTAGE, ErrorClass.UNKNOWN_ID)
NUMBERS = st.sampled_from([0.0, 0.4, 0.9, None])


class Walk:
    """One run through the flow above; `draw` decides what the world does."""

    def __init__(self, draw: st.DataObject, *, stepwise: bool) -> None:
        self.draw = draw
        flow = CONTROLLER.flow
        started = e.RunStarted(
            seq=0,
            at_ms=0,
            run_id="r",
            session="r",
            flow=flow.ref,
            start_node=draw.draw(st.sampled_from(sorted(flow.nodes))),
            inputs={"items": draw.draw(st.sampled_from([[1, 2, 3], [1], [], [1, 2], [1, 2, 3], "x"]))},
            model="sha256:m",
            stepwise=stepwise,
        )
        self.now = 0
        state = reduce(None, started)
        self.state, walked, self.command = CONTROLLER.advance(state, seq=0, at_ms=0)
        self.log: list[e.Event] = [started, *walked]

    def goes_on(self, *happened: e.Event) -> None:
        before = self.state
        self.state, events, self.command = CONTROLLER.advance(
            before, seq=before.seq, at_ms=self.now, after=happened
        )
        self.log += events
        again = CONTROLLER.advance(before, seq=before.seq, at_ms=self.now, after=happened)
        assert again == (self.state, events, self.command), "the same events give the same state"

    def choose(self, *options: str) -> str:
        return self.draw.draw(st.sampled_from(options))

    def step(self) -> None:
        assert self.command is not None
        self.now += self.draw.draw(st.sampled_from([10, 10, 5_000, 40_000]))
        if self.state.status == "running" and self.choose(*["go"] * 12, "pause") == "pause":
            self.goes_on(e.RunPaused(seq=self.state.seq, at_ms=self.now, by="ada"))
            return
        self.goes_on(*self.effects(self.command))

    def reported(self, command: ComputeEffect | Explain | NotifyHuman) -> e.Event:
        if isinstance(command, ComputeEffect):
            return build_unknown_effect(self.state, command.call, "a drawn walk", self.now)
        if isinstance(command, Explain):
            return e.ExplanationGiven(
                seq=self.state.seq, at_ms=self.now, request_id=command.request_id, answer="so", prompt=PROMPT
            )
        return e.HumanNotified(
            seq=self.state.seq, at_ms=self.now, request_id=command.request_id, channels=("inbox",)
        )

    def effects(self, command: Command) -> Sequence[e.Event]:
        match command:
            case Decide():
                return [self.decided()]
            case CallTool() | JoinShards():
                return [self.called(command)]
            case ComputeEffect() | Explain() | NotifyHuman():
                return [self.reported(command)]
            case BeginRuns():
                return [self.begun()]
            case JoinRuns():
                return self.joined(command)
            case Expire():
                return [self.outside(command)]

    def failed(self, kind: ErrorClass) -> ErrorInfo:
        return FluxError(kind, "it failed").info(self.state.node)

    def kind(self) -> ErrorClass:
        return self.draw.draw(st.sampled_from(KINDS))

    def decided(self) -> e.Event:
        seq, node = self.state.seq, self.state.node
        choice = self.choose("call", "change", "ask", "finish", "refuse")
        if choice == "refuse":
            error = self.failed(self.kind())
            return e.DecisionRefused(seq=seq, at_ms=self.now, node=node, error=error, prompt=PROMPT)
        decision = {
            "call": CallTool(tool="fba"),
            "change": CallTool(tool="change", args={"x": 2}),
            "ask": AskHuman(question="which?"),
            "finish": Finish(answer="that"),
        }[choice]
        return e.DecisionMade(seq=seq, at_ms=self.now, node=node, decision=decision, prompt=PROMPT)

    def called(self, command: CallTool | JoinShards) -> e.Event:
        call = command.call if isinstance(command, JoinShards) else command
        seq, node = self.state.seq, self.state.node
        assert call.tool != "change" or self.state.approved == call_digest(
            call.tool, call.args, self.state.model
        )
        if isinstance(command, CallTool) and call.tool == "fba" and self.choose("whole", "split") == "split":
            return e.ToolSplit(seq=seq, at_ms=self.now, node=node, call=call, runs=("r.p0", "r.p1"))
        if self.choose(*["works"] * 5, "fails") == "fails":
            error = self.failed(self.kind())
            return e.ToolFailed(seq=seq, at_ms=self.now, node=node, call=call, error=error)
        facts = CONTROLLER.extract_facts(self.state, {"growth": self.draw.draw(NUMBERS)})
        return e.ToolSucceeded(seq=seq, at_ms=self.now, node=node, call=call, key_findings={}, facts=facts)

    def begun(self) -> e.Event:
        try:
            _, plans = CONTROLLER.plan_runs(self.state)
        except FluxError as error:
            return e.NodeFailed(
                seq=self.state.seq, at_ms=self.now, node=self.state.node, error=error.info(self.state.node)
            )
        if not plans:
            return self.all_joined(0, 0)
        runs = [
            e.RunBegun(run_id=run_id, inputs=plan.inputs, model=None)
            for run_id, plan in zip(child_ids(f"r.{self.state.seq}", len(plans)), plans, strict=True)
        ]
        return e.RunsBegun(
            seq=self.state.seq,
            at_ms=self.now,
            node=self.state.node,
            flow=CONTROLLER.flow.ref,
            start_node="measure",
            runs=tuple(runs),
            width=2,
        )

    def all_joined(self, finished: int, failed: int) -> e.Event:
        one = self.state.node == "sub"
        value: JsonValue = self.draw.draw(NUMBERS)
        facts: dict[str, JsonValue] = {"sub": value} if one else {"all": [value] * (finished + failed)}
        return e.RunsJoined(
            seq=self.state.seq,
            at_ms=self.now,
            node=self.state.node,
            what="fba",
            finished=finished,
            failed=failed,
            facts=facts,
            key_findings={},
        )

    def joined(self, command: JoinRuns) -> Sequence[e.Event]:
        assert self.state.begun is not None
        assert command.runs == self.state.begun.runs
        broken = e.NodeFailed(
            seq=self.state.seq, at_ms=self.now, node=self.state.node, error=self.failed(self.kind())
        )
        if self.choose("works", "works", "fails") == "fails":
            return [self.all_joined(0, len(command.runs)), broken]
        return [self.all_joined(len(command.runs), 0)]

    def outside(self, command: Expire) -> e.Event:
        """Somebody acts on a run that rests, or its time is over."""
        seq, at_ms = self.state.seq, self.now
        choice = self.choose(*["act"] * 12, *["late"] * 4, *["signal"] * 4, "cancel")
        if choice == "late":
            self.now = max(self.now, command.at_ms)
            return CONTROLLER.on_expiry(self.state, self.now)
        if choice == "signal":
            data: dict[str, JsonValue] = {"growth": self.draw.draw(NUMBERS)} if at_ms % 2 else {}
            return e.EventReceived(seq=seq, at_ms=at_ms, name="measured", data=data, by="lab")
        if choice == "cancel":
            return e.RunCancelled(seq=seq, at_ms=at_ms, by="ada", reason="no")
        if self.state.status == "paused":
            return e.RunResumed(seq=seq, at_ms=at_ms, by="ada")
        if self.state.waiting_for is None:
            return e.RunPaused(seq=seq, at_ms=at_ms, by="ada")
        return self.answered(self.state.waiting_for)

    def answered(self, request: HumanRequest) -> e.Event:
        seq, at_ms = self.state.seq, self.now
        if request.kind != "approval":
            facts = CONTROLLER.parse_answer(self.state, "3")
            return e.QuestionAnswered(
                seq=seq, at_ms=at_ms, request_id=request.id, by="ada", answer="3", facts=facts
            )
        if self.choose("yes", "yes", "no") == "no":
            return e.ApprovalRejected(seq=seq, at_ms=at_ms, request_id=request.id, by="ada", reason="no")
        return e.ApprovalGranted(seq=seq, at_ms=at_ms, request_id=request.id, by="ada", call=request.call)


def folded(log: Sequence[e.Event]) -> RunState | None:
    """As `fold`, with a look at each state on the way."""
    state = None
    for event in log:
        state = reduce(state, event)
        assert find_violations(state, CONTROLLER.flow, walking=True) == [], event
    return state


@given(st.data(), st.booleans())
@settings(max_examples=500 * DEPTH, deadline=None)
def test_every_state_on_the_way_is_sound_and_follows_from_the_log(
    draw: st.DataObject, stepwise: bool
) -> None:
    walk = Walk(draw, stepwise=stepwise)
    for _ in range(150):
        assert find_violations(walk.state, CONTROLLER.flow) == []
        assert (walk.command is None) == walk.state.has_ended
        if walk.state.has_ended:
            break
        walk.step()
    assert folded(walk.log) == walk.state
    assert state_from_json(walk.state.model_dump_json()) == walk.state
    assert len(walk.state.model_dump_json()) < 65_536


@given(st.data())
@settings(max_examples=100 * DEPTH, deadline=None)
def test_a_run_goes_back_to_any_step_and_on_from_there(draw: st.DataObject) -> None:
    walk = Walk(draw, stepwise=False)
    for _ in range(draw.draw(st.integers(1, 12))):
        if walk.state.has_ended:
            break
        walk.step()
    to_seq = draw.draw(st.integers(0, walk.state.seq - 1))
    then = fold([event for event in walk.log if event.seq <= to_seq])
    if then.has_ended:
        return
    spent = walk.state.tokens_in
    walk.goes_on(
        e.RunRolledBack(
            seq=walk.state.seq,
            at_ms=walk.now,
            to_seq=to_seq,
            kept=sum(event.seq <= to_seq for event in walk.log),
            state=then.model_dump(mode="json"),
            by="ada",
            reason="",
        )
    )
    assert find_violations(walk.state, CONTROLLER.flow) == []
    assert (walk.state.tokens_in, walk.state.approved) == (spent, None)
    assert fold(walk.log) == walk.state
    if not walk.state.has_ended:
        walk.step()
        assert find_violations(walk.state, CONTROLLER.flow) == []


def test_the_flow_of_these_walks_is_sound_itself() -> None:
    assert CONTROLLER.validate_flow() == []


def test_a_state_that_cannot_be_is_named() -> None:
    flow = CONTROLLER.flow
    state: RunState = reduce(
        None,
        e.RunStarted(seq=0, at_ms=0, run_id="r", session="r", flow=flow.ref, start_node="ask", inputs={}),
    )
    broken = state.model_copy(update={"status": "waiting"})
    assert find_violations(broken, flow) == ["it is waiting and waits for 0 things"]
    assert find_violations(state.model_copy(update={"node": "nowhere"}), flow) == [
        "it stands at 'nowhere', which is no node of flow 'everything'"
    ]
    with pytest.raises(AssertionError):
        assert find_violations(state.model_copy(update={"approved": "x"}), flow) == []
