"""Applies the advice of an error to the call that failed: another value for one of its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fluxagents.workers.chat_models.planner.situation import Entry

_USE = re.compile(r"use (?:(?P<name>\w+) )?'(?P<value>[^']+)'")
_SET = re.compile(r"set '(?P<name>\w+)' to (?P<value>true|false)")
_TRUTH = {"true": True, "false": False}


def apply_advice(
    args: Mapping[str, Any], tool: str, schema: Entry, errors: Sequence[Entry]
) -> dict[str, Any]:
    """The arguments of a call with the values that errors of its tool advise and its schema allows.

    Without a schema, as in the report, advice must name the argument.
    """
    changed = dict(args)
    for error in errors:
        if error["at"] == tool:
            changed |= dict(_read_values(error, schema))
    return changed


def gives_advice(error: Entry, schema: Entry) -> bool:
    """Whether an error advises a value that the schema allows."""
    return any(_read_values(error, schema))


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
