"""Histories as JSON Lines: an event a line, as they lie in the store and in an export."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import EVENT, Event


def history_from_json_lines(lines: Iterable[str | bytes]) -> tuple[Event, ...]:
    """The events of a history.

    Raises:
        FluxError: If a line is no event; names the line and what is wrong with it.
    """
    return tuple(_event(number, line) for number, line in enumerate(lines, start=1))


def _event(number: int, line: str | bytes) -> Event:
    try:
        return EVENT.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"line {number} of the history is no event: {where or 'the line'}: {first['msg']}"
        raise FluxError(ErrorClass.SCHEMA, message) from error
