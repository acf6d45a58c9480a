"""What an error advises for the call that failed: another value of one of its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fluxagents.workers.chat_models.planner.situation import Entry

_USE = re.compile(r"use (?:(?P<name>\w+) )?'(?P<value>[^']+)'")
_SET = re.compile(r"set '(?P<name>\w+)' to (?P<value>true|false)")
_TRUTH = {"true": True, "false": False}


def advised(args: Mapping[str, Any], tool: str, schema: Entry, errors: Sequence[Entry]) -> dict[str, Any]:
    """The arguments of a call as the errors of its tool advise, so far as its schema knows such values.

    Where a prompt has no schema, as for the report, advice that names the argument counts.
    """
    changed = dict(args)
    for error in errors:
        if error["at"] == tool:
            changed |= dict(_values(error, schema))
    return changed


def gives_advice(error: Entry, schema: Entry) -> bool:
    """Whether an error names another value that the schema knows."""
    return any(_values(error, schema))


def _values(error: Entry, schema: Entry) -> Iterator[tuple[str, Any]]:
    properties: Mapping[str, Entry] = schema.get("properties", {})
    for hint in map(str, error.get("try", ())):
        named, chosen = _SET.fullmatch(hint), _USE.fullmatch(hint)
        if named and (not properties or properties.get(named["name"], {}).get("type") == "boolean"):
            yield named["name"], _TRUTH[named["value"]]
        elif chosen and chosen["name"] and not properties:
            yield chosen["name"], chosen["value"]
        elif chosen:
            names = [chosen["name"]] if chosen["name"] else list(properties)
            fitting = [n for n in names if chosen["value"] in properties.get(n, {}).get("enum", ())]
            yield from ((name, chosen["value"]) for name in fitting[:1])
