"""Makes a scenario of a real run: what the world answered, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml
from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import AskHuman, BeginRuns, CallTool
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import MapNode, Node, SubflowNode, ToolNode
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import TERMINAL, RunState
from fluxagents.flows.testing.asking import nested
from fluxagents.flows.testing.rehearsal import Rehearsal
from fluxagents.flows.testing.scenario import Scenario
from fluxagents.flows.testing.stage import Stage
from fluxagents.flows.testing.verdict import judged

Loads = Callable[[str], RunState]
"""The last state of a run, by its id."""

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


def recorded(
    flow: Flow, events: Sequence[e.Event], *, load: Loads, name: str = "", exact: bool = False
) -> Scenario:
    """The scenario of a run.

    Args:
        flow: The version that the run kept.
        events: All of its events.
        load: Finds the runs that it began.
        name: Of the scenario; the run's id when empty.
        exact: Also say when everything happened and how many tokens it took.

    Raises:
        FluxError: If somebody steered the run, or it goes on.
    """
    recorder = _Recorder(flow, load, exact=exact)
    for event in events:
        recorder.take(event)
    state = recorder.settled()
    document: dict[str, Any] = {
        "name": name or f"run {state.run_id}",
        "run": state.run_id,
        "model": state.model_name or state.model or "model",
        "inputs": {key: value for key, value in state.inputs.items() if value is not None},
        "world": recorder.world,
        "expect": _expected(Rehearsal(flow, state, tuple(events))),
    }
    if exact:
        document["begins"] = state.started_ms / 1_000
    return Scenario.model_validate(document)


def verified(flow: Flow, events: Sequence[e.Event], *, load: Loads, stage: Stage, name: str = "") -> Scenario:
    """The scenario of a run, played once: it comes to what the run came to.

    It says when things happened only if the run came to something else without.

    Args:
        flow: The version that the run kept.
        events: All of its events.
        load: Finds the runs that it began.
        stage: The tools and flows that exist.
        name: Of the scenario.

    Raises:
        FluxError: As `recorded`, or if the scenario comes to something else.
    """
    for exact in (False, True):
        scenario = recorded(flow, events, load=load, name=name, exact=exact)
        verdict = judged(scenario, flow, stage)
        if verdict.holds:
            return scenario
    raise FluxError(
        ErrorClass.INTERNAL,
        f"{scenario.name}: played again it comes to something else: {verdict}",
        suggestions=("was it paused, or was a tool changed since?",),
    )


def as_yaml(flow: Flow, scenario: Scenario) -> str:
    """A file with one scenario."""
    document = {"flow": flow.flow, "scenarios": [scenario.model_dump(mode="json", exclude_defaults=True)]}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


class _Recorder:
    """Reads a log from front to back."""

    def __init__(self, flow: Flow, load: Loads, *, exact: bool) -> None:
        self.world: dict[str, list[dict[str, Any]]] = {}
        self._controller = FlowController(flow)
        self._load = load
        self._exact = exact
        self._state: RunState | None = None

    def settled(self) -> RunState:
        """The last state, with the world's last word on a run that waits."""
        state = self._state
        if state is None or state.status not in {"finished", "failed", "waiting"}:
            status = state.status if state else "not there"
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"run {state.run_id if state else ''!r} is {status}; only one that rests can be recorded",
                suggestions=("wait until it has ended or waits for somebody",),
            )
        if state.status == "waiting":
            self.world.setdefault(state.node, []).append({"open": True})
        return state

    def take(self, event: e.Event) -> None:
        """The next event."""
        if isinstance(event, STEERED):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"the run was steered at step {event.seq} ({event.type}); a scenario cannot say that",
                suggestions=("record a run that went its own way",),
            )
        if self._state is not None:
            answer = self._answer(event, self._state)
            if answer is not None:
                timed = self._timed(answer, event, self._state)
                self.world.setdefault(self._state.node, []).append(timed)
        self._state = reduce(self._state, event)

    def _timed(self, answer: dict[str, Any], event: e.Event, state: RunState) -> dict[str, Any]:
        """With the time and the tokens that it took, where that is wanted."""
        if not self._exact:
            return answer
        more: dict[str, Any] = {}
        since = max(state.updated_ms, state.not_before_ms)
        if "never" not in answer and event.at_ms > since:
            more["after_s"] = (event.at_ms - since) / 1_000
        if isinstance(event, e.DecisionMade | e.DecisionRefused):
            more["tokens"] = event.prompt.tokens_in + event.prompt.tokens_out
        return {**answer, **more}

    def _answer(self, event: e.Event, state: RunState) -> dict[str, Any] | None:
        """What the world said for this to happen; None for what the flow did by itself."""
        if type(event) in _SAID:
            return _SAID[type(event)](event)
        if isinstance(event, e.ToolSucceeded):
            return _success(event, self._node(state))
        if isinstance(event, e.RunsBegun):
            return self._runs(event, state)
        if isinstance(event, e.NodeFailed) and self._could_not_begin(state):
            return {"error": _trouble(event.error)}
        return {"never": True} if _ran_out(event, state) else None

    def _node(self, state: RunState) -> Node:
        return self._controller.flow.nodes[state.node]

    def _could_not_begin(self, state: RunState) -> bool:
        """Whether the failure of a node is that its runs could not begin, for a reason outside the flow."""
        if not isinstance(self._controller.command(state), BeginRuns):
            return False
        try:
            self._controller.plan_runs(state)
        except FluxError:
            return False
        return True

    def _runs(self, event: e.RunsBegun, state: RunState) -> dict[str, Any]:
        node = self._node(state)
        assert isinstance(node, MapNode | SubflowNode)
        runs = [self._run(node, run.run_id, event.at_ms) for run in event.runs]
        return {"run": runs[0]} if isinstance(node, SubflowNode) else {"runs": runs}

    def _run(self, node: MapNode | SubflowNode, run_id: str, began_ms: int) -> dict[str, Any]:
        child = self._load(run_id)
        if child.status not in TERMINAL or (child.status == "cancelled" and child.error is None):
            return {"never": True}
        if child.status == "finished":
            wanted = [one for one in node.fact_sources.values() if one != "answer"]
            facts = {one: child.facts[one] for one in wanted if one in child.facts}
            found: dict[str, Any] = {"facts": facts, "answer": child.answer}
            if isinstance(node, SubflowNode) and child.model and child.model != self._began_with(child):
                found["new_model"] = child.model
        else:
            assert child.error is not None
            found = {"error": _trouble(child.error)}
        took = (child.updated_ms - began_ms) / 1_000
        return {**found, "after_s": took} if self._exact and took > 0 else found

    def _began_with(self, child: RunState) -> str | None:
        return self._state.model if self._state and child.parent else None


def _ran_out(event: e.Event, state: RunState) -> bool:
    """Whether what was waited for did not come before the time of the node or of the run was over."""
    if isinstance(event, e.WaitEnded):
        return event.by == "timeout"
    waited = state.status == "waiting" and state.needs_somebody
    # What follows from another event belongs to the step of that event.
    return isinstance(event, e.RunFailed) and waited and event.seq == state.seq


def _decision(event: e.DecisionMade) -> dict[str, Any]:
    decision = event.decision
    if isinstance(decision, CallTool):
        given = {"args": decision.args, "hypothesis": decision.hypothesis}
        return {"call_tool": decision.tool, **{name: value for name, value in given.items() if value}}
    if isinstance(decision, AskHuman):
        return {"ask_human": decision.question}
    return {"finish": decision.answer, **({"untraced": list(event.untraced)} if event.untraced else {})}


def _success(event: e.ToolSucceeded, node: Node) -> dict[str, Any]:
    summary: dict[str, JsonValue] = {}
    if isinstance(node, ToolNode):
        summary = nested({path: event.facts.get(fact) for fact, path in node.facts.items()})
    return {"summary": summary, **({"new_model": event.new_model} if event.new_model else {})}


def _trouble(error: ErrorInfo) -> dict[str, Any]:
    more = {"suggestions": list(error.suggestions)} if error.suggestions else {}
    return {"kind": error.kind.value, "message": error.message, **more}


def _granted(event: e.ApprovalGranted) -> dict[str, Any]:
    edited = {"args": event.call.args} if event.edited and event.call else True
    return {"approve": edited, "by": event.by}


_SAID: Mapping[type[e.Event], Callable[[Any], dict[str, Any]]] = {
    e.DecisionMade: _decision,
    e.DecisionRefused: lambda event: {"refused": _trouble(event.error)},
    e.ToolFailed: lambda event: {"error": _trouble(event.error)},
    e.ApprovalGranted: _granted,
    e.ApprovalRejected: lambda event: {"reject": event.reason, "by": event.by},
    e.QuestionAnswered: lambda event: {"answer": event.answer, "by": event.by},
    e.EventReceived: lambda event: {"event": event.name, "data": event.data, "by": event.by},
    e.RequestExpired: lambda _: {"never": True},
}
"""Events that say by themselves what the world said."""


def _expected(run: Rehearsal) -> dict[str, Any]:
    """All that can be said of what came of it."""
    found: dict[str, Any] = {"path": list(run.path), "status": run.status}
    if run.facts:
        found["facts"] = dict(run.facts)
    found["questions"] = [{"kind": one.kind, "node": one.node, "text": one.question} for one in run.questions]
    found["calls"] = [{"tool": one.tool, "node": one.node, "args": dict(one.args)} for one in run.calls]
    if run.retries:
        found["retries"] = run.retries
    if run.status == "finished":
        found["answer"] = {"text": run.answer}
    if run.error is not None:
        found["error"] = {"kind": run.error.kind.value, "contains": run.error.message}
    return found
