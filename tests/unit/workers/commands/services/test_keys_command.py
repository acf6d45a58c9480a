"""`fluxagents keys` shows which keys there are, and never a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.command_calls import invoke

from fluxagents.flows.errors import FluxError
from fluxagents.workers.commands.services.keys import keys
from fluxagents.workers.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path))
    return Settings.load()


def test_keys_are_created_rotated_and_shown_by_their_fingerprints(settings: Settings) -> None:
    assert "not signed: any message is taken" in invoke(keys, "show").stdout
    created = invoke(keys, "create")
    first = json.loads(invoke(keys, "show", "--json").stdout)["messages"]
    assert first == {"signed": True, "fingerprints": first["fingerprints"], "source": "file"}
    assert f"signed with {first['fingerprints'][0]}" in created.stdout
    assert "start the services again" in created.stderr
    rotated = json.loads(invoke(keys, "rotate", "--json").stdout)["messages"]
    assert rotated["fingerprints"][1:] == first["fingerprints"]
    secrets = settings.message_key_file.read_text().split() + settings.export_key_file.read_text().split()
    shown = invoke(keys, "show").stdout + invoke(keys, "show", "--json").stdout
    assert f"{rotated['fingerprints'][1]} is accepted as well" in shown
    assert len(secrets) == 3
    assert not any(secret in shown for secret in secrets)
    with pytest.raises(FluxError, match="there is a message key"):
        invoke(keys, "create")


def test_the_public_key_of_exports_stays_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUXAGENTS_TRUSTED_KEYS", f"{'a' * 64},{'b' * 64}")
    first, second = (json.loads(invoke(keys, "show", "--json").stdout)["exports"] for _ in range(2))
    assert first == second
    assert first["trusted"] == ["a" * 64, "b" * 64]
    assert len(bytes.fromhex(first["public_key"])) == 32
    assert settings.export_key_file.stat().st_mode & 0o777 == 0o600
