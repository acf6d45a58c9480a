"""What somebody sends with a form of a page: its fields, and the files of a form that takes some."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from urllib.parse import parse_qsl

from fluxagents.flows.errors import ErrorClass, FluxError

MAX_FIELDS = 1_000
CSRF_FIELD = "csrf_token"
UNSEEN = frozenset({CSRF_FIELD, "act", "digest", "version", "place", "link", "here"})
"""Fields that a form brings by itself; so do those that begin with `was.`."""

WITH_FILES = "multipart/form-data"


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


def read_form(content_type: str, body: bytes) -> Form:
    """The form of a request.

    Args:
        content_type: The header.
        body: All of it.

    Raises:
        FluxError: `BAD_ARGUMENT` if it has too many fields, or is no form.
    """
    if content_type.partition(";")[0].strip().lower() == WITH_FILES:
        return _read_parts(content_type, body)
    try:
        text = body.decode("utf-8", "replace")
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise _too_many() from error


def _read_parts(content_type: str, body: bytes) -> Form:
    fields, files = list[tuple[str, str]](), dict[str, SentFile]()
    for heads, content in _split_parts(content_type, body):
        name, file_name = heads.get_param("name", header="content-disposition"), heads.get_filename()
        if not isinstance(name, str):
            raise _no_form("a part of it has no name")
        if file_name is None:
            fields.append((name, content.decode("utf-8", "replace")))
        elif file_name:
            files[name] = SentFile(re.split(r"[\\/]", file_name)[-1], content)
        if len(fields) + len(files) > MAX_FIELDS:
            raise _too_many()
    return Form(fields, files)


def _split_parts(content_type: str, body: bytes) -> Iterator[tuple[Message, bytes]]:
    """The heads and the content of each part (RFC 7578)."""
    head = Message()
    head["content-type"] = content_type
    boundary = head.get_boundary()
    if not boundary:
        raise _no_form("its type names no boundary")
    first, *parts = (b"\r\n" + body).split(f"\r\n--{boundary}".encode("latin-1", "replace"))
    if first or not parts or not parts[-1].startswith(b"--"):
        raise _no_form("its end is missing")
    for part in parts[:-1]:
        heads, blank, content = part.partition(b"\r\n\r\n")
        if not blank:
            raise _no_form("a part of it has no content")
        yield HeaderParser().parsestr(heads.decode("utf-8", "replace").strip()), content


def _no_form(reason: str) -> FluxError:
    return FluxError(ErrorClass.BAD_ARGUMENT, f"what was sent is no form: {reason}")


def _too_many() -> FluxError:
    return FluxError(ErrorClass.BAD_ARGUMENT, f"the form has more than {MAX_FIELDS} fields")
