"""The grammar of ids and names, and the sizes of texts that come in from outside.

What is stored already stays readable: an id is looked up whatever it looks like, and only a new one must fit.
"""

from __future__ import annotations

import re

MAX_ID = 200
"""Characters of a run's id that somebody chose; the runs that it begins have longer ones."""
MAX_STORED_ID = 1_000
MAX_NAME = 200
"""Characters of the name of a session, a person or an event."""
MAX_REASON = 4_000
MAX_TEXT = 32_000
"""Characters of a question, of any other input that is text, and of the answer of a human."""
MAX_DOCUMENT = 256_000
"""Characters of the inputs of a run, or of the arguments of a call, as JSON."""
MAX_MESSAGE_STATE = 1_000_000
"""Characters of the state that a step message may carry."""

_RUN_ID = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.+=@~\-]{{0,{MAX_ID - 1}}}")
_CHILD_ID = re.compile(r".+\.\d+\.(?:run|part)\d+")


def is_run_id(text: object) -> bool:
    """Whether a new run may have this id, or be begun under it by another run."""
    return isinstance(text, str) and _RUN_ID.fullmatch(text) is not None


def is_child_id(run_id: str) -> bool:
    """Whether it is an id that a run gives to those that it begins."""
    return _CHILD_ID.fullmatch(run_id) is not None


def is_stored_id(text: object) -> bool:
    """Whether a message may name this run: any id of today, and those that earlier versions took."""
    return isinstance(text, str) and 0 < len(text) <= MAX_STORED_ID and text.isprintable()


def is_name(text: object) -> bool:
    """Whether it names a session, a person or an event: one line without invisible characters."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= MAX_NAME
        and text.isprintable()
        and not text.startswith(" ")
        and not text.endswith(" ")
    )
