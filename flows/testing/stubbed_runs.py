"""The runs that `map` and `subflow` nodes begin: their ends are stated, or they are simulated too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import JoinRuns
from fluxagents.flows.engine.children import ChildPlan, start_children
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.fan_in import find_shortfall, join_children, late_runs_error
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.tool_flows import build_item_flow
from fluxagents.flows.errors import ErrorInfo, FluxError, nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.language.nodes import MapNode, SubflowNode, ToolNode
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import TERMINAL, RunState, child_ids
from fluxagents.flows.testing.environment import Environment, Query, ScriptedWorld, World
from fluxagents.flows.testing.operators import query_runs
from fluxagents.flows.testing.scenario import Answers, ScenarioError, StatedAnswer, StubbedRun, blame_scenario
from fluxagents.flows.testing.simulated_run import SimulatedRun

Simulate = Callable[[Flow, World, Environment, e.RunStarted], SimulatedRun]


@dataclass(frozen=True, slots=True)
class _Start:
    """How a run begins: with these inputs, or not at all."""

    inputs: dict[str, JsonValue]
    error: FluxError | None = None


class StubbedRuns:
    """The runs that the nodes of one run begin.

    Args:
        controller: Of the run that begins them.
        environment: The tools and flows that exist.
        simulate: Simulates one run.
    """

    def __init__(self, controller: FlowController, environment: Environment, simulate: Simulate) -> None:
        self._controller = controller
        self._environment = environment
        self._simulate = simulate
        self._ends: list[tuple[RunState, int]] = []
        """Of the present node: how each run ends, and when (Unix time in ms)."""
        self.simulated: dict[str, SimulatedRun] = {}
        self.ended: dict[str, RunState] = {}
        self.unused: tuple[str, ...] = ()

    def query(self, state: RunState, at_ms: int) -> Query | Sequence[e.Event]:
        """What the world must say of the runs of the present node, or what happens without it."""
        try:
            node, plans = self._controller.plan_runs(state)
        except FluxError as error:
            return [_fail_node(state, error, at_ms)]
        if not plans:
            return [join_children(self._controller, state, node, [], at_ms)]
        errors = [start.error for start in self._start_all(node, plans)]
        fail_alone = _fail_alone(node)
        refused = all(errors) or (any(errors) and not fail_alone)
        return query_runs(state, node, len(plans), refused=refused, fail_alone=fail_alone)

    def begin(self, state: RunState, answer: StatedAnswer | None, at_ms: int) -> Sequence[e.Event]:
        """Begin the runs of the present node.

        Args:
            state: The run that begins them.
            answer: What the world says; None where the arguments of all runs are refused.
            at_ms: When.

        Raises:
            ScenarioError: If what is said of the runs does not fit them.
        """
        node, plans = self._controller.plan_runs(state)
        starts = self._start_all(node, plans)
        error = answer.error.build_error() if answer and answer.error else None
        if error is None and not _fail_alone(node):
            error = next((start.error for start in starts if start.error), None)
        if error is not None:
            return [_fail_node(state, error, at_ms)]
        flow = self._flow(node, plans)
        begun = e.RunsBegun(
            seq=state.seq,
            at_ms=at_ms,
            node=state.node,
            flow=flow.ref,
            start_node=flow.start,
            runs=tuple(
                e.RunBegun(
                    run_id=run_id,
                    inputs=start.inputs,
                    model=plan.model or state.model,
                    model_name=plan.model or state.model_name,
                    error=start.error.info(state.node) if start.error else None,
                )
                for run_id, plan, start in zip(
                    child_ids(f"{state.run_id}.{state.seq}", len(plans)), plans, starts, strict=True
                )
            ),
            width=node.width if isinstance(node, MapNode) else 1,
        )
        stubs = self._stubs(state, node, answer, len(plans))
        self._ends = [
            (_fail_at_start(started, run.error), at_ms) if run.error else self._end(node, flow, started, stub)
            for started, run, stub in zip(start_children(state, begun), begun.runs, stubs, strict=True)
        ]
        self.ended |= {run.run_id: run for run, _ in self._ends}
        return [begun]

    def join(self, state: RunState, command: JoinRuns, at_ms: int) -> Sequence[e.Event]:
        """What the node makes of its runs, when the last has ended or their time is over."""
        node, _ = self._controller.plan_runs(state)
        late = [run for run, end_ms in self._ends if run.status not in TERMINAL or end_ms > command.until_ms]
        if late:
            error = late_runs_error(state, len(late), len(self._ends))
            return [_fail_node(state, error, max(at_ms, command.until_ms))]
        runs = [run for run, _ in self._ends]
        end_ms = max(at_ms, *(end_ms for _, end_ms in self._ends))
        try:
            result = join_children(self._controller, state, node, runs, end_ms)
        except FluxError as error:
            return [_fail_node(state, error, end_ms)]
        failure = find_shortfall(node, runs)
        return [result, _fail_node(state, failure, end_ms)] if failure else [result]

    def _flow(self, node: MapNode | SubflowNode, plans: Sequence[ChildPlan]) -> Flow:
        if isinstance(node, MapNode) and node.tool is not None:
            return build_item_flow(node, {name for plan in plans for name in plan.inputs})
        if node.digest not in self._environment.flows:
            raise ScenarioError(f"flow {node.flow!r} does not exist in this environment")
        return self._environment.flows[node.digest]

    def _start_all(self, node: MapNode | SubflowNode, plans: Sequence[ChildPlan]) -> list[_Start]:
        flow = self._flow(node, plans)
        return [self._start(flow, node, plan) for plan in plans]

    def _start(self, flow: Flow, node: MapNode | SubflowNode, plan: ChildPlan) -> _Start:
        try:
            if not isinstance(node, MapNode) or node.tool is None:
                return _Start(check_inputs(flow, plan.inputs))
            self._environment.check_args(node.tool, plan.inputs)
        except FluxError as error:
            return _Start(plan.inputs, error)
        work = flow.nodes[flow.start]
        assert isinstance(work, ToolNode)
        return _Start({**dict.fromkeys(work.args), **plan.inputs})

    def _stubs(
        self, state: RunState, node: MapNode | SubflowNode, answer: StatedAnswer | None, count: int
    ) -> list[StubbedRun]:
        """What the answer says of each run, in their order."""
        if answer is None:
            return [StubbedRun(never=True)] * count
        if answer.run is not None:
            return [answer.run]
        if answer.each is not None:
            assert isinstance(node, MapNode)
            return self._stubs_by_item(state, node, answer.each)
        assert answer.runs is not None
        if len(answer.runs) != count:
            raise ScenarioError(
                f"node {state.node!r} begins {count} runs, and the scenario states {len(answer.runs)}",
                suggestions=("`each` says the same of every item",),
            )
        return list(answer.runs)

    def _stubs_by_item(self, state: RunState, node: MapNode, stubs: Sequence[StubbedRun]) -> list[StubbedRun]:
        flow = self._controller.flow
        context = NodeContext(
            flow, self._environment.tools, state, state.seq, state.updated_ms, flow.value_names
        )
        with blame_scenario(f"node {state.node!r}: "):
            return [_stub_for(context, node, item, stubs) for item in context.evaluate(node.over)]

    def _end(
        self, node: MapNode | SubflowNode, flow: Flow, started: e.RunStarted, stub: StubbedRun
    ) -> tuple[RunState, int]:
        """How a run ends, and when."""
        world = _world_of(flow, stub)
        end_ms = started.at_ms + round(stub.after_s * 1_000)
        if world is None:
            return _end_stubbed(node, flow, started, stub, end_ms), end_ms
        later = started.model_copy(update={"at_ms": end_ms})
        run = self._simulate(flow, world, self._environment, later)
        self.simulated[started.run_id] = run
        unused = (f"run {started.run_id}: {sentence}" for sentence in world.list_unused())
        self.unused += (*run.unused, *unused)
        return run.state, run.state.updated_ms


def _fail_alone(node: MapNode | SubflowNode) -> bool:
    """Whether a run that cannot begin does not fail its node."""
    return node.min_share < 1


def _fail_node(state: RunState, error: FluxError, at_ms: int) -> e.NodeFailed:
    return e.NodeFailed(seq=state.seq, at_ms=at_ms, node=state.node, error=error.info(state.node))


def _fail_at_start(started: e.RunStarted, error: ErrorInfo) -> RunState:
    failed = e.RunFailed(seq=0, at_ms=started.at_ms, node=started.start_node, error=error)
    return reduce(reduce(None, started), failed)


def _stub_for(
    context: NodeContext, node: MapNode, item: JsonValue, stubs: Sequence[StubbedRun]
) -> StubbedRun:
    """The first case of `each` that holds for an item, with its expressions computed."""
    names = {node.each: item}
    for stub in stubs:
        if stub.when is None or context.evaluate(stub.when, **names):
            values = {
                field: context.fill_value(getattr(stub, field), **names)
                for field in ("summary", "facts", "answer")
                if getattr(stub, field) is not None
            }
            return stub.model_copy(update=values)
    raise ScenarioError(
        f"node {context.state.node!r}: no case of `each` holds for {node.each} = {item!r:.80}",
        suggestions=("a last case without `when` holds for all others",),
    )


def _world_of(flow: Flow, stub: StubbedRun) -> ScriptedWorld | None:
    """The world in which a run is simulated; None if its end is stated."""
    if stub.world is not None:
        return ScriptedWorld(stub.world, stub.tools)
    if stub.summary is None:
        return None
    if not isinstance(flow.nodes.get("work"), ToolNode):
        raise ScenarioError(
            f"a run of flow {flow.flow!r} has no summary",
            suggestions=("say `facts` and `answer`, or `world` to play it",),
        )
    answer = StatedAnswer(summary=stub.summary, **({"new_model": stub.new_model} if stub.new_model else {}))
    return ScriptedWorld({"work": Answers(answers=(answer,), repeats=True)}, {})


def _end_stubbed(
    node: MapNode | SubflowNode, flow: Flow, started: e.RunStarted, stub: StubbedRun, end_ms: int
) -> RunState:
    """The last state of a run whose end is stated."""
    state = reduce(None, started)
    if stub.never:
        return state
    if stub.error is not None:
        error = stub.error.build_error().info(flow.start)
        return reduce(state, e.RunFailed(seq=1, at_ms=end_ms, node=flow.start, error=error))
    known = list(node.fact_sources) if isinstance(node, MapNode) and node.tool else list(flow.fact_names)
    for fact in stub.facts or {}:
        if fact not in known:
            raise ScenarioError(
                f"a run of flow {flow.flow!r} finds no fact {fact!r}",
                suggestions=(*nearest(fact, known), f"its facts: {', '.join(known) or 'none'}"),
            )
    update: dict[str, Any] = {"facts": stub.facts or {}, "model": stub.new_model or state.model}
    finished = e.RunFinished(seq=1, at_ms=end_ms, node=flow.start, answer=stub.answer or "")
    return reduce(state.model_copy(update=update), finished)
