"""The inputs of `fluxagents batch`: lists in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError


def read_list(values: Sequence[str], file: str | None) -> list[str]:
    """The values from the command line, then those of a file: one per line, without empty and `#` lines.

    Raises:
        FluxError: If the file cannot be read or holds nothing.
    """
    if file is None:
        return list(values)
    lines = (line.strip() for line in _read_text(file).splitlines())
    listed = [line for line in lines if line and not line.startswith("#")]
    if not listed:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"file {file!r} lists nothing")
    return [*values, *listed]


def _read_text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"file {file!r} cannot be read: {reason}") from error
