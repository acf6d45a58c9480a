"""Records a real run as a scenario: what the world answered, and what the run came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml
from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import AskHuman, BeginRuns, CallTool, Consult
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.votes import Vote
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import MapNode, Node, SubflowNode, ToolNode
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import TERMINAL, RunState
from fluxagents.flows.testing.environment import Environment
from fluxagents.flows.testing.operators import nest
from fluxagents.flows.testing.scenario import Scenario
from fluxagents.flows.testing.scenario_result import check_scenario
from fluxagents.flows.testing.simulated_run import SimulatedRun

LoadRun = Callable[[str], RunState]
"""Returns the last state of a run, by its id."""

STEERED = (
    e.RunCancelled,
    e.RunDeadLettered,
    e.RunRetried,
    e.CallEdited,
    e.RunForked,
    e.RunRolledBack,
    e.FlowChanged,
    e.RunImported,
)
"""What somebody did to the run; no flow says it, and no scenario can."""


def record_scenario(
    flow: Flow, events: Sequence[e.Event], *, load: LoadRun, environment: Environment, name: str = ""
) -> Scenario:
    """Record the scenario of a run, and check that it comes to what the run came to.

    It says when things happened only if the run comes to something else without.

    Args:
        flow: The version that the run kept.
        events: All of its events.
        load: Loads the runs that it began.
        environment: The tools and flows that exist.
        name: Of the scenario; the run's id when empty.

    Raises:
        FluxError: If somebody steered the run, if it goes on, or if the scenario comes to something else.
    """
    for exact in (False, True):
        scenario = _build_scenario(flow, events, load, name=name, exact=exact)
        result = check_scenario(scenario, flow, environment)
        if result.holds:
            return scenario
    raise FluxError(
        ErrorClass.INTERNAL,
        f"{scenario.name}: played again it comes to something else: {result}",
        suggestions=("was it paused, or was a tool changed since?",),
    )


def _build_scenario(
    flow: Flow, events: Sequence[e.Event], load: LoadRun, *, name: str, exact: bool
) -> Scenario:
    """Build the scenario; an exact one says when everything happened and how many tokens it took."""
    recorder = _Recorder(flow, load, exact=exact)
    for event in events:
        recorder.read(event)
    state = recorder.finish()
    document: dict[str, Any] = {
        "name": name or f"run {state.run_id}",
        "run": state.run_id,
        "model": state.model_name or state.model or "model",
        "inputs": {key: value for key, value in state.inputs.items() if value is not None},
        "world": recorder.world,
        "expect": _expect(SimulatedRun(flow, state, tuple(events))),
    }
    if exact:
        document["begins"] = state.started_ms / 1_000
    return Scenario.model_validate(document)


def write_yaml(flow: Flow, scenario: Scenario) -> str:
    """Write a file with one scenario."""
    document = {"flow": flow.flow, "scenarios": [scenario.model_dump(mode="json", exclude_defaults=True)]}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


class _Recorder:
    """Reads a log from front to back."""

    def __init__(self, flow: Flow, load: LoadRun, *, exact: bool) -> None:
        self.world: dict[str, list[dict[str, Any]]] = {}
        self._controller = FlowController(flow)
        self._load = load
        self._exact = exact
        self._state: RunState | None = None

    def finish(self) -> RunState:
        """Return the last state; a run that waits is left open."""
        state = self._state
        if state is None or state.status not in {"finished", "failed", "waiting"}:
            status = state.status if state else "not there"
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"run {state.run_id if state else ''!r} is {status}; only one that has ended or waits can be "
                "recorded",
                suggestions=("wait until it has ended or waits for somebody",),
            )
        if state.status == "waiting":
            self.world.setdefault(state.node, []).append({"open": True})
        return state

    def read(self, event: e.Event) -> None:
        """Read the next event."""
        if isinstance(event, STEERED):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"the run was steered at step {event.seq} ({event.type}); a scenario cannot say that",
                suggestions=("record a run that nobody steered",),
            )
        if self._state is not None:
            answer = self._answer(event, self._state)
            if answer is not None:
                if self._exact:
                    answer |= _measure(answer, event, self._state)
                self.world.setdefault(self._state.node, []).append(answer)
        self._state = reduce(self._state, event)

    def _answer(self, event: e.Event, state: RunState) -> dict[str, Any] | None:
        """What the world answered for this to happen; None for what the flow did by itself."""
        if isinstance(event, e.VoteCast | e.ApprovalGranted | e.ApprovalRejected):
            return _judge(event, state)
        if type(event) in _ANSWERS:
            return _ANSWERS[type(event)](event)
        node = self._controller.flow.nodes[state.node]
        if isinstance(event, e.ToolSucceeded):
            return _success(event, node)
        if isinstance(event, e.RunsBegun):
            assert isinstance(node, MapNode | SubflowNode)
            runs = [self._stub(node, run.run_id, event.at_ms) for run in event.runs]
            return {"run": runs[0]} if isinstance(node, SubflowNode) else {"runs": runs}
        if isinstance(event, e.NodeFailed) and self._fails_from_outside(state):
            return {"error": _state_error(event.error)}
        return {"never": True} if _is_timeout(event, state) else None

    def _fails_from_outside(self, state: RunState) -> bool:
        """Whether the runs of a node could not begin for a reason outside the flow."""
        if not isinstance(self._controller.command(state), BeginRuns):
            return False
        try:
            self._controller.plan_runs(state)
        except FluxError:
            return False
        return True

    def _stub(self, node: MapNode | SubflowNode, run_id: str, began_ms: int) -> dict[str, Any]:
        child = self._load(run_id)
        if child.status not in TERMINAL or (child.status == "cancelled" and child.error is None):
            return {"never": True}
        stub: dict[str, Any]
        if child.status == "finished":
            names = [source for source in node.fact_sources.values() if source != "answer"]
            facts = {name: child.facts[name] for name in names if name in child.facts}
            stub = {"facts": facts, "answer": child.answer}
            before = self._state.model if self._state and child.parent else None
            if isinstance(node, SubflowNode) and child.model and child.model != before:
                stub["new_model"] = child.model
        else:
            assert child.error is not None
            stub = {"error": _state_error(child.error)}
        after_s = (child.updated_ms - began_ms) / 1_000
        return {**stub, "after_s": after_s} if self._exact and after_s > 0 else stub


def _measure(answer: Mapping[str, Any], event: e.Event, state: RunState) -> dict[str, Any]:
    """The time and the tokens that an answer took."""
    fields: dict[str, Any] = {}
    since_ms = max(state.updated_ms, state.not_before_ms)
    if "never" not in answer and event.at_ms > since_ms:
        fields["after_s"] = (event.at_ms - since_ms) / 1_000
    if isinstance(event, e.DecisionMade | e.DecisionRefused):
        fields["tokens"] = event.prompt.tokens_in + event.prompt.tokens_out
    return fields


def _is_timeout(event: e.Event, state: RunState) -> bool:
    """Whether the time of the node or of the run was over before what it waited for came."""
    if isinstance(event, e.WaitEnded):
        return event.by == "timeout"
    if isinstance(event, e.ConsultationClosed):
        return event.because == "time"
    waits = state.status == "waiting" and state.needs_somebody
    # What follows from another event belongs to the step of that event.
    return isinstance(event, e.RunFailed) and waits and event.seq == state.seq


def _decision(event: e.DecisionMade) -> dict[str, Any]:
    decision = event.decision
    if isinstance(decision, CallTool):
        fields = {"args": decision.args, "hypothesis": decision.hypothesis}
        return {"call_tool": decision.tool, **{name: value for name, value in fields.items() if value}}
    if isinstance(decision, AskHuman):
        return {"ask_human": decision.question}
    if isinstance(decision, Consult):
        choices = {"choices": list(decision.choices)} if decision.choices else {}
        return {"consult": decision.question, **choices}
    return {"finish": decision.answer, **({"untraced": list(event.untraced)} if event.untraced else {})}


def _success(event: e.ToolSucceeded, node: Node) -> dict[str, Any]:
    summary: dict[str, JsonValue] = {}
    if isinstance(node, ToolNode):
        summary = nest({path: event.facts.get(fact) for fact, path in node.facts.items()})
    return {"summary": summary, **({"new_model": event.new_model} if event.new_model else {})}


def _state_error(error: ErrorInfo) -> dict[str, Any]:
    more = {"suggestions": list(error.suggestions)} if error.suggestions else {}
    return {"kind": error.kind.value, "message": error.message, **more}


def _judge(
    event: e.VoteCast | e.ApprovalGranted | e.ApprovalRejected, state: RunState
) -> dict[str, Any] | None:
    """A vote; what the votes come to is no answer of its own. Early versions recorded only that."""
    request = state.waiting_for
    assert request is not None
    if isinstance(event, e.VoteCast):
        return _vote(event.vote, request)
    if request.votes:
        return None
    if isinstance(event, e.ApprovalRejected):
        return {"reject": event.reason, "by": event.by}
    edit = {"args": event.call.args} if event.edited and event.call else True
    return {"approve": edit, "by": event.by}


def _vote(vote: Vote, request: HumanRequest) -> dict[str, Any]:
    if vote.choice == "reject":
        return {"reject": vote.comment, "by": vote.by}
    if vote.choice != "approve" or vote.for_people:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{vote.by!r} abstained, stepped out or voted for another; a scenario cannot say that",
            suggestions=("record a run in which everybody votes for themselves",),
        )
    is_first = not any(before.digest == request.digest for before in request.votes)
    edit = {"args": request.call.args} if request.edited and request.call and is_first else True
    return {"approve": edit, "by": vote.by}


_ANSWERS: Mapping[type[e.Event], Callable[[Any], dict[str, Any]]] = {
    e.DecisionMade: _decision,
    e.DecisionRefused: lambda event: {"refused": _state_error(event.error)},
    e.ToolFailed: lambda event: {"error": _state_error(event.error)},
    e.QuestionAnswered: lambda event: {"answer": event.answer, "by": event.by},
    e.OpinionGiven: lambda event: {"answer": event.opinion.answer, "by": event.opinion.by},
    e.EventReceived: lambda event: {"event": event.name, "data": event.data, "by": event.by},
    e.RequestExpired: lambda _: {"never": True},
}
"""Events that say by themselves what the world answered."""


def _expect(run: SimulatedRun) -> dict[str, Any]:
    """Expect all that can be said of a run."""
    expect: dict[str, Any] = {"path": list(run.path), "status": run.status}
    if run.facts:
        expect["facts"] = dict(run.facts)
    expect["questions"] = [
        {"kind": request.kind, "node": request.node, "text": request.question} for request in run.questions
    ]
    expect["calls"] = [{"tool": call.tool, "node": call.node, "args": dict(call.args)} for call in run.calls]
    if run.retries:
        expect["retries"] = run.retries
    if run.status == "finished":
        expect["answer"] = {"text": run.answer}
    if run.error is not None:
        expect["error"] = {"kind": run.error.kind.value, "contains": run.error.message}
    return expect
