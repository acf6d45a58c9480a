"""Simulates a flow: the real controller, with a world that answers for tools, chat models and humans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import (
    BeginRuns,
    CallTool,
    Command,
    ComputeEffect,
    Decide,
    Expire,
    JoinRuns,
    NotifyHuman,
)
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.invariants import check_state
from fluxagents.flows.engine.requests.effects import build_unknown_effect
from fluxagents.flows.errors import FluxError
from fluxagents.flows.humans.calendars import next_step_ms
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.reducer import reduce
from fluxagents.flows.testing.environment import Environment, Query, World, format_call
from fluxagents.flows.testing.operators import (
    build_decision,
    build_human_events,
    query_chat_model,
    query_tool,
    query_waiting,
)
from fluxagents.flows.testing.scenario import BEGINS, ScenarioError, StatedAnswer, blame_scenario
from fluxagents.flows.testing.simulated_run import SimulatedRun
from fluxagents.flows.testing.stubbed_runs import StubbedRuns

SIMULATED = "nothing is computed in a simulation"
"""Why a simulated call has no effect."""

MAX_STEPS = 20_000
"""Steps of one simulation: more is a world that never comes to an end."""


def simulate(
    flow: Flow,
    world: World,
    *,
    environment: Environment,
    inputs: Mapping[str, JsonValue] | None = None,
    model: str | None = "model",
    run_id: str = "rehearsal",
    begins: datetime = BEGINS,
) -> SimulatedRun:
    """Run a flow until it ends, or until the world leaves it open.

    Args:
        flow: Pinned, if it runs others.
        world: Answers what it asks.
        environment: The tools and flows that exist.
        inputs: Of the run.
        model: Stands for the model that it works on.
        run_id: What it is called.
        begins: What the clock says; from then on only the world moves it.

    Raises:
        ScenarioError: If the world has no answer, or one that does not fit.
    """
    with blame_scenario():
        checked = check_inputs(flow, inputs or {})
    started = e.RunStarted(
        seq=0,
        at_ms=round(begins.timestamp() * 1_000),
        run_id=run_id,
        session=run_id,
        flow=flow.ref,
        start_node=flow.start,
        inputs=checked,
        model=model,
        model_name=model or "",
    )
    return _simulate_from(flow, world, environment, started)


def _simulate_from(flow: Flow, world: World, environment: Environment, started: e.RunStarted) -> SimulatedRun:
    return _Simulator(flow, world, environment, started).run()


class _Simulator:
    """One run on its way."""

    def __init__(self, flow: Flow, world: World, environment: Environment, started: e.RunStarted) -> None:
        self._controller = FlowController(flow, tools=environment.tools)
        self._world = world
        self._environment = environment
        self._now = started.at_ms
        self._log: list[e.Event] = [started]
        self._command: Command | None = None
        self._open = False
        self._silent = ""
        """The request that nobody answers."""
        self._late: StatedAnswer | None = None
        """The answer to the request that waits, which comes after further steps of its ladder."""
        self._children = StubbedRuns(self._controller, environment, _simulate_from)
        self._state = reduce(None, started)
        self._advance([], seq=0)

    def run(self) -> SimulatedRun:
        """Run to the end. A `ScenarioError` says how far the run came."""
        for _ in range(MAX_STEPS):
            if self._command is None or self._open:
                return self._snapshot()
            self._now = max(self._now, self._state.not_before_ms)
            try:
                happened = self._carry_out(self._command)
            except ScenarioError as error:
                so_far = f"so far: {' → '.join(self._snapshot().path)}"
                raise ScenarioError(error.message, suggestions=(*error.suggestions, so_far)) from error
            if not self._open:
                self._advance(happened, seq=self._state.seq)
        raise ScenarioError(
            f"flow {self._controller.flow.flow!r} took {MAX_STEPS} steps and came to no end; last node "
            f"{self._state.node!r}",
            suggestions=("lower its `budget: steps`, or give lists of answers, which are used up",),
        )

    def _snapshot(self) -> SimulatedRun:
        children = self._children
        return SimulatedRun(
            self._controller.flow,
            self._state,
            tuple(self._log),
            children.simulated,
            children.ended,
            children.unused,
        )

    def _advance(self, happened: Sequence[e.Event], *, seq: int) -> None:
        """Fold what happened, walk to the next command, and check the rules that each state keeps."""
        before = self._state
        try:
            self._state, events, self._command = self._controller.advance(
                before, seq=seq, at_ms=self._now, after=happened
            )
        except FluxError as error:
            failed = e.RunFailed(seq=seq, at_ms=self._now, node=before.node, error=error.info(before.node))
            events, self._command = (*happened, failed), None
            for event in events:
                self._state = reduce(self._state, event)
        self._log += events
        check_state(self._state, self._controller.flow)

    def _carry_out(self, command: Command) -> Sequence[e.Event]:
        query = self._query(command)
        if not isinstance(query, Query):
            return query
        request = self._state.waiting_for
        if isinstance(command, Expire) and request and request.id == self._silent:
            return self._end_wait(command, None)
        answer = self._late or self._world.answer(query)
        self._late = None
        if answer is not None and not answer.never and not answer.open:
            after_ms = round(answer.after_s * 1_000)
            if self._climbs_before(command, self._now + after_ms):
                assert isinstance(command, Expire)
                rest_s = (self._now + after_ms - command.at_ms) / 1_000
                self._late = answer.model_copy(update={"after_s": rest_s})
                return self._end_wait(command, None)
            self._check_time(command, answer, self._now + after_ms)
            self._now += after_ms
            if answer.event is not None:
                event = e.EventReceived(
                    seq=self._state.seq, at_ms=self._now, name=answer.event, data=answer.data, by=answer.by
                )
                return [event]
        return self._conclude(command, answer)

    def _query(self, command: Command) -> Query | Sequence[e.Event]:
        """What a command asks of the world, or what happens without it."""
        state, flow = self._state, self._controller.flow
        if isinstance(command, Decide):
            return query_chat_model(command)
        if isinstance(command, CallTool):
            return query_tool(flow, state.node, command, refused=self._refusal(command) is not None)
        if isinstance(command, ComputeEffect | NotifyHuman):
            return [self._report(command)]
        if isinstance(command, BeginRuns):
            return self._children.query(state, self._now)
        if isinstance(command, JoinRuns):
            return Query(node=state.node, what="waits for its runs", accepts=(), optional=True)
        return query_waiting(flow, state)

    def _report(self, command: ComputeEffect | NotifyHuman) -> e.Event:
        """What comes of a command that asks nothing of the world."""
        if isinstance(command, ComputeEffect):
            return build_unknown_effect(self._state, command.call, SIMULATED, self._now)
        request = self._state.waiting_for
        assert request is not None
        return e.HumanNotified(
            seq=self._state.seq,
            at_ms=self._now,
            request_id=command.request_id,
            channels=("scenario",),
            next_ms=next_step_ms(request.ladder, request.level, request.asked_ms, request.calendar),
        )

    def _check_time(self, command: Command, answer: StatedAnswer, at_ms: int) -> None:
        """Refuse an answer that a real run would not have waited for."""
        state = self._state
        limit_s = self._controller.time_limit_s(state) if isinstance(command, CallTool) else None
        if limit_s is not None and answer.summary is not None and answer.after_s > limit_s:
            assert isinstance(command, CallTool)
            raise ScenarioError(
                f"node {state.node!r}: {format_call(command.tool, command.args)} takes {answer.after_s:g} s, "
                f"and is stopped after {limit_s:g} s",
                suggestions=(f"say `error: {{kind: timeout}}` and `after_s: {limit_s:g}` instead",),
            )
        if isinstance(command, Expire) and at_ms > command.at_ms:
            waited_s = (command.at_ms - state.updated_ms) / 1_000
            raise ScenarioError(
                f"node {state.node!r}: the answer comes after {answer.after_s:g} s, and the time is over "
                f"after {waited_s:g} s",
                suggestions=("say `never: true` where nobody answers in time",),
            )

    def _conclude(self, command: Command, answer: StatedAnswer | None) -> Sequence[e.Event]:
        """What happens to a command with an answer that is no event."""
        if isinstance(command, Expire):
            return self._end_wait(command, answer)
        if isinstance(command, CallTool):
            return [self._call(command, answer)]
        if isinstance(command, BeginRuns):
            return self._children.begin(self._state, answer, self._now)
        if isinstance(command, JoinRuns):
            happened = self._children.join(self._state, command, self._now)
            self._now = max(self._now, happened[-1].at_ms)
            return happened
        assert isinstance(command, Decide), command
        assert answer is not None
        return [self._decide(command, answer)]

    def _decide(self, command: Decide, answer: StatedAnswer) -> e.Event:
        seq, at_ms, node = self._state.seq, self._now, self._state.node
        use = e.PromptUse(
            name=command.prompt, version="", digest="", chat_model="scenario", tokens_in=answer.tokens
        )
        if answer.refused is not None:
            error = answer.refused.build_error().info(node)
            return e.DecisionRefused(seq=seq, at_ms=at_ms, node=node, error=error, prompt=use)
        decision = build_decision(answer, command, self._environment)
        return e.DecisionMade(
            seq=seq, at_ms=at_ms, node=node, decision=decision, prompt=use, untraced=answer.untraced
        )

    def _call(self, call: CallTool, answer: StatedAnswer | None) -> e.Event:
        state = self._state
        error = self._refusal(call) if answer is None else None
        if answer is not None and answer.error is not None:
            error = answer.error.build_error()
        summary = (answer.summary if answer else None) or {}
        facts: dict[str, JsonValue] = {}
        if error is None:
            try:
                facts = self._controller.extract_facts(state, summary)
            except FluxError as missing:
                error = missing
        if error is not None:
            return e.ToolFailed(
                seq=state.seq, at_ms=self._now, node=state.node, call=call, error=error.info(call.tool)
            )
        return e.ToolSucceeded(
            seq=state.seq,
            at_ms=self._now,
            node=state.node,
            call=call,
            key_findings=summary,
            facts=facts,
            model=state.model,
            new_model=answer.new_model if answer else None,
        )

    def _refusal(self, call: CallTool) -> FluxError | None:
        """The error of a tool that does not take its arguments."""
        try:
            self._environment.check_args(call.tool, call.args)
        except FluxError as error:
            return error
        return None

    def _end_wait(self, command: Expire, answer: StatedAnswer | None) -> Sequence[e.Event]:
        if answer is not None and answer.open:
            self._open = True
            return []
        request = self._state.waiting_for
        if answer is not None and answer.never and request:
            self._silent = request.id
        if answer is None or answer.never:
            self._now = max(self._now, command.at_ms)
            return [self._controller.on_expiry(self._state, self._now)]
        return build_human_events(self._controller, self._environment, self._state, answer, self._now)

    def _climbs_before(self, command: Command, at_ms: int) -> bool:
        """Whether a step of the ladder, which ends nothing, comes before this time."""
        request = self._state.waiting_for
        step = request.next_step if request and request.next_ms else None
        is_due = isinstance(command, Expire) and request and request.next_ms == command.at_ms < at_ms
        return bool(is_due) and step is not None and not step.then
