"""What is checked before anything is started: the flow, every model and every input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.scheduler.flow_files.flow_library import SUFFIXES
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.ports.models import ModelRef, ModelStore


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
    """Check specs as starting them would; each model is looked up once, and read if it is a file.

    Raises:
        FluxError: If the flow, a model or an input is not known or does not fit; it names every such model.
    """
    definition = client.check_flow(flow).flow
    checked = [replace(spec, inputs=check_inputs(definition, spec.inputs)) for spec in specs]
    refs = _find_models(client.models, dict.fromkeys(spec.model for spec in checked))
    # A name is looked up again wherever the run starts; a path means nothing on another machine.
    names = {text: text if ref.name == text else ref.digest for text, ref in refs.items()}
    return CheckedBatch(
        flow,
        definition,
        tuple(replace(spec, model=names[spec.model]) for spec in checked),
        {names[text]: ref for text, ref in refs.items()},
    )


def _find_models(models: ModelStore, texts: Iterable[str]) -> dict[str, ModelRef]:
    """What each text means; raises one `FluxError` with a line for each that means no model."""
    refs: dict[str, ModelRef] = {}
    errors: list[FluxError] = []
    for text in texts:
        try:
            refs[text] = models.resolve(text)
        except FluxError as error:
            errors.append(error)
    if errors:
        raise join_errors(errors, "models cannot be used")
    return refs


def join_errors(errors: Sequence[FluxError], what: str) -> FluxError:
    """One error that says all of several: `3 models cannot be used:` and a line for each."""
    if len(errors) == 1:
        return errors[0]
    lines = "\n".join(error.message for error in errors)
    suggestions = dict.fromkeys(hint for error in errors for hint in error.suggestions)
    return FluxError(errors[0].kind, f"{len(errors)} {what}:\n{lines}", suggestions=suggestions)


def portable_flow(flow: str, definition: Flow) -> str:
    """A flow as messages name it: the one of a file by the digest under which it is stored."""
    return definition.digest if flow.endswith(SUFFIXES) else flow
