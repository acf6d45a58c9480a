"""The keys of messages: only their owner reads them, and a change loses nothing that is under way."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from fluxagents.flows.errors import FluxError
from fluxagents.workers.celery.signed_messages import signed_content
from fluxagents.workers.files.message_keys import (
    MessageKeys,
    create_message_key,
    load_message_keys,
    rotate_message_key,
)
from fluxagents.workers.settings import Settings

JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_without_a_key_nothing_is_signed(settings: Settings) -> None:
    assert load_message_keys(settings) is None
    assert not settings.data_dir.exists()


def test_a_key_is_chosen_once_and_only_its_owner_reads_it(settings: Settings) -> None:
    keys = create_message_key(settings)
    assert settings.message_key_file.stat().st_mode & 0o777 == 0o600
    assert load_message_keys(settings) == keys
    with pytest.raises(FluxError, match="there is a message key"):
        create_message_key(settings)
    assert load_message_keys(settings) == keys


def test_a_key_that_others_can_read_is_refused(settings: Settings) -> None:
    create_message_key(settings)
    settings.message_key_file.chmod(0o640)
    with pytest.raises(FluxError, match="may be read or written by others"):
        load_message_keys(settings)


@pytest.mark.parametrize("text", ["", "short", "a" * 32 + "\n" + "b" * 32 + "\n" + "c" * 32])
def test_a_file_that_holds_no_key_is_refused(settings: Settings, text: str) -> None:
    settings.data_dir.mkdir()
    settings.message_key_file.touch(0o600)
    settings.message_key_file.write_text(text)
    with pytest.raises(FluxError, match="holds no key, or more than two"):
        load_message_keys(settings)


def test_after_a_rotation_the_key_before_is_accepted_and_the_one_before_that_is_not(
    settings: Settings,
) -> None:
    first = create_message_key(settings)
    second = rotate_message_key(settings)
    assert second.accept(b"x", first.sign(b"x"))
    assert not first.accept(b"x", second.sign(b"x"))
    third = rotate_message_key(settings)
    assert third.accept(b"x", second.sign(b"x"))
    assert not third.accept(b"x", first.sign(b"x"))
    assert settings.message_key_file.stat().st_mode & 0o777 == 0o600


def test_there_is_nothing_to_rotate_without_a_key(settings: Settings) -> None:
    with pytest.raises(FluxError, match="there is no message key"):
        rotate_message_key(settings)


def test_settings_count_more_than_the_file(settings: Settings) -> None:
    create_message_key(settings)
    named = settings.model_copy(
        update={"message_key": SecretStr("k" * 32), "message_key_second": SecretStr("s" * 32)}
    )
    keys = load_message_keys(named)
    assert keys is not None
    assert (keys.key, keys.second, keys.source) == (b"k" * 32, b"s" * 32, "settings")


def test_no_key_is_printed() -> None:
    keys = MessageKeys(b"hushed" * 8, b"another" * 8)
    assert "hushed" not in repr(keys)
    assert "another" not in repr(keys)
    assert len(set(keys.fingerprints)) == 2
    settings = Settings(message_key=SecretStr("hushed" * 8), export_key=SecretStr("5ec2e7" * 10 + "abcd"))
    assert "hushed" not in repr(settings)
    assert "5ec2e7" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MESSAGE_KEY", "short secret"), ("EXPORT_KEY", "secret"), ("TRUSTED_KEYS", "xyz")],
)
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(f"FLUXAGENTS_{variable}", value)
    with pytest.raises(FluxError, match=f"FLUXAGENTS_{variable}") as caught:
        Settings.load()
    assert "hushed" not in str(caught.value).replace("(secret)", "")


@given(st.dictionaries(st.text(), JSON, max_size=4), st.text(), st.text())
def test_a_signature_survives_the_way_through_json_and_is_that_of_the_standard_library(
    kwargs: dict[str, object], task: str, task_id: str
) -> None:
    keys = MessageKeys(b"k" * 32)
    signature = keys.sign(signed_content(task, task_id, (), kwargs))
    sent = json.loads(json.dumps([task, task_id, [], kwargs]))
    assert keys.accept(signed_content(*sent), signature)
    plain = json.dumps([task, task_id, [], kwargs], sort_keys=True, separators=(",", ":"))
    assert signature == hmac.new(b"k" * 32, plain.encode(), hashlib.sha256).hexdigest()


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_signature_is_of_one_message(content: bytes, other: bytes) -> None:
    keys = MessageKeys(b"k" * 32)
    assert keys.accept(other, keys.sign(content)) == (other == content)
