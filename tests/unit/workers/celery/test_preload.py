"""A worker has imported what its first task needs before it takes one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers.celery.nodes import preload
from fluxagents.workers.celery.queues import CONTROL, DECIDE, LONG, TOOLS
from fluxagents.workers.chat_models import chat_model
from fluxagents.workers.settings import Settings


def build_worker(queues: Sequence[str], settings: Settings) -> Any:
    consumed = SimpleNamespace(queues=SimpleNamespace(consume_from=dict.fromkeys(queues)))
    return SimpleNamespace(app=SimpleNamespace(amqp=consumed, settings=settings))


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was imported for its weight, and is not."""
    names: list[str] = []

    def import_light(name: str) -> Any:
        if not name.startswith("fluxagents"):
            names.append(name)
            return None
        return import_module(name)

    monkeypatch.setattr(preload, "import_module", import_light)
    monkeypatch.setattr(chat_model, "import_module", import_light)
    return names


@pytest.mark.parametrize(
    ("queues", "libraries"),
    [
        (TOOLS.queues, ["cobra.io"]),
        (LONG.queues, ["cobra.io"]),
        (CONTROL.queues, []),
        (DECIDE.queues, ["langchain_openai", "langchain_anthropic"]),
        (("decide.new",), ["langchain_openai", "langchain_anthropic"]),
    ],
)
def test_each_pool_has_its_libraries(
    imported: list[str], queues: Sequence[str], libraries: list[str]
) -> None:
    settings = Settings(chat_model="openai:a", chat_fallback_model="anthropic:b")
    preload.Preload(build_worker(queues, settings))
    assert imported == libraries


def test_the_planner_needs_no_library(imported: list[str]) -> None:
    preload.Preload(build_worker(DECIDE.queues, Settings(chat_model="offline")))
    assert imported == []


def test_a_library_that_is_missing_is_told_by_the_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(chat_model, "import_module", refuse)
    settings = Settings(chat_model="openai:a")
    chat_model.import_providers(settings)
    with pytest.raises(FluxError, match="openai"):
        chat_model.chat_model(settings)
