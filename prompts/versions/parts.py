"""Text that several prompts share: it replaces its include before a template is parsed.

So a prompt stays one text: its sha256 covers its parts, and a version that a run keeps does not change when
a release ships other parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError, nearest

SUFFIX = ".md.j2"
"""Ends the name of every template file, also of a part."""

PARTS = "parts"
"""The folder of parts, beside the templates that include them."""

_INCLUDE = re.compile(r'\{% include "([^"]*)" %\}')


@dataclass(frozen=True, slots=True)
class ExpandedTemplate:
    """The text of a template with its parts inserted."""

    text: str
    places: tuple[str, ...]
    """File and line that each line of the text comes from."""


def find_templates() -> Path:
    """The folder with the templates of the package."""
    return Path(str(files("fluxagents.prompts"))) / "templates"


def list_templates(folder: Path) -> tuple[Path, ...]:
    """The template files of a folder, sorted."""
    return tuple(sorted(folder.glob(f"*{SUFFIX}")))


def list_parts(folder: Path) -> tuple[Path, ...]:
    """The files of the parts that lie beside the templates of a folder, sorted."""
    return list_templates(folder / PARTS)


def read_parts(files: Iterable[Path]) -> Mapping[str, str]:
    """The text of each part, by name."""
    return {file.name.removesuffix(SUFFIX): file.read_text(encoding="utf-8") for file in files}


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
        yield from ((text, f"{PARTS}/{name}{SUFFIX}:{at}") for at, text in enumerate(inner, start=1))
