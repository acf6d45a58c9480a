"""The warnings about a model's file that a tool's answer rests on."""

from __future__ import annotations

from fluxagents.tasks.ports.models import ModelRecord, ModelRef, ModelStore
from fluxagents.tasks.ports.results import Args
from fluxagents.tasks.tool import Tool


def list_concerning(models: ModelStore, ref: ModelRef | None, tool: Tool, args: Args) -> tuple[str, ...]:
    """The warnings that can change what a tool finds, each as a sentence.

    Args:
        models: Where the models are; those that the arguments name have been read.
        ref: The model of the call.
        tool: The tool.
        args: Its arguments.
    """
    concerns = tool.concerns_of(args)
    others = [models.show(models.resolve(name, files=False)) for name in args.further_models]
    records: list[ModelRecord] = [*([models.show(ref)] if ref else []), *others]
    messages = (
        f"model '{record.name}': {warning.message}" if others else warning.message
        for record in records
        for warning in record.warnings
        if concerns & set(warning.concerns)
    )
    return tuple(dict.fromkeys(messages))
