"""Secrets are replaced by value wherever they stand in what is shown."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import SecretStr

from fluxagents.workers.settings import Settings

MASK = "***"

SHORTEST = 4
"""Characters; a shorter secret stands in ordinary words, which would be replaced as well."""

ENVIRONMENT = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "FLOWER_BASIC_AUTH",
    "FLOWER_OAUTH2_SECRET",
    "FLOWER_COOKIE_SECRET",
)
"""What packages that are used here read by themselves."""

_QUERY_NAME = re.compile(r"auth|code|cred|key|pass|secret|sig|token", re.IGNORECASE)
"""What a parameter of a URL is called that holds a secret."""
RANDOM_LETTERS = 16
"""A value of so many is hidden whatever the parameter is called: no option is as long."""

_SEQUENCES = (list, tuple)
_LOGIN = r"://[^/\s@'\"]*@"

_FORMS = (
    r"\bflux_[0-9a-f]{8}_[A-Za-z0-9_-]{43}",  # of an API key
    r"\bsk-[A-Za-z0-9_-]{16,}",  # of a chat provider
    r"\bxox[a-z]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}",  # of Slack
    r"\bgh[opsur]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}",
    r"\bAKIA[0-9A-Z]{16}\b",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # of a JSON web token
    r"(?<=\bBearer )[A-Za-z0-9._~+/-]{8,}=*",
)
"""Of tokens that nobody has to name."""

_MARKS = (
    *("://", "flux_", "sk-", "xox", "xapp-", "AKIA", "eyJ", "Bearer "),
    *("gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_pat_"),
)
"""What a text has that holds a login or a token of a known form."""


class SecretMask:
    """Replaces secrets by `***`, tokens of known forms, and the login of every URL.

    Args:
        secrets: What must not be shown; those of fewer than four characters are hidden in URLs only.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {spelling for secret in secrets for spelling in _spell(secret)}
        # A long secret first: a short one may be a part of it.
        known = sorted((form for form in spellings if len(form) >= SHORTEST), key=len, reverse=True)
        self._marks = (*_MARKS, *known)
        self._pattern = re.compile("|".join((_LOGIN, *map(re.escape, known), *_FORMS)))

    def hide(self, text: str) -> str:
        """The text without secrets."""
        # Nearly all texts hold none, and workers send several events for each step.
        if not any(map(text.__contains__, self._marks)):
            return text
        return self._pattern.sub(_replacement, text)

    def hide_within(self, value: Any) -> Any:
        """A JSON value without secrets in any of its texts, names of fields included."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict):
            return {self.hide_within(name): self.hide_within(content) for name, content in value.items()}
        if isinstance(value, _SEQUENCES):
            return [self.hide_within(item) for item in value]
        return value


def build_mask(settings: Settings, *others: str) -> SecretMask:
    """What hides the secrets of an installation.

    Args:
        settings: Whose secret fields are hidden, and what its URLs hold of logins and keys.
        others: Further secrets, or URLs that hold some.
    """
    fields = [getattr(settings, name) for name in Settings.model_fields]
    secret_fields = [field.get_secret_value() for field in fields if isinstance(field, SecretStr)]
    urls = [field for field in fields if isinstance(field, str) and "://" in field]
    variables = [os.environ[name] for name in ENVIRONMENT if name in os.environ]
    headers = settings.trace_header_fields.values()
    texts = (*secret_fields, *urls, *headers, *variables, *others)
    return SecretMask(secret for text in texts for secret in _secrets_in(text))


def _spell(secret: str) -> Iterator[str]:
    """A secret as it stands in text, URLs, JSON and HTML."""
    for plain in (secret, unquote(secret)):
        yield from (plain, quote(plain, safe=""), json.dumps(plain)[1:-1], html.escape(plain))


def _secrets_in(text: str) -> list[str]:
    if "://" not in text:
        return [text]
    parts = urlsplit(text)
    values = [
        value
        for name, value in parse_qsl(parts.query)
        if _QUERY_NAME.search(name) or len(value) >= RANDOM_LETTERS
    ]
    # A token may stand alone before a web address; elsewhere that is the name of a user.
    token = parts.username if parts.scheme.startswith("http") else None
    return [parts.password or token or "", *values]


def _replacement(match: re.Match[str]) -> str:
    return f"://{MASK}@" if match[0].startswith("://") else MASK
