"""Text that several prompts share: it replaces its include before a template is parsed.

So a prompt stays one text: its sha256 covers its parts, and a version that a run keeps does not change when
a release ships other parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from fluxagents.flows.errors import ErrorClass, FluxError, nearest

SUFFIX = ".md.j2"
"""Ends the name of every template file, also of a part."""

_INCLUDE = re.compile(r'\{% include "([^"]*)" %\}')


@dataclass(frozen=True, slots=True)
class ExpandedTemplate:
    """The text of a template with its parts inserted."""

    text: str
    places: tuple[str, ...]
    """File and line that each line of the text comes from."""


def find_templates() -> Traversable:
    """The folder with the templates of the package."""
    return files("fluxagents.prompts") / "templates"


def read_parts(folder: Traversable) -> Mapping[str, str]:
    """The parts that lie beside the templates of a folder, name -> text."""
    beside = folder / "parts"
    if not beside.is_dir():
        return {}
    return {
        entry.name.removesuffix(SUFFIX): entry.read_text(encoding="utf-8")
        for entry in beside.iterdir()
        if entry.name.endswith(SUFFIX)
    }


def insert_parts(source: str, file: str, parts: Mapping[str, str]) -> ExpandedTemplate:
    """The text with each line `{% include "NAME" %}` replaced by the lines of that part.

    Args:
        source: Of a template.
        file: What errors call it.
        parts: By name; a part includes no other.

    Raises:
        FluxError: `SCHEMA`, naming file and line, for a part that does not exist.
    """
    lines = list(_expand_lines(source, file, parts))
    return ExpandedTemplate("\n".join(line for line, _ in lines), tuple(location for _, location in lines))


def _expand_lines(source: str, file: str, parts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(source.split("\n"), start=1):
        location = f"{file}:{number}"
        include = _INCLUDE.fullmatch(line.strip())
        if include is None:
            yield line, location
            continue
        name = include[1]
        if name not in parts:
            known = nearest(name, parts) or (f"parts: {', '.join(sorted(parts)) or 'none'}",)
            raise FluxError(ErrorClass.SCHEMA, f"{location}: there is no part '{name}'", suggestions=known)
        inner = parts[name].removesuffix("\n").split("\n")
        yield from ((text, f"parts/{name}{SUFFIX}:{at}") for at, text in enumerate(inner, start=1))
