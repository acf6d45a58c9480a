from __future__ import annotations

import sys
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.chat import chat_model
from fluxagents.workers.planner.model import OfflinePlanner
from fluxagents.workers.settings import Settings


def settings(**fields: Any) -> Settings:
    return Settings(**fields)


def test_the_planner_is_the_default_and_says_what_it_is() -> None:
    chat, name = chat_model(settings())
    assert isinstance(chat, OfflinePlanner)
    assert name == "offline-planner"


def test_an_openai_compatible_endpoint_gets_its_settings() -> None:
    chat, name = chat_model(
        settings(chat_model="openai:tiny", chat_base_url="http://127.0.0.1:9/v1", chat_timeout_s=7)
    )
    assert name == "openai:tiny"
    assert isinstance(chat, ChatOpenAI)
    assert (chat.model_name, chat.openai_api_base, chat.request_timeout) == (
        "tiny",
        "http://127.0.0.1:9/v1",
        7,
    )


def test_a_key_from_the_environment_never_goes_to_another_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    chat, _ = chat_model(settings(chat_model="openai:tiny", chat_base_url="http://127.0.0.1:9/v1"))
    assert isinstance(chat, ChatOpenAI)
    assert chat.openai_api_key == SecretStr("none")


def test_without_key_and_endpoint_both_variables_are_named() -> None:
    with pytest.raises(FluxError, match="FLUXAGENTS_CHAT_API_KEY, or FLUXAGENTS_CHAT_BASE_URL"):
        chat_model(settings(chat_model="openai:tiny"))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_openai", None)
    with pytest.raises(
        FluxError, match=r"needs the extra 'openai'.*pip install 'fluxagents\[openai\]'"
    ) as caught:
        chat_model(settings(chat_model="openai:tiny", chat_api_key="k"))
    assert caught.value.kind is ErrorClass.BAD_ARGUMENT


def test_an_unknown_scheme_is_refused() -> None:
    unchecked = Settings.model_construct(chat_model="magic:tiny")
    with pytest.raises(FluxError, match="'magic:tiny' names no chat model; use offline or openai:<model>"):
        chat_model(unchecked)
