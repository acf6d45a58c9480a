"""The functions of a request in fewer tokens: the same names, types, units, ranges and choices, once each.

A chat model is shown these; its answer is checked against the whole schema of the tool.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_OMITTED = frozenset({"title", "propertyNames"})
"""Keys that tell a chat model nothing that the validation of its answer would not tell better."""

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
"""Keys that are given once for an argument that several functions have."""

Schema = dict[str, Any]


def compact_functions(functions: Sequence[Mapping[str, Any]]) -> list[Schema]:
    """Functions (`name`, `description`, `parameters`) without what a chat model need not read.

    Left out are generated titles, defaults of null beside a type that allows null and of nothing, definitions
    that are used once, and the ban of unknown arguments. An argument that an earlier function has with the
    same name and schema keeps its type, choices and default, and is not described again; so is a part of one.
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
    slim: Schema = {key: value for key, value in schema.items() if key not in _OMITTED}
    if "$ref" in slim:
        name = str(slim.pop("$ref")).rpartition("/")[2]
        # What stands beside a reference says more about this use than the definition does.
        return _slim({**definitions[name], **slim}, definitions)
    if slim.get("additionalProperties") is False:
        del slim["additionalProperties"]
    if slim.get("default") in ([], {}, ""):
        del slim["default"]
    if "anyOf" in slim and slim.get("default", ...) is None:
        choices = [choice for choice in slim.pop("anyOf") if choice != {"type": "null"}]
        del slim["default"]
        slim = {**choices[0], **slim} if len(choices) == 1 else {"anyOf": choices, **slim}
        return _slim(slim, definitions)
    for key in ("items", "additionalProperties"):
        if isinstance(slim.get(key), Mapping):
            slim[key] = _slim(slim[key], definitions)
    if "anyOf" in slim:
        slim["anyOf"] = [_slim(choice, definitions) for choice in slim["anyOf"]]
    if "properties" in slim:
        properties = slim["properties"]
        slim["properties"] = {name: _slim(inner, definitions) for name, inner in properties.items()}
    return slim


def _without_description(schema: Schema) -> Schema:
    left_out = {"description", "additionalProperties"}
    return {key: value for key, value in schema.items() if key not in left_out | _BOUNDS}


def _without_repeats(parameters: Schema, described: set[str]) -> Schema:
    """The parameters without the descriptions that stand in `described`, which grows."""
    properties: Schema = {}
    for name, schema in parameters.get("properties", {}).items():
        key = json.dumps([name, schema], sort_keys=True)
        properties[name] = (
            _without_description(schema) if key in described else _without_repeats(schema, described)
        )
        described.add(key)
    return {**parameters, "properties": properties} if properties else parameters
