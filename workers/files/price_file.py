"""The user's prices of chat models, in a file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.statistics.costs import Prices
from fluxagents.workers.settings import Settings

EXAMPLE = 'currency = "USD" and [models."openai:<model>"] with input = and output = per million tokens'

_READERS: Mapping[str, Callable[[str], Any]] = {
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
}


def load_prices(settings: Settings) -> Prices | None:
    """The prices that the settings name, or None; raises as `read_prices`."""
    return read_prices(settings.chat_prices) if settings.chat_prices else None


def read_prices(path: Path) -> Prices:
    """Read a table of prices.

    Raises:
        FluxError: `BAD_ARGUMENT` if the file cannot be read or is no such table.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise _unusable(path, f"its name ends with none of {', '.join(_READERS)}")
    try:
        return Prices.model_validate(reader(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise _unusable(path, f"{where}: {first['msg']}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _unusable(path, " ".join(str(error).split())) from error


def _unusable(path: Path, why: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"FLUXAGENTS_CHAT_PRICES={str(path)!r} is no table of prices: {why}",
        suggestions=(f"write {EXAMPLE}",),
    )
