"""The runs that `map` and `subflow` nodes begin in a rehearsal: stated, or played with their own world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import JoinRuns
from fluxagents.flows.engine.children import ChildPlan, start_children
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.fan_in import find_shortfall, join_children, late_runs_error
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.engine.tool_flows import build_item_flow
from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.language.nodes import MapNode, SubflowNode, ToolNode
from fluxagents.flows.state import TERMINAL, RunState, child_ids
from fluxagents.flows.testing.asking import ask_of_runs
from fluxagents.flows.testing.rehearsal import Rehearsal
from fluxagents.flows.testing.scenario import Answer, Answers, ChildRun, ScenarioError
from fluxagents.flows.testing.stage import Stage
from fluxagents.flows.testing.told_runs import computed, refused_at_once, told
from fluxagents.flows.testing.world import Ask, ScriptedWorld, World

Plays = Callable[[Flow, World, Stage, e.RunStarted], Rehearsal]


@dataclass(frozen=True, slots=True)
class _Start:
    """How a run begins: with these inputs, or not at all."""

    inputs: dict[str, JsonValue]
    error: FluxError | None = None


class ChildRuns:
    """What the nodes of one run began.

    Args:
        controller: Of the run.
        stage: The tools and flows that exist.
        plays: Plays one run.
    """

    def __init__(self, controller: FlowController, stage: Stage, plays: Plays) -> None:
        self._controller = controller
        self._stage = stage
        self._plays = plays
        self._runs: list[tuple[RunState, int]] = []
        """Of the present node: how each ends, and when (Unix time in ms)."""
        self.played: dict[str, Rehearsal] = {}
        self.ended: dict[str, RunState] = {}
        self.unused: tuple[str, ...] = ()

    def planned(self, state: RunState, at_ms: int) -> Ask | Sequence[e.Event]:
        """What the world must say of the runs of the present node, or what happens without it."""
        try:
            node, plans = self._controller.plan_runs(state)
        except FluxError as error:
            return [_failed(state, error, at_ms)]
        if not plans:
            return [join_children(self._controller, state, node, [], at_ms)]
        refused = [start.error for start in self._starts(node, plans)]
        alone = _may_fail_alone(node)
        hopeless = all(refused) or (any(refused) and not alone)
        return ask_of_runs(state, node, len(plans), refused=hopeless, alone=alone)

    def begun(self, state: RunState, answer: Answer | None, at_ms: int) -> Sequence[e.Event]:
        """The beginning of the runs of the present node.

        Args:
            state: The run.
            answer: What the world says; None where the arguments of its runs are refused.
            at_ms: When.

        Raises:
            ScenarioError: If what is said of the runs does not fit them.
        """
        node, plans = self._controller.plan_runs(state)
        starts = self._starts(node, plans)
        refused = next((start.error for start in starts if start.error), None)
        error = answer.error.error() if answer and answer.error else None
        if error is None and not _may_fail_alone(node):
            error = refused
        if error is not None:
            return [_failed(state, error, at_ms)]
        flow = self._flow(node, plans)
        ids = child_ids(f"{state.run_id}.{state.seq}", len(plans))
        runs = [
            e.RunBegun(
                run_id=run_id,
                inputs=start.inputs,
                model=plan.model or state.model,
                model_name=plan.model or state.model_name,
                error=start.error.info(state.node) if start.error else None,
            )
            for run_id, plan, start in zip(ids, plans, starts, strict=True)
        ]
        begun = e.RunsBegun(
            seq=state.seq,
            at_ms=at_ms,
            node=state.node,
            flow=flow.ref,
            start_node=flow.start,
            runs=tuple(runs),
            width=node.width if isinstance(node, MapNode) else 1,
        )
        stated = self._stated(state, node, answer, len(plans))
        self._runs = [
            (refused_at_once(started, run.error), at_ms) if run.error else self._run(node, flow, started, one)
            for started, run, one in zip(start_children(state, begun), runs, stated, strict=True)
        ]
        self.ended |= {run.run_id: run for run, _ in self._runs}
        return [begun]

    def joined(self, state: RunState, command: JoinRuns, at_ms: int) -> Sequence[e.Event]:
        """What the node makes of its runs, when the last has come to rest or their time is over."""
        node, _ = self._controller.plan_runs(state)
        late = [run for run, ends in self._runs if run.status not in TERMINAL or ends > command.until_ms]
        if late:
            error = late_runs_error(state, len(late), len(self._runs))
            return [_failed(state, error, max(at_ms, command.until_ms))]
        runs = [run for run, _ in self._runs]
        ended = max(at_ms, *(ends for _, ends in self._runs))
        try:
            done = join_children(self._controller, state, node, runs, ended)
        except FluxError as error:
            return [_failed(state, error, ended)]
        broken = find_shortfall(node, runs)
        return [done, _failed(state, broken, ended)] if broken else [done]

    def _flow(self, node: MapNode | SubflowNode, plans: Sequence[ChildPlan]) -> Flow:
        if isinstance(node, MapNode) and node.tool is not None:
            return build_item_flow(node, {name for plan in plans for name in plan.inputs})
        if node.digest not in self._stage.flows:
            raise ScenarioError(f"flow {node.flow!r} does not exist where this is played")
        return self._stage.flows[node.digest]

    def _starts(self, node: MapNode | SubflowNode, plans: Sequence[ChildPlan]) -> list[_Start]:
        """How each run begins."""
        flow = self._flow(node, plans)
        return [self._start(flow, node, plan) for plan in plans]

    def _start(self, flow: Flow, node: MapNode | SubflowNode, plan: ChildPlan) -> _Start:
        try:
            if not isinstance(node, MapNode) or node.tool is None:
                return _Start(check_inputs(flow, plan.inputs))
            self._stage.check_args(node.tool, plan.inputs)
        except FluxError as error:
            return _Start(plan.inputs, error)
        work = flow.nodes[flow.start]
        assert isinstance(work, ToolNode)
        return _Start({**dict.fromkeys(work.args), **plan.inputs})

    def _stated(
        self, state: RunState, node: MapNode | SubflowNode, answer: Answer | None, count: int
    ) -> list[ChildRun]:
        """What is said of each run, in their order."""
        if answer is None:
            return [ChildRun(never=True)] * count
        if answer.run is not None:
            return [answer.run]
        if answer.each is not None:
            return self._by_item(state, node, answer.each)
        assert answer.runs is not None
        if len(answer.runs) != count:
            raise ScenarioError(
                f"node {state.node!r} begins {count} runs, and the scenario states {len(answer.runs)}",
                suggestions=("`each` says the same of every item",),
            )
        return list(answer.runs)

    def _by_item(
        self, state: RunState, node: MapNode | SubflowNode, cases: Sequence[ChildRun]
    ) -> list[ChildRun]:
        assert isinstance(node, MapNode)
        context = NodeContext(self._controller.flow, self._stage.tools, state, state.seq, state.updated_ms)
        found = []
        for item in context.evaluate(node.over):
            more = {node.each: item}
            try:
                case = next(
                    (one for one in cases if one.when is None or context.evaluate(one.when, **more)), None
                )
                if case is None:
                    raise ScenarioError(
                        f"node {state.node!r}: no case of `each` holds for {node.each} = {item!r:.80}",
                        suggestions=("a last case without `when` holds for all others",),
                    )
                found.append(computed(context, case, more))
            except FluxError as error:
                if isinstance(error, ScenarioError):
                    raise
                raise ScenarioError(
                    f"node {state.node!r}: {error.message}", suggestions=error.suggestions
                ) from error
        return found

    def _run(
        self, node: MapNode | SubflowNode, flow: Flow, started: e.RunStarted, stated: ChildRun
    ) -> tuple[RunState, int]:
        """How a run ends, and when."""
        world = self._world(flow, stated)
        ends = started.at_ms + round(stated.after_s * 1_000)
        if world is None:
            return told(node, flow, started, stated, ends), ends
        later = started.model_copy(update={"at_ms": ends})
        played = self._plays(flow, world, self._stage, later)
        self.played[started.run_id] = played
        self.unused += (*played.unused, *(f"run {started.run_id}: {one}" for one in world.unused()))
        return played.state, played.state.updated_ms

    def _world(self, flow: Flow, stated: ChildRun) -> ScriptedWorld | None:
        if stated.world is not None:
            return ScriptedWorld(stated.world, stated.tools)
        if stated.summary is None:
            return None
        if not isinstance(flow.nodes.get("work"), ToolNode):
            raise ScenarioError(
                f"a run of flow {flow.flow!r} has no summary",
                suggestions=("say `facts` and `answer`, or `world` to play it",),
            )
        found = Answer(
            summary=stated.summary, **({"new_model": stated.new_model} if stated.new_model else {})
        )
        return ScriptedWorld({"work": Answers(given=(found,), again=True)}, {})


def _may_fail_alone(node: MapNode | SubflowNode) -> bool:
    """Whether a run that cannot begin leaves the others to it."""
    return node.min_share < 1


def _failed(state: RunState, error: FluxError, at_ms: int) -> e.NodeFailed:
    return e.NodeFailed(seq=state.seq, at_ms=at_ms, node=state.node, error=error.info(state.node))
