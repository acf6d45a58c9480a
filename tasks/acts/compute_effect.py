"""The step before a request: what the call would do, in bounded time. It never keeps the request back."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog
from pydantic import JsonValue

from fluxagents.flows.commands import CallTool, Command, ComputeEffect
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import FluxError
from fluxagents.flows.events import EffectComputed, Event
from fluxagents.flows.humans.effect import Effect, Estimate
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.state import RunState
from fluxagents.prompts.statistics.costs import Prices
from fluxagents.tasks.acts.provenance import lineage_of, provenance_of
from fluxagents.tasks.fba.changes.change_effect import compute_effect
from fluxagents.tasks.fba.solving.conditions import GrowthArgs
from fluxagents.tasks.library_warnings import log_library_warnings
from fluxagents.tasks.ports.artifacts import EFFECT, ArtifactStore, Provenance
from fluxagents.tasks.ports.models import ModelRef, ModelStore
from fluxagents.tasks.ports.outage import StoreOutageError, is_disk_full
from fluxagents.tasks.ports.results import Args
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.protocol import WrongTaskError
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

log = structlog.get_logger("step")

EFFECT_TIME_S = 60
"""After which no further part of an effect is begun."""

MINUTE_S = 60
HOUR_MIN = 60


@dataclass(frozen=True, kw_only=True)
class EffectPorts:
    """What the effect of a call needs."""

    clock: Clock
    tools: Mapping[str, Tool]
    models: ModelStore
    artifacts: ArtifactStore
    sources: Sources
    """What tools may read."""
    prices: Prices | None = None
    """For what the work would cost."""
    seconds: Callable[[], float] = time.monotonic
    """A clock that never goes back."""


def compute_call_effect(
    ports: EffectPorts, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    """What a call would do. Where that cannot be computed, the event says why, and the request follows."""
    del controller
    if not isinstance(command, ComputeEffect):
        raise WrongTaskError("effect.compute", command)
    started = ports.seconds()
    try:
        with log_library_warnings():
            effect = preview_call(ports, _model_ref(state), command.call)
    except StoreOutageError:
        raise  # nothing is wrong with the call: the step is given back
    except FluxError as error:
        effect = build_unknown(ports, command.call, error.message)
    except MemoryError as error:
        effect = build_unknown(ports, command.call, f"there was not enough memory: {error}")
    except Exception as error:
        if is_disk_full(error):
            raise StoreOutageError(f"the disk of this worker is full: {error}") from error
        # A fault of ours or of a library must not keep the request back; the log has the traceback.
        log.exception("effect crashed", run=state.run_id, step=state.seq, tool=command.call.tool)
        effect = build_unknown(ports, command.call, _describe_crash(error))
    return [
        EffectComputed(
            seq=state.seq,
            at_ms=ports.clock.now_ms(),
            node=state.node,
            call=command.call,
            effect=effect,
            model=state.model,
            duration_ms=round((ports.seconds() - started) * 1_000),
        )
    ]


def preview_call(ports: EffectPorts, ref: ModelRef, call: CallTool) -> Effect:
    """The effect of a call on a model, with its tables stored.

    Raises:
        FluxError: As the tool itself for arguments that it does not take.
    """
    tool = ports.tools[call.tool]
    args = tool.parse(call.args)
    model = ports.models.load(ref)
    started = ports.seconds()
    took_s = 0.0

    def change(changed: Model) -> None:
        nonlocal took_s
        began = ports.seconds()
        tool.apply(changed, args, ports.sources)
        took_s = ports.seconds() - began

    result = compute_effect(
        model,
        change,
        biomass=args.biomass if isinstance(args, GrowthArgs) else None,
        evidence=partial(tool.find_evidence, args, ports.sources),
        has_time=lambda: ports.seconds() - started < EFFECT_TIME_S,
    )
    artifact = ports.artifacts.put_result(result, _provenance(ports, tool, args, model, ref)).digest
    # A tool computes its change twice, for its report and for the new model.
    estimate = _estimate(ports, tool, 2 * took_s / MINUTE_S)
    return result.shorten().model_copy(update={"estimate": estimate, "artifact": artifact})


def build_unknown(ports: EffectPorts, call: CallTool, reason: str) -> Effect:
    """The effect of a call of which nothing is known but the reason."""
    tool = ports.tools.get(call.tool)
    return Effect(unknown=(f"the effect: {reason}",), estimate=_estimate(ports, tool, None) if tool else None)


def _estimate(ports: EffectPorts, tool: Tool, minutes: float | None) -> Estimate:
    limit = round(tool.soft_time_limit_s / MINUTE_S, 1)
    rounded = None if minutes is None else round(minutes, 1)
    hour = ports.prices.worker_hour if ports.prices else None
    billed = limit if rounded is None else rounded
    return Estimate(
        minutes=rounded,
        limit_minutes=limit,
        cost=None if hour is None else round(hour * billed / HOUR_MIN, 6),
        currency=ports.prices.currency if ports.prices and hour is not None else "",
    )


def _model_ref(state: RunState) -> ModelRef:
    assert state.model is not None
    return ModelRef(digest=state.model, name=state.model_name)


def _provenance(ports: EffectPorts, tool: Tool, args: Args, model: Model, ref: ModelRef) -> Provenance:
    """Of the effect: the model before the change, and how to compute it again."""
    of_call = provenance_of(tool, args, model, ref, lineage_of(ports.models, ref))
    asked: dict[str, JsonValue] = {"tool": tool.name, "args": of_call.args}
    pairs = [f"{name}={json.dumps(value)}" for name, value in of_call.args.items()]
    words = ["fluxagents", "tools", "preview", tool.name, "--model", ref.digest]
    return of_call.model_copy(
        update={
            "tool": EFFECT,
            "args": asked,
            "command": shlex.join([*words, *(word for pair in pairs for word in ("--arg", pair))]),
        }
    )


def _describe_crash(error: Exception) -> str:
    if type(error).__name__ == "SoftTimeLimitExceeded":
        return f"it was not computed within {EFFECT_TIME_S} s"
    return f"{type(error).__name__}: {error}"
