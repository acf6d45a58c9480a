"""Files in object stores and on the web: their names in messages and why they failed, without secrets."""

from __future__ import annotations

import re
from typing import NamedTuple

EXTRAS = {"s3": "s3", "s3a": "s3", "http": "http", "https": "http"}
"""Protocol -> the optional extra of this package that speaks it."""

NOT_FOUND = 404

_USER = re.compile(r"://([^/\s]*)@")
_QUERY = re.compile(r"[?#](.*)", re.DOTALL)
_URL = re.compile(r"\w+://[^\s'\"<>]+")

_WAYS_OUT = {
    "s3": "check the bucket, the name and AWS_ENDPOINT_URL, and the credentials: AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "http": "check the address: it must give the file itself, without a login",
}
"""By extra."""

_PASSING = frozenset({"ConnectionError", "TimeoutError", "HTTPClientError", "ClientConnectionError"})
"""Bases of exceptions of Python, botocore and aiohttp for a server that was not reached or did not answer."""

_PASSING_STATUSES = frozenset({408, 429})
_SERVER_ERROR = 500


class Refusal(NamedTuple):
    """Why a URL gave nothing."""

    reason: str
    suggestions: tuple[str, ...]


def hide_secrets(url: str) -> str:
    """A URL without user, password and query, where people put keys and tokens."""
    return _QUERY.sub("?…", _USER.sub("://", url))


def plain_url(url: str) -> str:
    """The part of a URL that names a file: a web address may go on with a query."""
    return _QUERY.sub("", url) if _extra(url) == "http" else url


def refusal(url: str, error: Exception) -> Refusal:
    """What an exception of fsspec, or of a package that it uses, says of a URL."""
    extra = _extra(url)
    if isinstance(error, ImportError) and extra:
        way_out = f"pip install 'fluxagents[{extra}]'"
        return Refusal(f"the optional extra '{extra}' is not installed", (way_out,))
    ways_out = (_WAYS_OUT[extra],) if extra else ()
    return Refusal(_without_secrets(url, _reason(error, is_web=extra == "http")), ways_out)


def is_passing(error: BaseException) -> bool:
    """Whether a remote store is only out: not reached, too slow, or with a fault of its own."""
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return status in _PASSING_STATUSES or status >= _SERVER_ERROR
    if isinstance(error, FileNotFoundError) and error.__cause__ is not None:
        return is_passing(error.__cause__)
    return any(kind.__name__ in _PASSING for kind in type(error).__mro__)


def _reason(error: BaseException, *, is_web: bool) -> str:
    if isinstance(error, FileNotFoundError):
        # fsspec calls every failure of a web server a missing file; the cause tells what it was.
        if is_web and error.__cause__ is not None:
            return _reason(error.__cause__, is_web=True)
        return "No such file or directory"
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return f"HTTP status {status}" if status != NOT_FOUND else "No such file or directory"
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or " ".join(str(error).split()) or type(error).__name__


def _without_secrets(url: str, text: str) -> str:
    masked = _URL.sub(lambda match: hide_secrets(match[0]), text)
    for secret in (*_USER.findall(url), *_QUERY.findall(url)):
        if secret:
            masked = masked.replace(secret, "…")
    return masked


def _extra(url: str) -> str | None:
    return EXTRAS.get(url.partition("://")[0].lower())
