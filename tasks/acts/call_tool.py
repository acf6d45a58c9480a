"""The step that runs a tool."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from fluxagents.flows.commands import CallTool, Command, JoinShards
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.model_warnings import describe_warnings
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, ToolFailed, ToolSplit, ToolSucceeded
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.flows.state import RunState
from fluxagents.tasks.acts.child_runs import ChildRuns
from fluxagents.tasks.acts.provenance import lineage_of, provenance_of
from fluxagents.tasks.acts.shards import compute_shard, merge_shards, split_call
from fluxagents.tasks.fba.changes.growth_change import hold_change
from fluxagents.tasks.fba.entities.entity_names import find_names
from fluxagents.tasks.library_warnings import log_library_warnings
from fluxagents.tasks.model_warnings import list_concerning
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.models import ModelRef, ModelStore
from fluxagents.tasks.ports.outage import StoreOutageError, is_disk_full
from fluxagents.tasks.ports.results import Args
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.protocol import WrongTaskError
from fluxagents.tasks.remedy_advice import add_suggestions
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

log = structlog.get_logger("step")


@dataclass(frozen=True, kw_only=True)
class ToolPorts:
    """What a tool call needs."""

    clock: Clock
    tools: Mapping[str, Tool]
    models: ModelStore
    artifacts: ArtifactStore
    sources: Sources
    """What tools may read."""
    remedies: RemedyBook
    children: ChildRuns
    """The shards of a call."""


def call_tool(
    ports: ToolPorts, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """Run one tool on the run's model. A tool that fails gives an event, not an exception."""
    if not isinstance(command, CallTool | JoinShards):
        raise WrongTaskError("tool", command)
    call = command.call if isinstance(command, JoinShards) else command
    started = time.monotonic()
    try:
        check_approval(controller, state, call)
        with log_library_warnings():
            event = _run_tool(ports, controller, state, command)
    except StoreOutageError:
        raise  # no failure of the tool: the step is given back
    except FluxError as error:
        return [build_failure(ports, state, call, error, started)]
    except MemoryError as error:
        no_memory = FluxError(ErrorClass.MEMORY, f"tool {call.tool!r} ran out of memory: {error}")
        return [build_failure(ports, state, call, no_memory, started)]
    except Exception as error:
        if is_disk_full(error):
            raise StoreOutageError(
                f"tool {call.tool!r} finds the disk of its worker full: {error}"
            ) from error
        # A fault of ours or of a library must not lose the run; the log keeps the traceback.
        log.exception("tool crashed", run=state.run_id, step=state.seq, tool=call.tool)
        kind = ErrorClass.TIMEOUT if type(error).__name__ == "SoftTimeLimitExceeded" else ErrorClass.INTERNAL
        crash = FluxError(kind, f"tool {call.tool!r} failed: {type(error).__name__}: {error}")
        return [build_failure(ports, state, call, crash, started)]
    if isinstance(event, ToolSplit):
        return [event]
    return [event.model_copy(update={"duration_ms": _ms_since(started)})]


def check_approval(controller: FlowController, state: RunState, call: CallTool) -> None:
    """Refuse a call that needs an approval and has none of exactly these arguments.

    Raises:
        FluxError: `PERMISSION`.
    """
    if not controller.may_run(state, call):
        raise FluxError(
            ErrorClass.PERMISSION, f"tool {call.tool!r} needs an approval of exactly these arguments"
        )


def build_failure(
    ports: ToolPorts, state: RunState, call: CallTool, error: FluxError, started: float
) -> ToolFailed:
    """The failure of a call, with what helped against such errors before.

    Args:
        ports: Of the call.
        state: Of the run.
        call: What failed.
        error: Why.
        started: When it started, by `time.monotonic`.
    """
    return ToolFailed(
        seq=state.seq,
        at_ms=ports.clock.now_ms(),
        node=state.node,
        call=call,
        error=add_suggestions(ports.remedies, error.info(call.tool)),
        duration_ms=_ms_since(started),
    )


def _run_tool(
    ports: ToolPorts, controller: FlowController, state: RunState, command: CallTool | JoinShards
) -> ToolSucceeded | ToolSplit:
    call = command.call if isinstance(command, JoinShards) else command
    tool = ports.tools[call.tool]
    args = tool.parse(call.args)
    ref = _model_ref(state, tool)
    model = ports.models.load(ref) if ref else None
    event = ToolSucceeded(
        seq=state.seq, at_ms=0, node=state.node, call=call, key_findings={}, model=state.model
    )
    if state.part is not None:
        artifact = compute_shard(ports.artifacts, tool, model, args, state.part)
        return _with_result(ports, event, artifact=artifact, key_findings=state.part.model_dump())
    if isinstance(command, JoinShards):
        reason = f"the time of {call.tool} of run {state.run_id} was over"
        late = ports.children.cancel_unfinished(command.runs, reason)
        if late:
            message = f"{late} of {len(command.runs)} parts of {call.tool!r} did not end in time"
            raise FluxError(ErrorClass.TIMEOUT, message)
        result = merge_shards(ports.children, ports.artifacts, tool, args, command.runs)
    else:
        count = tool.split.count(model, args) if tool.split else 1
        if count > 1:
            return split_call(ports.children, state, call, count)
        result = tool.carry_out(model, args, ports.sources)
    found = result.key_findings()
    lineage = lineage_of(ports.models, ref) if ref else ()
    warnings = tuple(warning.message for warning in ports.models.show(ref).warnings) if ref else ()
    concerning = describe_warnings(list_concerning(ports.models, ref, tool, args))
    provenance = provenance_of(tool, args, model, ref, lineage, model_warnings=warnings)
    return _with_result(
        ports,
        event,
        key_findings={**found, **find_names(model, found, args), **concerning},
        facts=controller.extract_facts(state, {**result.summary(), **concerning}),
        artifact=ports.artifacts.put_result(result, provenance).digest,
        new_model=_derive_model(ports, state, tool, model, args),
    )


def _with_result(ports: ToolPorts, event: ToolSucceeded, **fields: object) -> ToolSucceeded:
    return event.model_copy(update={"at_ms": ports.clock.now_ms(), **fields})


def _model_ref(state: RunState, tool: Tool) -> ModelRef | None:
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


def _derive_model(
    ports: ToolPorts, state: RunState, tool: Tool, model: Model | None, args: Args
) -> str | None:
    ref = _model_ref(state, tool)
    if tool.change is None or ref is None or model is None:
        return None
    change = tool.describe_change(args)
    with hold_change(model, lambda held: tool.apply(held, args, ports.sources)) as (changed, _):
        return ports.models.derive(ref, changed, change, run=state.run_id).digest


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1_000)
