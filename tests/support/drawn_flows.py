"""Flows to draw, and runs on them by the real controller with results that are stated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command, Decide, Decision, Finish, NotifyHuman
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_yaml
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState

STRAIN = """
flow: strain_search
version: 3
purpose: >-
  Looks for knock-outs that couple a product to growth: measures, asks humans before it changes the model,
  and goes round until the yield is good enough or the rounds are used up.
inputs:
  question: {type: string, required: true}
  rounds: {type: integer, default: 3}
start: describe
nodes:
  describe: {kind: tool, tool: analyze_metabolic_model, next: baseline, on_error: broken}
  baseline:
    kind: tool
    purpose: Growth and secretion of the wild type.
    tool: run_metabolic_fba
    args: {method: pfba}
    facts: {growth_per_h: growth_per_h, status: status}
    next: grows
    on_error: broken
  grows:
    kind: branch
    cases:
      - {when: status == 'optimal' and growth_per_h > 0.05, to: envelope}
      - {when: status == 'infeasible', to: relax}
    otherwise: missing
  relax: {kind: tool, tool: check_missing_media, next: mend}
  missing:
    kind: decide
    prompt: no_growth
    tools: [check_missing_media, find_minimal_media]
    max_steps: 5
    next: mend
  mend:
    kind: approve
    question: Open the uptakes that restore growth, and measure the wild type again?
    next: baseline
    on_reject: refused
    timeout_s: 86400
    on_timeout: late
  envelope:
    kind: tool
    tool: run_production_envelope
    args: {product: EX_succ_e, points: 20}
    facts: {yield_now: yield_now}
    next: enough
  enough:
    kind: branch
    cases:
      - {when: yield_now >= 0.6, to: essential}
      - {when: rounds > 0, to: choose}
    otherwise: weigh
  choose: {kind: decide, prompt: tool_selection, tools: [run_gene_deletion_analysis, knock_out], next: sound}
  sound: {kind: branch, cases: [{when: growth_per_h > 0, to: delete}], otherwise: weigh}
  delete: {kind: tool, tool: knock_out, args: {genes: [b0720, b1136]}, next: envelope, on_error: undo}
  undo: {kind: tool, tool: set_bounds, next: weigh, on_error: broken}
  weigh: {kind: decide, prompt: final_report, max_steps: 2, next: accept}
  accept:
    kind: approve
    question: Is this yield good enough to stop?
    next: essential
    on_reject: choose
  essential: {kind: tool, tool: analyze_essentiality, next: ranges}
  ranges: {kind: tool, tool: run_flux_variability_analysis, next: thin}
  thin: {kind: branch, cases: [{when: growth_per_h > 5, to: thin}], otherwise: report}
  report: {kind: decide, prompt: final_report, max_steps: 3, next: checked}
  checked:
    kind: branch
    cases: [{when: status == 'optimal', to: done}, {when: status == 'time', to: done}]
    otherwise: report
  done: {kind: end}
  broken: {kind: end, outcome: failed, message: "The model cannot be read."}
  refused: {kind: end, outcome: failed}
  late: {kind: end, outcome: failed, message: Nobody answered in time.}
"""

PROMPT = e.PromptUse(name="p", version="1", digest="d", chat_model="test", tokens_in=10, tokens_out=2)

Result = Mapping[str, JsonValue] | FluxError
"""The facts of a tool call, or how it failed."""


def strain_search() -> Flow:
    return flow_from_yaml(STRAIN)


def link_nodes(links: Mapping[str, Sequence[str]]) -> Flow:
    """A flow with these nodes and edges: none makes an end, one a tool, more a branch."""
    nodes: dict[str, JsonValue] = {}
    for node, targets in links.items():
        if not targets:
            nodes[node] = {"kind": "end"}
        elif len(targets) == 1:
            nodes[node] = {"kind": "tool", "tool": "fba", "next": targets[0]}
        else:
            cases: list[JsonValue] = [
                {"when": f"growth_per_h > {number}", "to": target}
                for number, target in enumerate(targets[:-1])
            ]
            nodes[node] = {"kind": "branch", "cases": cases, "otherwise": targets[-1]}
    return Flow.model_validate(
        {"flow": "linked", "version": 1, "purpose": "For tests.", "start": next(iter(links)), "nodes": nodes}
    )


class Walk:
    """One run on a flow, a second a step.

    Args:
        flow: What it follows.
        results: What tools give at each node, call after call.
    """

    def __init__(self, flow: Flow, results: Mapping[str, Sequence[Result]] | None = None) -> None:
        tools = {node.tool for node in flow.nodes.values() if node.kind == "tool"}
        self.controller = FlowController(flow, tools={tool: ToolFacts(tool) for tool in tools})
        self._results = {node: iter(given) for node, given in (results or {}).items()}
        self._now = _seconds()
        started = e.RunStarted(
            seq=0,
            at_ms=next(self._now),
            run_id="01JBRUN",
            session="s",
            flow=flow.ref,
            start_node=flow.start,
            inputs={"question": "?", "rounds": 2},
            model="sha256:m",
            model_name="e_coli_core",
        )
        self.state = reduce(None, started)
        self.events: list[e.Event] = [started]

    def go(self) -> Walk:
        """Run to the end, or until a human or time must act."""
        self._note(*self.controller.execute_flow(self.state, self._act))
        return self

    def step(self) -> Walk:
        """Carry out one command."""
        command = self.controller.command(self.state)
        assert command is not None
        return self._after(self._act(command, self.state))

    def happens(self, event: Callable[[int, int], e.Event]) -> Walk:
        """Something from outside, made for a step at a time; the flow walks on from it."""
        return self._after([event(self.state.seq, next(self._now))])

    def answer_request(self, *, yes: bool) -> Walk:
        """Approve or reject as a human."""
        request = self.state.waiting_for
        assert request is not None
        if yes:
            return self.happens(
                lambda seq, at_ms: e.ApprovalGranted(seq=seq, at_ms=at_ms, request_id=request.id, by="ada")
            )
        return self.happens(
            lambda seq, at_ms: e.ApprovalRejected(
                seq=seq, at_ms=at_ms, request_id=request.id, by="ada", reason="too costly"
            )
        )

    def _after(self, happened: Sequence[e.Event]) -> Walk:
        state, events, _ = self.controller.advance(
            self.state, seq=self.state.seq, at_ms=happened[-1].at_ms, after=happened
        )
        self._note(state, events)
        return self

    def _note(self, state: RunState, events: Sequence[e.Event]) -> None:
        self.state = state
        self.events += events

    def _act(self, command: Command, state: RunState) -> Sequence[e.Event]:
        at = {"seq": state.seq, "at_ms": next(self._now)}
        if isinstance(command, NotifyHuman):
            return [e.HumanNotified(**at, request_id=command.request_id, channels=("inbox",))]
        if isinstance(command, Decide):
            decision: Decision = Finish(answer="It grows.")
            return [e.DecisionMade(**at, node=state.node, decision=decision, prompt=PROMPT)]
        assert isinstance(command, CallTool)
        result = next(self._results[state.node]) if state.node in self._results else {}
        if isinstance(result, FluxError):
            error = result.info(state.node)
            return [e.ToolFailed(**at, node=state.node, call=command, error=error)]
        return [e.ToolSucceeded(**at, node=state.node, call=command, key_findings={}, facts=dict(result))]


def search_in_two_rounds() -> Walk:
    """A run of `strain_search`: mends the medium, deletes genes, fails to do so again, waits at `accept`."""
    walk = Walk(
        strain_search(),
        {
            "baseline": [
                {"growth_per_h": 0.0, "status": "infeasible"},
                {"growth_per_h": 0.8, "status": "optimal"},
            ],
            "envelope": [{"yield_now": 0.2}, {"yield_now": 0.4}],
            "delete": [{}, FluxError(ErrorClass.INFEASIBLE, "no growth after b0720, b1136")],
        },
    )
    return walk.go().answer_request(yes=True).go()


def _seconds() -> Iterator[int]:
    at_ms = 1_795_424_997_000
    while True:
        yield at_ms
        at_ms += 1_000
