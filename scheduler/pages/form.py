"""What somebody sends with a form of a page: its fields, and the files of a form that takes some."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.exceptions import HTTPException

from fluxagents.flows.errors import ErrorClass, FluxError

MAX_FIELDS = 1_000
MAX_FIELD_BYTES = 2_000_000
"""Of one that is no file."""

WITH_FILES = "multipart/form-data"
CSRF_FIELD = "csrf_token"
UNSEEN = frozenset({CSRF_FIELD, "act", "digest", "version", "place", "link", "here"})
"""Fields that a form brings by itself; so do those that begin with `was.`."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a browser sends it."""

    name: str
    """As it is called on the machine of whoever sends it."""
    content: bytes


class Form:
    """The fields of a form that was sent."""

    def __init__(
        self, fields: Sequence[tuple[str, str]] = (), files: Mapping[str, SentFile] | None = None
    ) -> None:
        self._fields = fields
        self.files: Mapping[str, SentFile] = files or {}
        """Files by field, without those that nobody chose."""

    def get(self, name: str) -> str:
        """A field without blanks around it, its line ends as here; empty if it is not there."""
        value = next((value for each, value in self._fields if each == name), "")
        return value.strip().replace("\r\n", "\n")

    @property
    def typed(self) -> Sequence[tuple[str, str]]:
        """What somebody wrote or chose, by field."""
        return [
            (name, text)
            for name, text in self._fields
            if text.strip() and name not in UNSEEN and not name.startswith("was.")
        ]

    def all(self, name: str) -> list[str]:
        """All values of a field that may come several times."""
        return [value for each, value in self._fields if each == name]

    def under(self, prefix: str) -> Mapping[str, str]:
        """The fields whose names begin with a prefix, without it."""
        return {
            name.removeprefix(prefix): self.get(name) for name, _ in self._fields if name.startswith(prefix)
        }


async def read_form(request: Request) -> Form:
    """The form of a request, whose body keeps to its limits.

    Raises:
        FluxError: `BAD_ARGUMENT` if it has too many fields, or is no form.
        ProblemError: What a door found wrong with the body.
    """
    body = await request.body()
    if request.headers.get("content-type", "").startswith(WITH_FILES) and not body.rstrip().endswith(b"--"):
        # The reader takes what comes before the missing end for all of it.
        raise _no_form("its end is missing")
    try:
        sent = await request.form(max_files=MAX_FIELDS, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
    except HTTPException as error:
        raise _no_form(error.detail) from error
    fields, files = list[tuple[str, str]](), dict[str, SentFile]()
    for name, value in sent.multi_items():
        if isinstance(value, str):
            fields.append((name, value))
        elif value.filename:
            files[name] = SentFile(re.split(r"[\\/]", value.filename)[-1], await value.read())
    await sent.close()
    return Form(fields, files)


def _no_form(reason: str) -> FluxError:
    return FluxError(ErrorClass.BAD_ARGUMENT, f"what was sent is no form that can be read: {reason}")
