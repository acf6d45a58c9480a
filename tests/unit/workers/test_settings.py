"""Settings come from the environment, once, and a bad one is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.settings import Settings, user_data_dir


def test_defaults_need_no_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLUXAGENTS_DATA_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = Settings.load()
    assert settings.redis_url is None
    assert settings.chat_model == "offline"
    assert settings.data_dir == user_data_dir()
    assert settings.artifact_url == str(settings.data_dir / "store")


def test_variables_win_over_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", "lab:")
    monkeypatch.setenv("FLUXAGENTS_TASK_MODULES", "mine.tasks, fluxagents.tasks.steps")
    monkeypatch.setenv("FLUXAGENTS_LOG_LEVEL", "debug")
    settings = Settings.load()
    assert settings.key_prefix == "lab:"
    assert settings.task_modules == ("mine.tasks", "fluxagents.tasks.steps")
    assert settings.log_level == "DEBUG"


def test_a_bad_value_is_named_with_its_variable_and_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_CONCURRENCY_TOOLS", "-3")
    with pytest.raises(FluxError) as raised:
        Settings.load()
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert "FLUXAGENTS_CONCURRENCY_TOOLS='-3'" in raised.value.message
    assert raised.value.suggestions


def test_a_bad_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", "http://:hunter2@host")
    with pytest.raises(FluxError) as raised:
        Settings.load()
    assert "hunter2" not in str(raised.value)
    assert "redis://" in raised.value.message


def test_secrets_are_not_in_the_text_of_the_settings() -> None:
    settings = Settings(redis_url="redis://:hunter2@host/0", chat_api_key="sk-hunter2")
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"SOFT_TIME_LIMIT_S": "700"}, "FLUXAGENTS_SOFT_TIME_LIMIT_S and FLUXAGENTS_HARD_TIME_LIMIT_S"),
        ({"VISIBILITY_TIMEOUT_S": "60"}, "FLUXAGENTS_HARD_TIME_LIMIT_S and FLUXAGENTS_VISIBILITY_TIMEOUT_S"),
        ({"NODE_TTL_S": "3"}, "FLUXAGENTS_HEARTBEAT_EVERY_S and FLUXAGENTS_NODE_TTL_S"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    named: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"FLUXAGENTS_{name}", value)
    with pytest.raises(FluxError) as raised:
        Settings.load()
    assert named in str(raised.value)
