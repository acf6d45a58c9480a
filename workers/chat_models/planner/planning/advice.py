"""Applies the advice of an error to the call that failed: another value for one of its arguments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fluxagents.workers.chat_models.planner.calls.interpretation import PlannedCall
from fluxagents.workers.chat_models.planner.situation import Entry, Situation

_USE = re.compile(r"use (?:(?P<name>\w+) )?'(?P<value>[^']+)'")
_SET = re.compile(r"set '(?P<name>\w+)' to (?P<value>true|false)")
_HAS_ID = re.compile(r"(?:gene|reaction) '(?P<name>[^']+)' has the id '(?P<id>[^']+)'")
_TRUTH = {"true": True, "false": False}


def apply_advice(call: PlannedCall, situation: Situation) -> PlannedCall:
    """The call with the values that errors of its tool advise and its schema allows.

    Without a schema, as in the report, advice must name the argument.
    """
    schema = situation.functions.get(call.tool, {})
    errors = [error for error in situation.errors if error["at"] == call.tool]
    advice = {name: value for error in errors for name, value in _read_values(error, schema)}
    ids = dict(pair for error in errors for pair in _read_ids(error))
    args: dict[str, Any] = _replace_names({**call.args, **advice}, ids)
    return replace(call, args=args)


def gives_advice(error: Entry, schema: Entry) -> bool:
    """Whether an error advises a value that the schema allows."""
    return any(_read_values(error, schema)) or any(_read_ids(error))


def _read_ids(error: Entry) -> Iterator[tuple[str, str]]:
    """The id of each thing that a question calls by a name; none if several have that name."""
    found = [match for hint in error.get("try", ()) if (match := _HAS_ID.fullmatch(str(hint)))]
    counts = Counter(match["name"] for match in found)
    yield from ((match["name"], match["id"]) for match in found if counts[match["name"]] == 1)


def _replace_names(data: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(data, Mapping):
        return {key: _replace_names(value, ids) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_replace_names(value, ids) for value in data]
    return ids.get(data, data) if isinstance(data, str) else data


def _read_values(error: Entry, schema: Entry) -> Iterator[tuple[str, Any]]:
    properties: Mapping[str, Entry] = schema.get("properties", {})
    for hint in map(str, error.get("try", ())):
        setting, use = _SET.fullmatch(hint), _USE.fullmatch(hint)
        if setting and (not properties or properties.get(setting["name"], {}).get("type") == "boolean"):
            yield setting["name"], _TRUTH[setting["value"]]
        elif use and use["name"] and not properties:
            yield use["name"], use["value"]
        elif use:
            names = [use["name"]] if use["name"] else list(properties)
            fitting = [name for name in names if use["value"] in properties.get(name, {}).get("enum", ())]
            yield from ((name, use["value"]) for name in fitting[:1])
