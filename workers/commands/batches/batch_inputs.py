"""The inputs of `fluxagents batch`: lists in files, and media."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import JsonValue

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


def parse_medium(text: str) -> dict[str, JsonValue]:
    """A medium from a YAML or JSON file, or from words such as `EX_glc__D_e=10,EX_o2_e=0`.

    Returns:
        Exchange reaction -> largest uptake in mmol/gDW/h.

    Raises:
        FluxError: If it is no such mapping, or an uptake is no finite number of at least 0.
    """
    if "=" in text and not Path(text).is_file():
        return _check_uptakes(_parse_pairs(text), text)
    return _check_uptakes(_read_document(text), text)


def _parse_pairs(text: str) -> dict[str, object]:
    uptakes: dict[str, object] = {}
    for part in text.split(","):
        exchange, equals, uptake = (word.strip() for word in part.partition("="))
        if not equals or not exchange:
            raise _medium_error(text, f"{part!r} is not EXCHANGE=UPTAKE")
        if exchange in uptakes:
            raise _medium_error(text, f"{exchange!r} is named twice")
        try:
            uptakes[exchange] = float(uptake)
        except ValueError:
            uptakes[exchange] = uptake
    return uptakes


def _read_document(file: str) -> object:
    text = _read_text(file)
    try:
        return json.loads(text) if file.endswith(".json") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise _medium_error(file, f"the file cannot be read: {' '.join(str(error).split())}") from error


def _check_uptakes(uptakes: object, text: str) -> dict[str, JsonValue]:
    if not isinstance(uptakes, dict) or not uptakes:
        raise _medium_error(text, "it names no exchange reaction")
    for exchange, uptake in uptakes.items():
        number = isinstance(uptake, int | float) and not isinstance(uptake, bool)
        if not isinstance(exchange, str) or not number or not math.isfinite(uptake) or uptake < 0:
            raise _medium_error(text, f"uptake {uptake!r} of {exchange!r} is no number of at least 0")
    return {exchange: float(uptake) for exchange, uptake in uptakes.items()}


def _medium_error(text: str, reason: str) -> FluxError:
    return FluxError(
        ErrorClass.MEDIUM,
        f"medium {text!r}: {reason}",
        suggestions=(
            "name a YAML or JSON file that maps exchange reactions to uptakes in mmol/gDW/h",
            "or write EX_glc__D_e=10,EX_o2_e=0",
        ),
    )


def _read_text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"file {file!r} cannot be read: {reason}") from error
