"""A folder is small enough to be read at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePath

MAX_ENTRIES = 18
"""Modules and sub-rooms of one folder, without its `__init__`."""


def crowded_folders(files: Iterable[PurePath]) -> Iterator[tuple[PurePath, int]]:
    """Folders with too many modules and sub-rooms, and how many those are."""
    entries = {
        (folder, path.parts[depth])
        for path in files
        if path.name != "__init__.py"
        for depth, folder in enumerate(reversed(path.parents))
    }
    counts = Counter(folder for folder, _ in entries if folder != PurePath())
    yield from ((folder, count) for folder, count in sorted(counts.items()) if count > MAX_ENTRIES)
