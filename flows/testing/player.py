"""Plays a flow: the real controller, with a world that says what tools, chat models and humans do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import BeginRuns, CallTool, Command, Decide, Expire, JoinRuns, NotifyHuman
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.invariants import check_state
from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.reducer import reduce
from fluxagents.flows.testing.asking import ask_of_call, ask_of_decision, ask_of_rest, decision_of
from fluxagents.flows.testing.people import acted
from fluxagents.flows.testing.played_children import ChildRuns
from fluxagents.flows.testing.rehearsal import Rehearsal
from fluxagents.flows.testing.scenario import BEGINS, Answer, ScenarioError
from fluxagents.flows.testing.stage import Stage
from fluxagents.flows.testing.world import Ask, World, call_in_words

MAX_STEPS = 20_000
"""Steps of one rehearsal: more is a world that never comes to an end."""


def play(
    flow: Flow,
    world: World,
    *,
    stage: Stage,
    inputs: Mapping[str, JsonValue] | None = None,
    model: str | None = "model",
    run_id: str = "rehearsal",
    begins: datetime = BEGINS,
) -> Rehearsal:
    """Play a flow until it ends, or until the world leaves it open.

    Args:
        flow: Linked, if it runs others.
        world: Answers what it asks.
        stage: The tools and flows that exist.
        inputs: Of the run.
        model: Stands for the model that it works on.
        run_id: What it is called.
        begins: What the clock says; from then on only the world moves it.

    Raises:
        ScenarioError: If the world has no answer, or one that cannot be.
    """
    try:
        checked = check_inputs(flow, inputs or {})
    except FluxError as error:
        raise ScenarioError(error.message, suggestions=error.suggestions) from error
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
    return Player(flow, world, stage, started).played()


class Player:
    """One run on its way.

    Args:
        flow: What it follows.
        world: Answers what it asks.
        stage: The tools and flows that exist.
        started: How it begins.
    """

    def __init__(self, flow: Flow, world: World, stage: Stage, started: e.RunStarted) -> None:
        self._controller = FlowController(flow, tools=stage.tools)
        self._world = world
        self._stage = stage
        self._now = started.at_ms
        self._log: list[e.Event] = [started]
        self._command: Command | None = None
        self._open = False
        self._children = ChildRuns(self._controller, stage, _play_child)
        self._state = reduce(None, started)
        self._settle([], seq=0)

    def played(self) -> Rehearsal:
        """The whole of it.

        Raises:
            ScenarioError: As `play`; says how far it came.
        """
        for _ in range(MAX_STEPS):
            if self._command is None or self._open:
                return self._rehearsal()
            self._now = max(self._now, self._state.not_before_ms)
            try:
                self._settle(self._happens(self._command), seq=self._state.seq)
            except ScenarioError as error:
                so_far = f"so far: {' → '.join(self._rehearsal().path)}"
                raise ScenarioError(error.message, suggestions=(*error.suggestions, so_far)) from error
        raise ScenarioError(
            f"flow {self._controller.flow.flow!r} took {MAX_STEPS} steps and came to no end; last node "
            f"{self._state.node!r}",
            suggestions=("lower its `budget: steps`, or give lists of answers, which are used up",),
        )

    def _rehearsal(self) -> Rehearsal:
        return Rehearsal(
            self._controller.flow,
            self._state,
            tuple(self._log),
            self._children.played,
            self._children.ended,
            self._children.unused,
        )

    def _settle(self, happened: Sequence[e.Event], *, seq: int) -> None:
        """What happened, the walk to the next command, and the rules that each state keeps."""
        if self._open:
            return
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

    def _happens(self, command: Command) -> Sequence[e.Event]:
        if isinstance(command, Decide):
            return self._decided(command)
        if isinstance(command, CallTool):
            return self._called(command)
        if isinstance(command, NotifyHuman):
            told = e.HumanNotified(
                seq=self._state.seq,
                at_ms=self._now,
                request_id=command.request_id,
                channels=("scenario",),
            )
            return [told]
        if isinstance(command, BeginRuns):
            return self._begun()
        if isinstance(command, JoinRuns):
            return self._joined(command)
        assert isinstance(command, Expire), command
        return self._rested(command)

    def _answer(self, ask: Ask) -> Answer | e.EventReceived | None:
        """What the world says; an event that comes first goes into the log by itself."""
        answer = self._world.answer(ask)
        if answer is None or answer.event is None:
            return answer
        self._now += round(answer.after_s * 1_000)
        return e.EventReceived(
            seq=self._state.seq, at_ms=self._now, name=answer.event, data=answer.data, by=answer.by
        )

    def _decided(self, command: Decide) -> Sequence[e.Event]:
        answer = self._answer(ask_of_decision(command))
        if isinstance(answer, e.EventReceived):
            return [answer]
        assert answer is not None
        self._now += round(answer.after_s * 1_000)
        use = e.PromptUse(
            name=command.prompt, version="", digest="", chat_model="scenario", tokens_in=answer.tokens
        )
        seq, node = self._state.seq, self._state.node
        if answer.refused is not None:
            error = answer.refused.error().info(node)
            return [e.DecisionRefused(seq=seq, at_ms=self._now, node=node, error=error, prompt=use)]
        decision = decision_of(answer, command, self._stage)
        made = e.DecisionMade(
            seq=seq, at_ms=self._now, node=node, decision=decision, prompt=use, untraced=answer.untraced
        )
        return [made]

    def _called(self, call: CallTool) -> Sequence[e.Event]:
        refused = self._refused(call.tool, call.args)
        answer = self._answer(
            ask_of_call(self._controller.flow, self._state.node, call, refused=refused is not None)
        )
        if isinstance(answer, e.EventReceived):
            return [answer]
        if answer is None:
            assert refused is not None
            return [self._tool_failed(call, refused)]
        self._tool_takes(answer, call)
        if answer.error is not None:
            return [self._tool_failed(call, answer.error.error())]
        assert answer.summary is not None
        try:
            facts = self._controller.extract_facts(self._state, answer.summary)
        except FluxError as error:
            return [self._tool_failed(call, error)]
        done = e.ToolSucceeded(
            seq=self._state.seq,
            at_ms=self._now,
            node=self._state.node,
            call=call,
            key_findings=answer.summary,
            facts=facts,
            model=self._state.model,
            new_model=answer.new_model,
        )
        return [done]

    def _refused(self, tool: str, args: Mapping[str, JsonValue]) -> FluxError | None:
        try:
            self._stage.check_args(tool, args)
        except FluxError as error:
            return error
        return None

    def _tool_takes(self, answer: Answer, call: CallTool) -> None:
        limit = self._controller.time_limit_s(self._state)
        if limit is not None and answer.error is None and answer.after_s > limit:
            words = call_in_words(call.tool, call.args)
            raise ScenarioError(
                f"node {self._state.node!r}: {words} takes {answer.after_s:g} s, and is stopped after "
                f"{limit:g} s",
                suggestions=(f"say `error: {{kind: timeout}}` and `after_s: {limit:g}` instead",),
            )
        self._now += round(answer.after_s * 1_000)

    def _tool_failed(self, call: CallTool, error: FluxError) -> e.ToolFailed:
        return e.ToolFailed(
            seq=self._state.seq,
            at_ms=self._now,
            node=self._state.node,
            call=call,
            error=error.info(call.tool),
        )

    def _begun(self) -> Sequence[e.Event]:
        planned = self._children.planned(self._state, self._now)
        if not isinstance(planned, Ask):
            return planned
        answer = self._answer(planned)
        if isinstance(answer, e.EventReceived):
            return [answer]
        if answer is not None:
            self._now += round(answer.after_s * 1_000)
        return self._children.begun(self._state, answer, self._now)

    def _joined(self, command: JoinRuns) -> Sequence[e.Event]:
        ask = Ask(node=self._state.node, what="waits for its runs", accepts=(), optional=True)
        answer = self._answer(ask)
        if isinstance(answer, e.EventReceived):
            return [answer]
        happened = self._children.joined(self._state, command, self._now)
        self._now = max(self._now, happened[-1].at_ms)
        return happened

    def _rested(self, command: Expire) -> Sequence[e.Event]:
        """Somebody acts on a run that waits, or its time is over."""
        state = self._state
        answer = self._world.answer(ask_of_rest(self._controller.flow, state))
        if answer is not None and answer.open:
            self._open = True
            return []
        if answer is None or answer.never:
            self._now = max(self._now, command.at_ms)
            return [self._controller.on_expiry(state, self._now)]
        self._now += round(answer.after_s * 1_000)
        if self._now > command.at_ms:
            waited = (command.at_ms - state.updated_ms) / 1_000
            raise ScenarioError(
                f"node {state.node!r}: the answer comes after {answer.after_s:g} s, and the time is over "
                f"after {waited:g} s",
                suggestions=("say `never: true` where nobody answers in time",),
            )
        return [acted(self._controller, self._stage, state, answer, self._now)]


def _play_child(flow: Flow, world: World, stage: Stage, started: e.RunStarted) -> Rehearsal:
    return Player(flow, world, stage, started).played()
