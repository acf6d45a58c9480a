"""The keys with which messages are signed: one that signs, and a second one that is accepted as well."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.files.secret_file import create_secret, read_secret, replace_secret
from fluxagents.workers.settings import SHORTEST_KEY, Settings


@dataclass(frozen=True, slots=True)
class MessageKeys:
    """Signs messages, and knows those that were signed."""

    key: bytes = field(repr=False)
    """The one that signs."""
    second: bytes = field(default=b"", repr=False)
    """Accepted as well, so that keys can be changed while messages are under way; empty for none."""
    source: Literal["settings", "file"] = "settings"

    def sign(self, content: bytes) -> str:
        """The HMAC-SHA256 of a message, in hex digits."""
        return _mac(self.key, content)

    def accept(self, content: bytes, signature: str) -> bool:
        """Whether one of the keys made the signature of this message."""
        keys = (self.key, self.second) if self.second else (self.key,)
        return any(hmac.compare_digest(_mac(key, content), signature) for key in keys)

    @property
    def texts(self) -> tuple[str, ...]:
        """The keys themselves, for what hides them wherever they stand."""
        return tuple(key.decode() for key in (self.key, self.second) if key)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """What may be shown of the keys, to compare machines: the one that signs, then the second."""
        return tuple(fingerprint(key) for key in (self.key, self.second) if key)


def _mac(key: bytes, content: bytes) -> str:
    return hmac.digest(key, content, "sha256").hex()


def fingerprint(key: bytes) -> str:
    """Eight hex digits that tell keys apart and nothing else of them."""
    return hashlib.sha256(b"fluxagents message key " + key).hexdigest()[:8]


def load_message_keys(settings: Settings) -> MessageKeys | None:
    """The keys of the settings, else those of the data folder; None where messages are not signed.

    Raises:
        FluxError: If the key file cannot be used.
    """
    if settings.message_key is not None:
        second = settings.message_key_second
        return MessageKeys(
            settings.message_key.get_secret_value().encode(),
            second.get_secret_value().encode() if second is not None else b"",
        )
    text = read_secret(settings.message_key_file)
    if text is None:
        return None
    lines = [line.encode() for line in text.splitlines() if line.strip()]
    if not 1 <= len(lines) <= 2 or any(len(line) < SHORTEST_KEY for line in lines):  # noqa: PLR2004 # two keys
        raise _unusable(settings.message_key_file)
    return MessageKeys(lines[0], lines[1] if len(lines) > 1 else b"", "file")


def create_message_key(settings: Settings) -> MessageKeys:
    """Choose a key for this data folder, after which messages are signed.

    Raises:
        FluxError: If there is one.
    """
    if not create_secret(settings.message_key_file, secrets.token_hex(32)):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there is a message key in {str(settings.message_key_file)!r}",
            suggestions=("`fluxagents keys rotate` replaces it",),
        )
    return _load(settings)


def rotate_message_key(settings: Settings) -> MessageKeys:
    """Choose another key for this data folder; the one before is accepted until the next rotation.

    Raises:
        FluxError: If there is no key file.
    """
    text = read_secret(settings.message_key_file)
    if not text:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"there is no message key in {str(settings.data_dir)!r}",
            suggestions=("`fluxagents keys create` chooses one",),
        )
    replace_secret(settings.message_key_file, f"{secrets.token_hex(32)}\n{text.splitlines()[0]}")
    return _load(settings)


def _load(settings: Settings) -> MessageKeys:
    keys = load_message_keys(settings)
    assert keys is not None
    return keys


def _unusable(path: Path) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"key file {str(path)!r} holds no key, or more than two",
        suggestions=("a key a line, of 32 characters or more; the first one signs",),
    )
