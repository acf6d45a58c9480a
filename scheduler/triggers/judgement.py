"""What a trigger makes of an event: whether it fires, with which inputs, on which model. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.expressions import evaluate
from fluxagents.flows.texts.trace_context import TRACEPARENT
from fluxagents.scheduler.triggers.event_trigger import MAX_DEPTH, EventTrigger

MAX_REPLY = 500
"""Characters of a part of where a reply belongs."""

Names = Mapping[str, JsonValue]
"""What expressions may speak of."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an event starts a run."""

    fires: bool
    key: str = ""
    """Events with equal ones belong together."""
    note: str = ""
    """Why not; empty if it does."""
    is_doubtful: bool = False
    """It does not, since it cannot be judged or leads in a circle."""


def judge(trigger: EventTrigger, chain: Sequence[str], names: Names) -> Judgement:
    """Whether an event starts a run.

    Args:
        trigger: What waits for it.
        chain: The triggers that led to it.
        names: Of the event.
    """
    if note := find_loop(trigger, chain):
        return Judgement(fires=False, note=note, is_doubtful=True)
    try:
        if trigger.when and not evaluate(trigger.when, names):
            return Judgement(fires=False, note=f"the condition does not hold: {trigger.when}")
        key = str(evaluate(trigger.key, names)) if trigger.key else ""
    except FluxError as error:
        return Judgement(fires=False, note=error.message, is_doubtful=True)
    return Judgement(fires=True, key=key)


def find_loop(trigger: EventTrigger, chain: Sequence[str]) -> str:
    """Why an event leads in a circle, or too far; empty if it does not."""
    if trigger.name in chain:
        return f"it would lead in a circle: {' → '.join((*chain, trigger.name))}"
    if len(chain) >= MAX_DEPTH:
        return f"{len(chain)} triggers have led to it, at most {MAX_DEPTH} may"
    return ""


def join_names(events: Sequence[Names]) -> Names:
    """The names of a run's last event, and those of all as `events`."""
    return {**events[-1], "events": [dict(names) for names in events]}


def build_inputs(trigger: EventTrigger, names: Names) -> dict[str, JsonValue]:
    """The inputs of a run: fixed ones, and those that are computed from its events.

    Raises:
        FluxError: If an expression fails.
    """
    computed = {name: evaluate(text, names) for name, text in trigger.expressions.items()}
    return {**trigger.inputs, **computed}


def find_traceparent(names: Names) -> str:
    """The trace that a delivery came with; empty for none."""
    headers = names.get("headers")
    return str(headers.get(TRACEPARENT, "")) if isinstance(headers, Mapping) else ""


def choose_model(trigger: EventTrigger, names: Names, own: str) -> str:
    """The name or digest of the model that a run is about.

    Args:
        trigger: Names one, or says how it follows from the event.
        names: Of the event.
        own: The model that the event itself is about; empty for none.

    Raises:
        FluxError: If the expression fails or gives no text.
    """
    if not trigger.model_from:
        return trigger.model or own
    model = evaluate(trigger.model_from, names)
    if not isinstance(model, str) or not model:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, f"expression {trigger.model_from!r} gives {model!r}, and no model"
        )
    return model


def build_reply(trigger: EventTrigger, names: Names) -> dict[str, str]:
    """Where at its webhook the reply to a run belongs.

    Raises:
        FluxError: If an expression fails.
    """
    return {name: str(evaluate(text, names))[:MAX_REPLY] for name, text in trigger.reply.items()}
