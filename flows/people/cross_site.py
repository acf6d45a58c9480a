"""Whether a request that changes something comes from a page of this site (CSRF)."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from urllib.parse import urlsplit

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.display import quote

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


def check_same_site(
    method: str, *, origin: str | None, referer: str | None, own: Collection[str], token: str, expected: str
) -> None:
    """Refuse a request by cookie that a page of another site may have sent.

    A browser says from which origin a form or script sends. What it sends by itself are cookies, never a
    token in a header or form: both must be right.

    Args:
        method: Of the request.
        origin: The header `Origin`, if there is one.
        referer: The header `Referer`, which counts where there is no `Origin`.
        own: The origins of this service, such as `https://flux.lab.example`.
        token: What the request has in the header `X-CSRF-Token` or in its form.
        expected: The token of its session.

    Raises:
        FluxError: `PERMISSION` if the origin is another's or not said, or the token is not the session's.
    """
    if method in SAFE:
        return
    source = origin or _origin_of(referer or "")
    if source not in own:
        raise FluxError(
            ErrorClass.PERMISSION,
            f"a request from {quote(source or 'nowhere')} changes nothing here",
            suggestions=("use the pages of this service, or act with an API key",),
        )
    if not (expected and token.isascii() and hmac.compare_digest(token, expected)):
        raise FluxError(
            ErrorClass.PERMISSION,
            "the request has not the token of its session",
            suggestions=("load the page again", "or act with an API key"),
        )


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
