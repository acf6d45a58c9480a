"""Short texts that whoever holds them can read but not change: a signature stands behind the content."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping

from pydantic import JsonValue

MAX_TOKEN = 4_000
"""Characters, as browsers keep of a cookie."""


def sign_token(content: Mapping[str, JsonValue], key: bytes, purpose: str, *, expires_ms: int) -> str:
    """A token with this content, good for one purpose until a time (Unix time in ms)."""
    document = json.dumps({**content, "expires_ms": expires_ms}, separators=(",", ":"))
    body = base64.urlsafe_b64encode(document.encode()).rstrip(b"=").decode()
    return f"{body}.{compute_signature(body, key, purpose)}"


def read_token(token: str, key: bytes, purpose: str, *, now_ms: int) -> dict[str, JsonValue] | None:
    """The content of a token; None if this key did not sign it for this purpose, or its time is over."""
    body, _, signature = token.partition(".")
    if len(token) > MAX_TOKEN or not token.isascii():
        return None
    if not hmac.compare_digest(signature, compute_signature(body, key, purpose)):
        return None
    try:
        content: dict[str, JsonValue] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return None
    expires_ms = content.pop("expires_ms")
    return content if isinstance(expires_ms, int) and now_ms < expires_ms else None


def compute_signature(body: str, key: bytes, purpose: str) -> str:
    """The HMAC-SHA256 of a text for one purpose, in hex digits."""
    return hmac.new(key, f"{purpose}.{body}".encode(), hashlib.sha256).hexdigest()
