"""Typed values: the inputs of a run, the facts of its nodes, and the answers of humans."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.node_base import ValueType

_PYTHON_TYPES: dict[ValueType, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


def is_of(value: JsonValue, type_: ValueType) -> bool:
    """Whether a value is of a type; a truth value is no number."""
    return isinstance(value, _PYTHON_TYPES[type_]) and (not isinstance(value, bool) or type_ == "boolean")


def type_of(value: JsonValue) -> ValueType:
    """The type of a value that is not null."""
    if isinstance(value, int) and not isinstance(value, bool):
        return "number"
    return next(type_ for type_ in _PYTHON_TYPES if is_of(value, type_))


def check_inputs(flow: Flow, stated: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The inputs of a run with defaults filled in.

    Raises:
        FluxError: If an input is unknown, missing or of another type.
    """
    for name in stated:
        if name not in flow.inputs:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"flow {flow.flow!r} has no input {name!r}",
                suggestions=(
                    *nearest(name, flow.inputs),
                    f"its inputs: {', '.join(flow.inputs) or 'none'}",
                ),
            )
    values: dict[str, JsonValue] = {}
    for name, spec in flow.inputs.items():
        value = stated.get(name)
        if value is None:
            if spec.required:
                raise FluxError(
                    ErrorClass.BAD_ARGUMENT, f"flow {flow.flow!r} needs the input {name!r}: {spec.purpose}"
                )
            value = spec.default
        elif not is_of(value, spec.type):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"input {name!r} of flow {flow.flow!r} is {value!r}, expected {spec.type}",
            )
        values[name] = value
    return values


def check_facts(flow: Flow, facts: Mapping[str, JsonValue], *, where: str) -> dict[str, JsonValue]:
    """Facts as they were found, if they have the types that the flow declares; a missing one is None.

    Raises:
        FluxError: `BAD_FLOW` if one is of another type.
    """
    for name, value in facts.items():
        spec = flow.facts.get(name)
        if spec is not None and value is not None and not is_of(value, spec.type):
            raise FluxError(
                ErrorClass.BAD_FLOW,
                f"fact {name!r} of node {where!r} is {value!r:.80}, declared as {spec.type}",
                suggestions=(f"correct `facts: {name}` of flow {flow.flow!r}",),
            )
    return dict(facts)
