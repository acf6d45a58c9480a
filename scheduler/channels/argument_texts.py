"""The arguments of a call as texts that people edit in a form, and back: on a page and in Slack alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.runs.argument_form import ArgumentField

YES, NO = "yes", "no"


def write_value(value: JsonValue) -> str:
    """A value as people edit it: a text as it is, everything else as JSON; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return YES if value else NO
        case str():
            return value
    return json.dumps(value, ensure_ascii=False)


def read_changes(fields: Sequence[ArgumentField], texts: Mapping[str, str]) -> dict[str, JsonValue]:
    """The arguments that differ from those asked for; what a form does not name stays.

    Args:
        fields: Of the form.
        texts: What was written, by argument.

    Raises:
        FluxError: `BAD_ARGUMENT` naming the argument whose text is no such value, or if nothing differs.
    """
    changes = {
        field.name: _read_value(field, text)
        for field in fields
        if (text := texts.get(field.name)) is not None and _is_changed(field, text)
    }
    if not changes:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "no argument differs from what was asked for",
            suggestions=("change a value, or approve what is asked",),
        )
    return changes


def _is_changed(field: ArgumentField, text: str) -> bool:
    # A browser sends the lines of a text with carriage returns, and may lose spaces at its ends.
    return text.replace("\r\n", "\n").strip() != write_value(field.value).strip()


def _read_value(field: ArgumentField, text: str) -> JsonValue:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        return "" if field.required and field.type == "text" else None
    if field.type == "yes_no" and text in {YES, NO}:
        return text == YES
    for choice in field.choices:
        if write_value(choice) == text:
            return choice
    if field.type in {"text", "choice"}:
        return text
    try:
        value: JsonValue = json.loads(text)
    except ValueError as error:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"argument {quote(field.name)} cannot be {quote(text)}: it is no {field.type}",
            suggestions=('write numbers as 0.5, lists as ["PFK", "PGI"] and tables as {"PFK": 10}',),
        ) from error
    return value
