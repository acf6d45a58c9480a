"""What signs people in is opened as the settings say."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from pydantic import SecretStr
from redis import Redis

from fluxagents.flows.errors import FluxError
from fluxagents.flows.memory.audit_log import MemoryAuditLog
from fluxagents.scheduler.people.sign_in import SignIn
from fluxagents.workers.channels.browser_sign_in import load_session_key, open_sign_in
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.settings import Settings

REDIS = cast("Redis", None)
"""Opening asks nothing of it."""


def test_all_processes_of_a_data_folder_have_one_key_that_nobody_else_reads(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    keys = {load_session_key(settings) for _ in range(2)}
    assert [len(key) for key in keys] == [64]
    assert settings.session_key_file.stat().st_mode & 0o077 == 0
    own = Settings(data_dir=tmp_path, session_key=SecretStr("k" * 32))
    assert load_session_key(own) == b"k" * 32


def test_without_a_provider_people_sign_in_by_key_or_link(tmp_path: Path) -> None:
    log = MemoryAuditLog(SystemClock())
    settings = Settings(data_dir=tmp_path)
    assert not open_sign_in(settings, REDIS, log).has_provider
    assert settings.session_key_file.exists()


def test_a_provider_needs_what_it_was_told_of_this_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FLUXAGENTS_OIDC_ISSUER", "https://id.example")
    with pytest.raises(FluxError, match="oidc_issuer needs public_url and oidc_client_id"):
        Settings.load()
    monkeypatch.setenv("FLUXAGENTS_OIDC_CLIENT_ID", "flux")
    monkeypatch.setenv("FLUXAGENTS_PUBLIC_URL", "https://flux.example/path")
    with pytest.raises(FluxError, match=r"FLUXAGENTS_PUBLIC_URL='.*' is not usable"):
        Settings.load()
    monkeypatch.setenv("FLUXAGENTS_PUBLIC_URL", "https://flux.example")
    assert isinstance(open_sign_in(Settings.load(), REDIS, MemoryAuditLog(SystemClock())), SignIn)
