"""Keys by which programs act for a person or as a service: what is kept of one, and when it counts.

A key is `flux_<prefix>_<secret>`: the prefix names it in lists and in the audit log, and the secret is 256
random bits. What is kept is the SHA-256 of the secret. So many bits need no slow hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import NamedTuple

from pydantic import Field

from fluxagents.flows.events import Frozen
from fluxagents.flows.people.actions import Scope

SECRET_BYTES = 32
_KEY = re.compile(r"flux_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


class KeyText(NamedTuple):
    """A key as its owner holds it."""

    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"flux_{self.prefix}_{self.secret}"


class ApiKey(Frozen):
    """A key as the store keeps it; times are Unix time in ms."""

    prefix: str
    digest: str
    """The sha256 of the secret."""
    owner: str
    """The person or service that acts with it."""
    purpose: str = ""
    scopes: frozenset[Scope] = Field(min_length=1)
    created_ms: int
    expires_ms: int = 0
    """0 for never."""
    revoked_ms: int = 0
    """0 while it counts."""
    last_used_ms: int = 0
    """To the minute; 0 for never."""

    def status(self, now_ms: int) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_ms:
            return "revoked"
        return "expired" if 0 < self.expires_ms <= now_ms else "active"


NO_KEY = ApiKey(prefix="0" * 8, digest="0" * 64, owner="nobody", scopes=frozenset(Scope), created_ms=0)
"""Compared where there is no key of a prefix, so that a look-up takes as long."""


def encode_secret(random: bytes) -> str:
    """The secret of a key, from its random bytes."""
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()


def digest_secret(secret: str) -> str:
    """What the store keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_key(text: str) -> KeyText | None:
    """The parts of a key; None if the text is none."""
    match = _KEY.fullmatch(text)
    return None if match is None else KeyText(match[1], match[2])


def matches(key: ApiKey, secret: str) -> bool:
    """Whether a secret is that of a key, in a time that does not depend on how much of it is right."""
    return hmac.compare_digest(key.digest, digest_secret(secret))
