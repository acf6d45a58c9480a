from __future__ import annotations

import sys
from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.chat_models.chat_model import build_chat_model, chat_model, name_in_events
from fluxagents.workers.chat_models.choice import fallback_choice
from fluxagents.workers.chat_models.planner.offline_planner import OfflinePlanner
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
    with pytest.raises(
        FluxError,
        match="'magic:tiny' names no chat model; use offline or openai",
    ):
        chat_model(unchecked)


def test_a_chat_model_of_anthropic_gets_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-mine")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://elsewhere.example")
    chat, name = chat_model(settings(chat_model="anthropic:tiny", chat_api_key="k", chat_timeout_s=7))
    assert name == "anthropic:tiny"
    assert isinstance(chat, ChatAnthropic)
    assert (chat.model, chat.anthropic_api_url, chat.anthropic_api_key.get_secret_value()) == (
        "tiny",
        "https://api.anthropic.com",
        "k",
    )
    assert (chat.default_request_timeout, chat.max_retries, chat.temperature) == (7, 0, 0)


def test_the_key_of_the_settings_goes_to_no_endpoint_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", "https://elsewhere.example")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://elsewhere.example")
    chat, _ = chat_model(settings(chat_model="openai:tiny", chat_api_key="k"))
    assert isinstance(chat, ChatOpenAI)
    assert (chat.openai_api_base, chat.max_retries) == ("https://api.openai.com/v1", 0)


def test_the_extra_of_anthropic_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)
    with pytest.raises(
        FluxError, match=r"needs the extra 'anthropic'.*pip install 'fluxagents\[anthropic\]'"
    ):
        chat_model(settings(chat_model="anthropic:tiny", chat_api_key="k"))


def test_variables_of_the_fallback_are_named() -> None:
    fallback = fallback_choice(settings(chat_fallback_model="anthropic:tiny"))
    assert fallback is not None
    with pytest.raises(FluxError, match="FLUXAGENTS_CHAT_FALLBACK_API_KEY"):
        build_chat_model(fallback, 1.0)


def test_nobody_is_the_fallback_unless_it_is_named() -> None:
    assert fallback_choice(settings(chat_model="openai:tiny")) is None
    planner = fallback_choice(settings(chat_model="openai:tiny", chat_fallback_model="offline"))
    assert planner is not None
    assert name_in_events(planner) == "offline-planner"


def test_a_chat_model_may_get_no_temperature() -> None:
    chat, _ = chat_model(settings(chat_model="openai:tiny", chat_api_key="k", chat_temperature="off"))
    assert isinstance(chat, ChatOpenAI)
    assert chat.temperature is None
