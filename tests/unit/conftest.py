"""What unit tests share: model files parsed once."""

from __future__ import annotations

from functools import cache

import pytest

from fluxagents.workers.models import model_store
from fluxagents.workers.models.parser import parsing


@cache
def _parse(original: bytes, suffix: str, limits: parsing.ParsingLimits) -> parsing.ParsingOutcome:
    return parsing.parse(original, suffix, limits)


@pytest.fixture(autouse=True)
def parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all model stores share what was parsed: a parser is a process that imports cobra for seconds."""
    monkeypatch.setattr(model_store, "parse", _parse)
