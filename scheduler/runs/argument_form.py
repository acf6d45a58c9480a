"""The arguments of a call as a form: what each means, its unit and range, and what may be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from fluxagents.flows.language.definition import FactSpec, Flow, InputSpec
from fluxagents.flows.language.inputs import type_of
from fluxagents.flows.texts.units import find_unit
from fluxagents.tasks.registry import ToolEntry

FieldType = Literal["text", "number", "integer", "yes_no", "choice", "list", "object"]

_TYPES: Mapping[str, FieldType] = {
    "string": "text",
    "number": "number",
    "integer": "integer",
    "boolean": "yes_no",
    "array": "list",
    "object": "object",
}


class ArgumentField(BaseModel):
    """One argument: as it is asked for, and what else it may be."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: str
    type: FieldType
    description: str = ""
    required: bool = False
    given: bool = False
    """Whether the call names it; otherwise `value` is what the tool takes by itself."""
    value: JsonValue = None
    default: JsonValue = None
    """What the tool takes by itself."""
    unit: str = ""
    """Of the number, or of the numbers within the value."""
    minimum: float | None = None
    """Of the number, or of each number within the value."""
    maximum: float | None = None
    excludes_minimum: bool = False
    choices: tuple[JsonValue, ...] = ()
    json_schema: dict[str, JsonValue]
    """Of the value, with all that it refers to."""


class ArgumentRow(BaseModel):
    """One value of a call, however deep it stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    value: JsonValue
    unit: str = ""


def build_form(tool: ToolEntry, args: Mapping[str, JsonValue]) -> tuple[ArgumentField, ...]:
    """The form of a call: what it names first, then what else the tool takes.

    Args:
        tool: What is called.
        args: As they were asked for.
    """
    schema = dict(tool.parameters)
    definitions = schema.get("$defs", {})
    required = schema.get("required") or []
    assert isinstance(definitions, dict)
    assert isinstance(required, list)
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    fields = [
        _build_field(name, dict(described), definitions, args, is_required=name in required)
        for name, described in properties.items()
        if isinstance(described, dict)
    ]
    return tuple(sorted(fields, key=lambda field: not field.given))


def build_value_form(flow: Flow, values: Mapping[str, JsonValue]) -> tuple[ArgumentField, ...]:
    """The form of a run's inputs and facts, the inputs first.

    Args:
        flow: Of the run.
        values: Its inputs and facts; a fact that the flow does not declare has the type of its value.
    """
    fields = (
        _build_value_field(name, flow.inputs.get(name) or flow.facts.get(name), values[name])
        for name in flow.value_names
        if name in values
    )
    return tuple(field for field in fields if field is not None)


def list_arguments(tool: ToolEntry | None, args: Mapping[str, JsonValue]) -> tuple[ArgumentRow, ...]:
    """Every value of a call with its unit, by path, such as `bounds.PFK.upper_mmol_per_gdw_h`."""
    descriptions = {field.name: field.description for field in build_form(tool, args)} if tool else {}
    return tuple(
        row for name, value in args.items() for row in _list(name, value, descriptions.get(name, ""))
    )


def _list(path: str, value: JsonValue, description: str) -> Iterator[ArgumentRow]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _list(f"{path}.{name}", inner, description)
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    yield ArgumentRow(path=path, value=value, unit=find_unit(path, description) if is_number else "")


def _build_value_field(
    name: str, spec: InputSpec | FactSpec | None, value: JsonValue
) -> ArgumentField | None:
    """The field of an input or a fact; None if nothing tells its type."""
    if spec is None:
        if value is None:
            return None
        spec = FactSpec(type=type_of(value))
    stated = spec if isinstance(spec, InputSpec) else None
    return ArgumentField(
        name=name,
        type=_TYPES[spec.type],
        description=spec.purpose,
        required=stated is not None and stated.required,
        given=True,
        value=value,
        default=stated.default if stated else None,
        unit=find_unit(name, spec.purpose) if isinstance(spec, InputSpec) else spec.unit,
        json_schema={"type": spec.type},
    )


def _build_field(
    name: str,
    described: dict[str, Any],
    definitions: Mapping[str, Any],
    args: Mapping[str, JsonValue],
    *,
    is_required: bool,
) -> ArgumentField:
    plain = _without_null(described)
    resolved = definitions.get(str(plain.get("$ref", "")).rpartition("/")[2], plain)
    description = str(described.get("description", ""))
    choices = tuple(resolved.get("enum", ()))
    kind = _TYPES.get(str(resolved.get("type", "")), "text")
    # Of the numbers within an object, where it has a range for all of them.
    ranged = resolved.get("additionalProperties") if kind == "object" else resolved
    limits = ranged if isinstance(ranged, dict) else {}
    needed = {key: value for key, value in definitions.items() if f"#/$defs/{key}" in str(plain)}
    return ArgumentField(
        name=name,
        type="choice" if choices else kind,
        description=description,
        required=is_required,
        given=name in args,
        value=args.get(name, described.get("default")),
        default=described.get("default"),
        unit=find_unit(name, description) if kind in {"number", "object"} else "",
        minimum=limits.get("minimum", limits.get("exclusiveMinimum")),
        maximum=limits.get("maximum", limits.get("exclusiveMaximum")),
        excludes_minimum="exclusiveMinimum" in limits,
        choices=choices,
        json_schema={**plain, **({"$defs": needed} if needed else {})},
    )


def _without_null(described: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value that may be absent, without its absence."""
    options = [option for option in described.get("anyOf", ()) if option != {"type": "null"}]
    rest = {key: value for key, value in described.items() if key not in {"anyOf", "default"}}
    return {**rest, **options[0]} if len(options) == 1 else dict(described)
