"""A bundle helps and gives no secret away; a repair mends its check."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest
from pydantic import SecretStr
from redis import Redis
from redis.exceptions import ResponseError

from fluxagents.workers.host.checks import CheckResult, CheckStatus, check_data_folder, check_eviction
from fluxagents.workers.host.repairs import repair
from fluxagents.workers.host.support_bundle import LOG_BYTES, write_bundle
from fluxagents.workers.redis.connection import connect
from fluxagents.workers.settings import Settings

CHAT_KEY = "sk-seeded-secret-one"
MESSAGE_KEY = "seeded-secret-of-thirty-two-letters"
SLACK_TOKEN = "xoxb-seeded-secret-three"
PASSWORD = "seeded-secret-four"


def test_no_seeded_secret_is_in_any_part(tmp_path: Path, redis_url: str) -> None:
    settings = Settings(
        redis_url=SecretStr(redis_url),
        data_dir=tmp_path,
        chat_api_key=SecretStr(CHAT_KEY),
        message_key=SecretStr(MESSAGE_KEY),
        slack_bot_token=SecretStr(SLACK_TOKEN),
    )
    (tmp_path / "flower.password").write_text(PASSWORD)
    settings.log_dir.mkdir()
    seeded = [CHAT_KEY, MESSAGE_KEY, SLACK_TOKEN, PASSWORD, urlsplit(redis_url).password or ""]
    (settings.log_dir / "tools.log").write_text(
        "x" * LOG_BYTES + "\n".join(seeded) + f"\n{redis_url}\nthe end"
    )
    bundle = tmp_path / "support.zip"
    names = write_bundle(bundle, settings, [])
    assert names == ["checks.json", "settings.json", "metrics.txt", "logs/tools.log"]
    assert bundle.stat().st_mode & 0o077 == 0
    with ZipFile(bundle) as file:
        texts = {name: file.read(name).decode() for name in names}
    assert not [(secret, name) for secret in seeded for name, text in texts.items() if secret in text]
    assert texts["logs/tools.log"].endswith("the end")
    assert "fluxagents_redis_aof_ok 1.0" in texts["metrics.txt"]


def test_a_log_begins_with_a_whole_line(tmp_path: Path) -> None:
    settings = Settings(
        redis_url=SecretStr("redis://127.0.0.1:1/0"), data_dir=tmp_path, chat_api_key=SecretStr(CHAT_KEY)
    )
    settings.log_dir.mkdir()
    cut = CHAT_KEY[8:]
    rest = "\n" + "x" * (LOG_BYTES - len(cut) - 1)
    (settings.log_dir / "tools.log").write_text(f"the key is {CHAT_KEY}{rest}")
    write_bundle(tmp_path / "support.zip", settings, [])
    with ZipFile(tmp_path / "support.zip") as file:
        assert file.read("logs/tools.log").decode() == rest.lstrip("\n")


def test_a_bundle_is_written_without_redis(tmp_path: Path) -> None:
    settings = Settings(redis_url=SecretStr("redis://127.0.0.1:1/0"), data_dir=tmp_path)
    write_bundle(tmp_path / "support.zip", settings, [])
    with ZipFile(tmp_path / "support.zip") as file:
        assert file.read("metrics.txt").startswith(b"not read: ")


def test_what_can_be_mended_is_and_nothing_else(tmp_path: Path, redis_url: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    settings = Settings(redis_url=SecretStr(redis_url), data_dir=folder)
    with connect(settings) as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        results = [check_data_folder(settings), check_eviction(redis)]
        mended = dict(repair(settings, results))
        after = [check_data_folder(settings), check_eviction(redis)]
    assert set(mended) == {"data folder", "eviction"}
    assert [result.verdict for result in after] == ["ok", "ok"]
    assert dict(repair(settings, after)) == {}


def test_what_cannot_be_mended_is_said_and_what_needs_no_mending_is_not(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(redis_url=SecretStr(redis_url), data_dir=tmp_path / "private")
    settings.data_dir.mkdir(mode=0o700)
    wrong = [
        CheckResult(name=name, verdict=CheckStatus.FAIL, seen="") for name in ("data folder", "eviction")
    ]

    def refuse(*_: object) -> None:
        raise ResponseError("unknown command 'CONFIG'")

    monkeypatch.setattr(Redis, "config_set", refuse)
    assert dict(repair(settings, wrong)) == {
        "eviction": "Redis does not let it be set: unknown command 'CONFIG'"
    }
