"""Arguments of a call as people write them into a form: a line for each entry, or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.runs.argument_form import ArgumentField

SCALARS = frozenset({"text", "choice"})
"""Types of arguments whose text is the value."""


def write_argument(field: ArgumentField) -> str:
    """The value of an argument as its field of a form holds it: `EX_glc__D_e: 12`, an entry a line."""
    match field.value:
        case None:
            return ""
        case str() as text if field.type in SCALARS:
            return text
        case dict() as entries if entries:
            return "\n".join(f"{name}: {_write(value)}" for name, value in entries.items())
        case list() as items if items and all(isinstance(item, str) for item in items):
            return "\n".join(map(str, items))
    return _write(field.value)


def read_arguments(fields: tuple[ArgumentField, ...], given: Mapping[str, str]) -> dict[str, JsonValue]:
    """The arguments that a form changes; one that need not be given and is left empty has its default.

    Raises:
        FluxError: `BAD_ARGUMENT` if one is neither JSON nor lines where it has to be.
    """
    return {
        field.name: _read(field, text)
        for field in fields
        if (text := given.get(field.name)) is not None and text != write_argument(field)
    }


def _read(field: ArgumentField, text: str) -> JsonValue:
    if not text and not field.required:
        return field.default
    if field.type == "text" or (field.type == "choice" and text in field.choices):
        return text
    if not text:
        return None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if field.type == "object" and not text.startswith("{"):
        return dict(_read_entry(field, line) for line in lines)
    if field.type == "list" and not text.startswith("["):
        return [*lines]
    try:
        value: JsonValue = json.loads(text)
    except ValueError as error:
        message = f"{field.name} is {quote(text)}, which is no JSON"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message) from error
    return value


def _read_entry(field: ArgumentField, line: str) -> tuple[str, JsonValue]:
    name, colon, text = line.partition(":")
    if not colon:
        message = f"{field.name} has the line {quote(line)}, expected a name, a colon and a value"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("for example EX_glc__D_e: 12",))
    try:
        return name.strip(), json.loads(text)
    except ValueError:
        # A word is itself; whether one fits here, the schema of the tool says.
        return name.strip(), text.strip()


def _write(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)
