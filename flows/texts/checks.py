"""Checks of what comes in from outside: one error for each kind of text that cannot be taken."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import (
    MAX_DOCUMENT,
    MAX_ID,
    MAX_NAME,
    MAX_STORED_ID,
    MAX_TEXT,
    is_child_id,
    is_name,
    is_run_id,
    is_stored_id,
)


def check_run_id(run_id: str) -> str:
    """The id of a new run, if it can be one.

    Raises:
        FluxError: `BAD_ARGUMENT` if it cannot, or if it is one that a run gives to those that it begins.
    """
    if not is_run_id(run_id):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(run_id)} cannot be the id of a run",
            suggestions=(
                f"use up to {MAX_ID} letters, digits, `_` and, after the first, any of `. - + = @ ~`",
            ),
        )
    if is_child_id(run_id):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(run_id)} is an id that a run gives to those that it begins",
            suggestions=("choose one that does not end like `.3.run0` or `.3.part0`",),
        )
    return run_id


def check_stored_id(text: str) -> str:
    """An id or a session of a run that comes with its log; early versions took more than today's grammar.

    Raises:
        FluxError: `BAD_ARGUMENT` if no message could name it.
    """
    if not is_stored_id(text):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(text)} cannot be the id or the session of a run",
            suggestions=(f"at most {MAX_STORED_ID} visible characters",),
        )
    return text


def check_name(name: str, what: str) -> str:
    """A name, such as that of a session or a person: one line without invisible characters.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is none, saying of what.
    """
    if is_name(name):
        return name
    raise FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"{quote(name)} cannot be the name of {what}",
        suggestions=(f"use one line of up to {MAX_NAME} visible characters, without blanks at its ends",),
    )


def check_text(text: str, what: str, limit: int = MAX_TEXT) -> str:
    """A text of people, if it is not too long.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is none or has more than `limit` characters, saying of what.
    """
    if not isinstance(text, str):
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"{what} is {quote(text)}, expected text")
    if len(text) > limit:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{what} has {len(text):,} characters, at most {limit:,} are taken",
            suggestions=("shorten it",),
        )
    return text


def check_document(values: Mapping[str, JsonValue], what: str) -> None:
    """Inputs or arguments, if they are JSON and not too large, as a whole and each text in them.

    Raises:
        FluxError: `BAD_ARGUMENT` if they are not.
    """
    if not isinstance(values, Mapping):
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"{what} is {quote(values)}, expected values by name")
    for name, value in values.items():
        if isinstance(value, str):
            check_text(value, f"{what} {quote(name)}")
    try:
        size = len(json.dumps(dict(values), ensure_ascii=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"{what} is no JSON: {error}") from error
    if size > MAX_DOCUMENT:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{what} takes {size:,} characters as JSON, at most {MAX_DOCUMENT:,} are taken",
            suggestions=("store large data as a model or an artifact, and name it",),
        )
