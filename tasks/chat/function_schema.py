"""The functions of a request in fewer tokens: the same names, types, units, ranges and choices, said once.

A chat model is shown these; its answer is checked against the whole schema of the tool.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

AS_ABOVE = "As above."
"""Describes an argument that a function before it has with the same name and schema."""

_KEPT_WHOLE = 24
"""Characters of a description that is no longer than this; a reference to it would save nothing."""

_UNSAID = frozenset({"title", "propertyNames"})
"""What says nothing that the check of an answer would not say better."""

_BOUNDS = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
    }
)
"""What is said once of an argument that several functions have."""

Schema = dict[str, Any]


def compacted(functions: Sequence[Mapping[str, Any]]) -> list[Schema]:
    """Functions (`name`, `description`, `parameters`) without what a chat model need not read.

    Made-up titles, defaults of null beside the null that they allow, definitions that are used once, and
    the ban of unknown arguments go. Of an argument that was described before, with the same name and
    schema, the type, the choices and the default stay.
    """
    described: set[str] = set()
    return [
        {**function, "parameters": _without_repeats(_parameters(function["parameters"]), described)}
        for function in functions
    ]


def _parameters(schema: Mapping[str, Any]) -> Schema:
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    plain = {key: value for key, value in schema.items() if key != "$defs"}
    slim = _slim(plain, definitions)
    slim.pop("description", None)  # of the class: the function has its own
    return slim


def _slim(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    """One schema, and the ones within it."""
    found: Schema = {key: value for key, value in schema.items() if key not in _UNSAID}
    if "$ref" in found:
        name = str(found.pop("$ref")).rpartition("/")[2]
        # What stands beside a reference says more about this use than the definition does.
        return _slim({**definitions[name], **found}, definitions)
    if found.get("additionalProperties") is False:
        del found["additionalProperties"]
    if "anyOf" in found and found.get("default", ...) is None:
        choices = [choice for choice in found.pop("anyOf") if choice != {"type": "null"}]
        del found["default"]
        found = {**choices[0], **found} if len(choices) == 1 else {"anyOf": choices, **found}
        return _slim(found, definitions)
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), Mapping):
            found[key] = _slim(found[key], definitions)
    if "anyOf" in found:
        found["anyOf"] = [_slim(choice, definitions) for choice in found["anyOf"]]
    if "properties" in found:
        properties = found["properties"]
        found["properties"] = {name: _slim(inner, definitions) for name, inner in properties.items()}
    return found


def _without_bounds(schema: Schema) -> Schema:
    found = {key: value for key, value in schema.items() if key not in _BOUNDS}
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = _without_bounds(found[key])
    return found


def _without_repeats(parameters: Schema, described: set[str]) -> Schema:
    """The parameters with a reference for each description that stands in `described`, which grows."""
    properties: Schema = {}
    for name, schema in parameters.get("properties", {}).items():
        key = json.dumps([name, schema], sort_keys=True)
        repeated = key in described and len(schema.get("description", "")) > _KEPT_WHOLE
        properties[name] = {**_without_bounds(schema), "description": AS_ABOVE} if repeated else schema
        described.add(key)
    return {**parameters, "properties": properties} if properties else parameters
