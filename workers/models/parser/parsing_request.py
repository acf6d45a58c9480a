"""What is asked of a process that parses a model file, and how it answers."""

from __future__ import annotations

from dataclasses import dataclass

ORIGINAL, PARSED, REPORT, OUTPUT = "original", "parsed", "report", "output"
"""Files of the folder of one request: the user's, the fast form, what happened, and what was printed."""

BEGUN = b"+"
"""The server's first answer; the second one is an exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsingRequest:
    """One file to parse."""

    folder: str
    """With the file `original`; nothing else can be written."""
    suffix: str
    seconds: float
    memory_bytes: int
    expanded_bytes: int
