"""What is checked before anything is started: the flow, every model and every input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.ports.models import ModelRef


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """Runs of one flow that can be started."""

    flow_name: str
    """The flow as it was named: by its name or its file."""
    flow: Flow
    specs: tuple[RunSpec, ...]
    """With the defaults of their inputs; a model's file has become its digest."""
    models: Mapping[str, ModelRef]
    """What the models of the specs mean now."""


def check_batch(client: RunClient, flow: str, specs: Iterable[RunSpec]) -> CheckedBatch:
    """Check specs as starting them would; each model is looked up once.

    Raises:
        FluxError: If the flow, a model or an input is not known or does not fit.
    """
    definition = client.check_flow(flow).flow
    known: dict[str, str] = {}
    models: dict[str, ModelRef] = {}
    checked: list[RunSpec] = []
    for spec in specs:
        inputs = check_inputs(definition, spec.inputs)
        if spec.model not in known:
            ref = client.models.resolve(spec.model)
            # A name is looked up again wherever the run starts; a path means nothing on another machine.
            known[spec.model] = spec.model if ref.name == spec.model else ref.digest
            models[known[spec.model]] = ref
        checked.append(replace(spec, model=known[spec.model], inputs=inputs))
    return CheckedBatch(flow, definition, tuple(checked), models)


def portable_flow(flow: str) -> str:
    """A flow as a worker with another working directory finds it: the file of one by its absolute path."""
    return str(Path(flow).absolute()) if flow.endswith((".yaml", ".yml")) else flow
