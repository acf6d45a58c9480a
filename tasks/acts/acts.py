"""What each kind of step does: one decision, one tool, or one message to a human."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import structlog

from fluxagents.flows.commands import CallTool, Command, Decide, Expire, Finish, JoinShards, NotifyHuman
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import (
    ContextCompacted,
    DecisionDeferred,
    DecisionMade,
    DecisionRefused,
    Event,
    HumanNotified,
    ToolFailed,
    ToolSplit,
    ToolSucceeded,
)
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState
from fluxagents.prompts.human_text import human_text
from fluxagents.tasks.acts import tool_shards
from fluxagents.tasks.acts.provenance import lineage_of, provenance_of
from fluxagents.tasks.chat.grounding import untraced
from fluxagents.tasks.effects import Effects
from fluxagents.tasks.external_events import cancel_late
from fluxagents.tasks.ports.chat_limits import LimitReachedError
from fluxagents.tasks.ports.decisions import DecisionResult
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.tasks.ports.results import Args
from fluxagents.tasks.protocol import WrongTaskError
from fluxagents.tasks.remedy_advice import add_suggestions
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

log = structlog.get_logger("step")


def decide(
    effects: Effects, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Put the question of a `decide` node to the chat model, after a summary of what does not fit."""
    del controller
    if not isinstance(command, Decide):
        raise WrongTaskError("step.decide", command)
    decider, seq = effects.decider(), state.seq
    happened: list[Event] = []
    try:
        summary = decider.summarise(state, command)
        if summary is not None:
            told = summary.event(seq=seq, at_ms=effects.clock.now_ms(), node=state.node)
            happened.append(told)
            state = reduce(state, told)
        verdict = decider.decide(state, command)
    except LimitReachedError as limit:
        deferred = DecisionDeferred(
            seq=seq,
            at_ms=effects.clock.now_ms(),
            node=state.node,
            chat_model=limit.chat_model,
            not_before_ms=limit.not_before_ms,
        )
        return [*happened, deferred]
    return [*happened, *_decided(state, verdict, seq=seq, at_ms=effects.clock.now_ms())]


def _decided(state: RunState, verdict: DecisionResult, *, seq: int, at_ms: int) -> Iterator[Event]:
    node = state.node
    if verdict.decision is not None:
        decision = verdict.decision
        lost = untraced(decision.answer, state) if isinstance(decision, Finish) else ()
        yield DecisionMade(
            seq=seq, at_ms=at_ms, node=node, decision=decision, prompt=verdict.prompt, untraced=lost
        )
    else:
        assert verdict.error is not None
        yield DecisionRefused(seq=seq, at_ms=at_ms, node=node, error=verdict.error, prompt=verdict.prompt)
    sent = verdict.request
    if sent and sent.compacted:
        yield ContextCompacted(
            seq=seq,
            at_ms=at_ms,
            node=node,
            compacted=sent.compacted,
            tokens=sent.tokens,
            max_tokens=verdict.prompt.max_tokens,
        )


def call_tool(
    effects: Effects, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Run one tool on the run's model. What goes wrong in a tool is an event, not an exception."""
    if not isinstance(command, CallTool | JoinShards):
        raise WrongTaskError("tool", command)
    call = command.call if isinstance(command, JoinShards) else command
    began = time.monotonic()
    try:
        _check_approval(controller, state, call)
        happened = _run_tool(effects, controller, state, command)
    except FluxError as error:
        return [_failed(effects, state, call, error, began)]
    except MemoryError as error:
        refused = FluxError(ErrorClass.MEMORY, f"tool {call.tool!r} ran out of memory: {error}")
        return [_failed(effects, state, call, refused, began)]
    except Exception as error:
        # A fault of ours or of a library must not lose the run; the log keeps the traceback.
        log.exception("tool crashed", run=state.run_id, step=state.seq, tool=call.tool)
        kind = ErrorClass.TIMEOUT if type(error).__name__ == "SoftTimeLimitExceeded" else ErrorClass.INTERNAL
        crash = FluxError(kind, f"tool {call.tool!r} failed: {type(error).__name__}: {error}")
        return [_failed(effects, state, call, crash, began)]
    if isinstance(happened, ToolSplit):
        return [happened]
    return [happened.model_copy(update={"duration_ms": _since(began)})]


def _check_approval(controller: FlowController, state: RunState, call: CallTool) -> None:
    if not controller.may_run(state, call):
        raise FluxError(
            ErrorClass.PERMISSION, f"tool {call.tool!r} needs an approval of exactly these arguments"
        )


def _run_tool(
    effects: Effects, controller: FlowController, state: RunState, command: CallTool | JoinShards
) -> ToolSucceeded | ToolSplit:
    call = command.call if isinstance(command, JoinShards) else command
    tool = effects.tools[call.tool]
    args = tool.parse(call.args)
    ref = _model_of(state, tool)
    model = effects.models.load(ref) if ref else None
    done = ToolSucceeded(
        seq=state.seq, at_ms=0, node=state.node, call=call, key_findings={}, model=state.model
    )
    if state.part is not None:
        artifact = tool_shards.computed(effects, tool, model, args, state.part)
        return _now(effects, done, artifact=artifact, key_findings=state.part.model_dump())
    if isinstance(command, JoinShards):
        late = cancel_late(effects, command.runs, f"the time of {call.tool} of run {state.run_id} was over")
        if late:
            message = f"{late} of {len(command.runs)} parts of {call.tool!r} did not end in time"
            raise FluxError(ErrorClass.TIMEOUT, message)
        result = tool_shards.joined(effects, tool, args, command.runs)
    else:
        count = tool.split.count(model, args) if tool.split else 1
        if count > 1:
            return tool_shards.split(effects, state, call, count)
        result = tool.carry_out(model, args, effects.sources)
    lineage = lineage_of(effects.models, ref) if ref else ()
    warnings = effects.models.show(ref).warnings if ref else ()
    provenance = provenance_of(tool, args, model, ref, lineage, model_warnings=warnings)
    return _now(
        effects,
        done,
        key_findings=result.key_findings(),
        facts=controller.extract_facts(state, result.summary()),
        artifact=effects.artifacts.put_result(result, provenance).digest,
        new_model=_changed_model(effects, ref, tool, model, args),
    )


def _now(effects: Effects, done: ToolSucceeded, **found: object) -> ToolSucceeded:
    return done.model_copy(update={"at_ms": effects.clock.now_ms(), **found})


def _model_of(state: RunState, tool: Tool) -> ModelRef | None:
    """The run's model, if the tool needs one."""
    if not tool.needs_model:
        return None
    if state.model is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {state.run_id!r} has no model for tool {tool.name!r}",
            suggestions=("start the run with a model",),
        )
    return ModelRef(digest=state.model, name=state.model_name)


def _changed_model(
    effects: Effects, ref: ModelRef | None, tool: Tool, model: Model | None, args: Args
) -> str | None:
    if tool.change is None or ref is None or model is None:
        return None
    with model:
        tool.apply(model, args, effects.sources)
        return effects.models.derive(ref, model, tool.describe_change(args)).digest


def notify(
    effects: Effects, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Tell the humans who may answer. A request that waits is answered whether they were told or not."""
    del controller
    if not isinstance(command, NotifyHuman) or state.waiting_for is None:
        raise WrongTaskError("human.notify", command)
    request = state.waiting_for
    try:
        told = human_text(effects.prompts(), state, request)
        text, prompt = told.text, told.template.digest
    except FluxError:
        # A version of the prompt that cannot be rendered must not keep the humans from knowing.
        log.exception("the text of the request failed", run=state.run_id, request=request.id)
        text, prompt = request.question, ""
    channels = effects.notifier.notify(state.run_id, request, key=request.id, text=text)
    at_ms = effects.clock.now_ms()
    return [
        HumanNotified(seq=state.seq, at_ms=at_ms, request_id=request.id, channels=channels, prompt=prompt)
    ]


def expire(
    effects: Effects, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Look at a run whose time is over while it waits or is paused."""
    if not isinstance(command, Expire):
        raise WrongTaskError("run.expire", command)
    # The store's clock said that it is time; this machine's may be behind.
    return [controller.on_expiry(state, max(effects.clock.now_ms(), command.at_ms))]


def _failed(effects: Effects, state: RunState, call: CallTool, error: FluxError, began: float) -> ToolFailed:
    return ToolFailed(
        seq=state.seq,
        at_ms=effects.clock.now_ms(),
        node=state.node,
        call=call,
        error=add_suggestions(effects, error.info(call.tool)),
        duration_ms=_since(began),
    )


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1_000)
