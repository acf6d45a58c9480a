"""Messages that workers refused are shown where people look after the services."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr
from redis import Redis
from tests.support.command_calls import invoke

from fluxagents.workers.commands.services.services import status
from fluxagents.workers.host.checks import CheckStatus, check_messages
from fluxagents.workers.redis.observing.refused_messages import RedisRefusedMessages
from fluxagents.workers.settings import Settings


@pytest.fixture
def settings(redis_url: str, key_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    return Settings.load()


def test_status_and_doctor_count_them_by_kind(settings: Settings, redis: Redis) -> None:
    assert json.loads(invoke(status, "--json").stdout)["refused_messages"] == {}
    assert "refused" not in invoke(status).stdout
    assert check_messages(redis, settings).verdict is CheckStatus.OK
    refused = RedisRefusedMessages(redis, prefix=settings.key_prefix)
    for kind in ("unsigned", "unsigned", "wrong_signature"):
        refused.count(kind)
    found = json.loads(invoke(status, "--json").stdout)["refused_messages"]
    assert found == {"unsigned": 2, "wrong_signature": 1}
    line = "3 messages refused: 2 unsigned, 1 with a wrong signature"
    assert line in invoke(status).stdout
    check = check_messages(redis, settings.model_copy(update={"message_key": SecretStr("k" * 32)}))
    assert check.verdict is CheckStatus.WARN
    assert check.seen.startswith("signed with ")
    assert line in check.seen


def test_status_is_shown_while_redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", "redis://127.0.0.1:1/0")
    assert json.loads(invoke(status, "--json").stdout)["refused_messages"] is None
