"""The data files beside this module: the planner's words and rules."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load_table(name: str) -> dict[str, Any]:
    """A data file: `lexicon`, `names`, `unsupported`, `intents` or `idle`."""
    text = (
        files("fluxagents.workers.chat_models.planner.words")
        .joinpath(f"{name}.toml")
        .read_text(encoding="utf-8")
    )
    return tomllib.loads(text)
