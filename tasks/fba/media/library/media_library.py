"""The media library: published media that come with the project, and those of the user's folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.media.library.medium_file import MediumFile, medium_file
from fluxagents.tasks.ports.media import Component, LibraryMedium

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SUFFIX = ".tsv"
SUFFIXES = (SUFFIX, ".csv", ".txt", ".yaml", ".yml", ".json")
"""Of files in the user's folder, in any case."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


@dataclass(frozen=True, slots=True)
class MediaLibrary:
    """Media by name; files are read when they are asked for.

    Args:
        folder: With the user's media, each a file `NAME.tsv` or with another suffix of `SUFFIXES`; none if
            there is no such folder.
    """

    folder: Path | None = None

    def names(self) -> tuple[str, ...]:
        """The names of all media, the project's own first.

        Raises:
            FluxError: `MEDIUM` if a file of the folder has a name that cannot be used.
        """
        return tuple(self._files())

    def medium(self, name: str) -> LibraryMedium:
        """The medium of this name.

        Raises:
            FluxError: `UNKNOWN_ID` with the nearest names; `MEDIUM` for a file that cannot be read.
        """
        files_by_name = self._files()
        if name not in files_by_name:
            hints = nearest(name, files_by_name) or (f"media: {', '.join(files_by_name)}",)
            raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no medium '{name}'", suggestions=hints)
        read = _read(files_by_name[name])
        components = {component.key: component for component in self._with_bases(name, read, files_by_name)}
        return LibraryMedium(
            name=name,
            title=read.title or name,
            source=read.source or f"the file {files_by_name[name].name}, which states no source",
            convention=read.convention,
            is_users=name not in _shipped_files(),
            warnings=read.warnings,
            components=tuple(c for c in components.values() if c.uptake_mmol_per_gdw_h > 0),
        )

    def _with_bases(
        self, name: str, read: MediumFile, files_by_name: dict[str, Traversable], below: tuple[str, ...] = ()
    ) -> Iterator[Component]:
        """The components of the base first, so that those of the medium itself replace them."""
        if read.base:
            chain = (*below, name)
            if read.base in chain:
                message = f"medium '{name}' builds on itself: {' -> '.join((*chain, read.base))}"
                raise FluxError(ErrorClass.MEDIUM, message)
            if read.base not in files_by_name:
                message = f"medium '{name}' builds on '{read.base}', which is not there"
                raise FluxError(ErrorClass.MEDIUM, message, suggestions=nearest(read.base, files_by_name))
            yield from self._with_bases(read.base, _read(files_by_name[read.base]), files_by_name, chain)
        yield from read.components

    def _files(self) -> dict[str, Traversable]:
        shipped = _shipped_files()
        if self.folder is None:
            return shipped
        own: dict[str, Path] = {}
        for path in self._own_files():
            name = path.stem
            if name in own:
                message = f"medium files '{own[name]}' and '{path}' both mean '{name}'"
                raise FluxError(ErrorClass.MEDIUM, message, suggestions=("rename one of them",))
            own[name] = path
            if name in shipped or not _NAME.fullmatch(name):
                why = "is a name of the library" if name in shipped else "is no name of a medium"
                message = f"medium file '{path}': '{name}' {why}"
                raise FluxError(ErrorClass.MEDIUM, message, suggestions=("rename the file",))
        return {**shipped, **own}

    def strangers(self) -> tuple[Path, ...]:
        """Files of the folder that are of no suffix for media, and so no media."""
        files_there = self.folder.iterdir() if self.folder is not None and self.folder.is_dir() else ()
        return tuple(sorted(path for path in files_there if not _is_medium(path) and _is_plain(path)))

    def _own_files(self) -> list[Path]:
        if self.folder is None or not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if _is_medium(path) and _is_plain(path))


def _is_medium(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _is_plain(path: Path) -> bool:
    """Whether it is a file that a user sees."""
    return path.is_file() and not path.name.startswith(".")


def _shipped_files() -> dict[str, Traversable]:
    entries = files("fluxagents.tasks.fba.media.library").joinpath("recipes").iterdir()
    ours = (entry for entry in entries if entry.name.endswith(SUFFIX))
    return {entry.name.removesuffix(SUFFIX): entry for entry in sorted(ours, key=lambda entry: entry.name)}


def _read(entry: Traversable) -> MediumFile:
    try:
        text = entry.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"medium file '{entry}' cannot be read: {error}"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=("save it as UTF-8 text",)) from error
    return medium_file(text, str(entry))
