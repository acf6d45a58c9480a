"""Which addresses may be told of events."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from fluxagents.flows.errors import ErrorClass, FluxError

MAX_URL = 2_000
"""Characters."""


def check_address(url: str, may_be_plain: Callable[[str], bool]) -> None:
    """Refuse an address that messages cannot go to.

    Args:
        url: The address.
        may_be_plain: Whether a host may be asked without encryption.

    Raises:
        FluxError: `BAD_ARGUMENT`, saying why.
    """
    fault = _find_fault_of_text(url) or _find_fault(urlsplit(url), may_be_plain)
    if fault:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"messages cannot go to this address: {fault}",
            suggestions=("write https://host/path, without a name and password",),
        )


def _find_fault_of_text(url: str) -> str:
    """Why it can be no address; empty if it can."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"it has blanks, other characters than ASCII, or more than {MAX_URL:,}"
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        return str(error)
    return ""


def _find_fault(parts: SplitResult, may_be_plain: Callable[[str], bool]) -> str:
    """What is wrong with an address; empty if nothing is."""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "it does not begin with https:// and a host"
    if parts.username is not None or parts.password is not None:
        return "it has a name or a password"
    if parts.fragment:
        return "it has a fragment"
    if parts.scheme == "http" and not may_be_plain(parts.hostname):
        return f"{parts.hostname} is none of FLUXAGENTS_WEBHOOK_HOSTS, which alone may be asked without https"
    return ""
