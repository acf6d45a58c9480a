"""What is checked before anything is started: the flow, every model and every input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.scheduler.runs.run_client import Order, RunClient
from fluxagents.tasks.ports.models import ModelRef


@dataclass(frozen=True, slots=True)
class Admission:
    """Orders that can be started."""

    given: str
    """The flow as it was named: by its name or its file."""
    flow: Flow
    orders: tuple[Order, ...]
    """With the defaults of their inputs; a model's file has become its digest."""
    models: Mapping[str, ModelRef]
    """What the models of the orders mean now."""


def admitted(client: RunClient, flow: str, orders: Iterable[Order]) -> Admission:
    """Check orders as starting them would; each model is looked up once.

    Raises:
        FluxError: If the flow, a model or an input is not known or does not fit.
    """
    definition = client.checked(flow).flow
    known: dict[str, str] = {}
    models: dict[str, ModelRef] = {}
    checked: list[Order] = []
    for order in orders:
        inputs = check_inputs(definition, order.inputs)
        if order.model not in known:
            ref = client.models.resolve(order.model)
            # A name is looked up again wherever the run starts; a path means nothing on another machine.
            known[order.model] = order.model if ref.name == order.model else ref.digest
            models[known[order.model]] = ref
        checked.append(replace(order, model=known[order.model], inputs=inputs))
    return Admission(flow, definition, tuple(checked), models)


def portable_flow(flow: str) -> str:
    """A flow as a worker with another working directory finds it: the file of one by its absolute path."""
    return str(Path(flow).absolute()) if flow.endswith((".yaml", ".yml")) else flow
