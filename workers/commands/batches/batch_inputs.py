"""What `fluxagents batch` is given: lists in files, and media."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError


def listed(given: Sequence[str], file: str | None) -> list[str]:
    """The values given one by one and those of a file: one a line; empty lines and `#` lines do not count.

    Raises:
        FluxError: If the file cannot be read or holds nothing.
    """
    if file is None:
        return list(given)
    lines = (line.strip() for line in _text(file).splitlines())
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"file {file!r} lists nothing")
    return [*given, *found]


def medium(text: str) -> dict[str, JsonValue]:
    """A medium from a YAML or JSON file, or from words such as `EX_glc__D_e=10,EX_o2_e=0`.

    Returns:
        Exchange reaction -> largest uptake in mmol/gDW/h.

    Raises:
        FluxError: If it is no such mapping, or an uptake is no finite number of at least 0.
    """
    if "=" in text and not Path(text).is_file():
        return _checked(_pairs(text), text)
    return _checked(_document(text), text)


def _pairs(text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for part in text.split(","):
        exchange, equals, uptake = (word.strip() for word in part.partition("="))
        if not equals or not exchange:
            raise _bad(text, f"{part!r} is not EXCHANGE=UPTAKE")
        if exchange in found:
            raise _bad(text, f"{exchange!r} is named twice")
        try:
            found[exchange] = float(uptake)
        except ValueError:
            found[exchange] = uptake
    return found


def _document(file: str) -> object:
    text = _text(file)
    try:
        return json.loads(text) if file.endswith(".json") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise _bad(file, f"the file cannot be read: {' '.join(str(error).split())}") from error


def _checked(found: object, text: str) -> dict[str, JsonValue]:
    if not isinstance(found, dict) or not found:
        raise _bad(text, "it names no exchange reaction")
    for exchange, uptake in found.items():
        number = isinstance(uptake, int | float) and not isinstance(uptake, bool)
        if not isinstance(exchange, str) or not number or not math.isfinite(uptake) or uptake < 0:
            raise _bad(text, f"uptake {uptake!r} of {exchange!r} is no number of at least 0")
    return {exchange: float(uptake) for exchange, uptake in found.items()}


def _bad(text: str, reason: str) -> FluxError:
    return FluxError(
        ErrorClass.MEDIUM,
        f"medium {text!r}: {reason}",
        suggestions=(
            "name a YAML or JSON file that maps exchange reactions to uptakes in mmol/gDW/h",
            "or write EX_glc__D_e=10,EX_o2_e=0",
        ),
    )


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"file {file!r} cannot be read: {reason}") from error
