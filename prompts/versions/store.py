"""Where prompts are kept that were registered at run time: the port, and its form in memory."""

from __future__ import annotations

import hashlib
from typing import Protocol

from fluxagents.prompts.versions.record import Entry


class PromptStore(Protocol):
    """Texts by content, and one log per prompt. Nothing in it ever changes; it only grows."""

    def names(self) -> tuple[str, ...]:
        """The prompts that have a log, sorted."""
        ...

    def log(self, name: str) -> tuple[Entry, ...]:
        """All that was done with a prompt, the oldest first; empty for one that is not known here."""
        ...

    def append(self, name: str, entry: Entry, *, after: int) -> bool:
        """Add an entry to a log that has `after` entries; False, and nothing done, if it has others."""
        ...

    def keep(self, source: str) -> str:
        """Keep the text of a template; its sha256. Keeping it again changes nothing."""
        ...

    def source(self, digest: str) -> str | None:
        """The text with this sha256."""
        ...


class MemoryPromptStore:
    """Prompts in this process's memory."""

    def __init__(self) -> None:
        self._logs: dict[str, tuple[Entry, ...]] = {}
        self._sources: dict[str, str] = {}

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._logs))

    def log(self, name: str) -> tuple[Entry, ...]:
        return self._logs.get(name, ())

    def append(self, name: str, entry: Entry, *, after: int) -> bool:
        if len(self.log(name)) != after:
            return False
        self._logs[name] = (*self.log(name), entry)
        return True

    def keep(self, source: str) -> str:
        digest = hashlib.sha256(source.encode()).hexdigest()
        self._sources[digest] = source
        return digest

    def source(self, digest: str) -> str | None:
        return self._sources.get(digest)
