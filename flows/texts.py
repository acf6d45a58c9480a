"""Text from outside: the grammar of ids and names, the sizes of texts, and how they are shown.

Whatever comes in is checked where it comes in. What is stored already stays readable: an id is looked up
whatever it looks like, and only a new one must fit the grammar.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError

MAX_ID = 200
"""Characters of a run's id that somebody chose; the runs that it begins have longer ones."""
MAX_STORED_ID = 1_000
MAX_NAME = 200
"""Characters of the name of a session, a person or a signal."""
MAX_REASON = 4_000
MAX_TEXT = 32_000
"""Characters of a question, of any other input that is text, and of the answer of a human."""
MAX_DOCUMENT = 256_000
"""Characters of the inputs of a run, or of the arguments of a call, as JSON."""
MAX_SHOWN = 80
"""Characters of a refused text that its error repeats."""

_RUN_ID = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.+=@~\-]{{0,{MAX_ID - 1}}}")
_CHILD_ID = re.compile(r".+\.\d+\.(?:run|part)\d+", re.DOTALL)
_NOT_TEXT = re.compile(r"[^\n\t -~]")


def check_run_id(run_id: str) -> str:
    """The id of a new run, if it can be one.

    Raises:
        FluxError: `BAD_ARGUMENT` if it cannot, or if it is one that a run gives to those that it begins.
    """
    if not isinstance(run_id, str) or _RUN_ID.fullmatch(run_id) is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(run_id)} cannot be the id of a run",
            suggestions=(
                f"use up to {MAX_ID} letters, digits, `_` and, after the first, any of `. - + = @ ~`",
            ),
        )
    if _CHILD_ID.fullmatch(run_id):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(run_id)} is an id that a run gives to those that it begins",
            suggestions=("choose one that does not end like `.3.run0` or `.3.part0`",),
        )
    return run_id


def is_stored_id(run_id: object) -> bool:
    """Whether a message may name this run: any id of today, and those that earlier versions took."""
    return isinstance(run_id, str) and 0 < len(run_id) <= MAX_STORED_ID and run_id.isprintable()


def check_name(name: str, what: str) -> str:
    """A name, such as that of a session or a person: one line without invisible characters.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is none, saying of what.
    """
    is_name = isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable()
    if is_name and name.strip() == name:
        return name
    raise FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"{quote(name)} cannot be the name of {what}",
        suggestions=(f"use one line of up to {MAX_NAME} visible characters, without blanks at its ends",),
    )


def check_text(text: str, what: str, limit: int = MAX_TEXT) -> str:
    """A text of people, if it is not too long.

    Raises:
        FluxError: `BAD_ARGUMENT` if it has more than `limit` characters, saying of what.
    """
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
    for name, value in values.items():
        if isinstance(value, str):
            check_text(value, f"{what} {quote(name)}")
    try:
        size = len(json.dumps(values))
    except (TypeError, ValueError, RecursionError) as error:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"{what} is no JSON: {error}") from error
    if size > MAX_DOCUMENT:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{what} takes {size:,} characters as JSON, at most {MAX_DOCUMENT:,} are taken",
            suggestions=("store large data as a model or an artifact, and name it",),
        )


def quote(text: object) -> str:
    """A text as an error repeats it: in quotes, without control codes, and not without end."""
    shown = text if isinstance(text, str) else repr(text)
    return f"'{visible(shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + '…', layout='')}'"


def visible(text: str, *, layout: str = "\n") -> str:
    """The text with the code of each character that is invisible or moves others.

    Names in models and words of users may hold control characters of terminals, or marks that turn the
    direction of the text around.

    Args:
        text: Any text.
        layout: Control characters that stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(char if char in layout or char.isprintable() else ascii(char)[1:-1] for char in text)


def escape_json(document: str) -> str:
    """A JSON document of the same meaning without such characters: each stands as JSON's escape for it."""
    return _NOT_TEXT.sub(lambda found: _escape(found[0]), document)


def _escape(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1]
