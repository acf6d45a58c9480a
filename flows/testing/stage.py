"""What exists where flows are rehearsed: tools as the controller sees them, their arguments, other flows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow

CheckArgs = Callable[[str, Mapping[str, JsonValue]], dict[str, JsonValue]]
"""The arguments of a tool as it takes them; raises a `FluxError` for those that it would refuse."""


def any_args(tool: str, args: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Accepts whatever is given."""
    del tool
    return dict(args)


@dataclass(frozen=True, slots=True)
class Stage:
    """No tool runs here: what they find is stated."""

    tools: Mapping[str, ToolFacts]
    flows: Mapping[str, Flow] = field(default_factory=dict)
    """The flows that flows run, pinned, by digest."""
    check_args: CheckArgs = any_args
