"""Whether the receiving server vouches for the sender of a mail (RFC 8601)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from authres import AuthenticationResultsHeader
from authres.core import AuthResError

Passed = Mapping[str, Sequence[str]]
"""What was checked and held, as `dkim header.d` -> the domains."""


def find_proof(headers: Sequence[str], sender: str, *, verifier: str) -> str:
    """Why a sender is who they say; empty if the receiving server does not say so.

    The topmost header alone counts, for the receiving server puts its own above all that came with the mail.

    Args:
        headers: `Authentication-Results` from the top.
        sender: The address of `From`.
        verifier: The name of the receiving server.
    """
    domain = sender.rpartition("@")[2]
    passed = _read_verdicts(headers[0], verifier) if headers and verifier and domain else {}
    signers = [name for name in passed.get("dkim header.d", ()) if "." in name]
    if domain in passed.get("dmarc header.from", ()):
        return f"dmarc {domain}"
    # As DMARC's relaxed alignment: who signs for a domain signs for what lies below it.
    if any(domain == name or domain.endswith(f".{name}") for name in signers):
        return f"dkim {domain}"
    if domain in (name.rpartition("@")[2] for name in passed.get("spf smtp.mailfrom", ())):
        return f"spf {domain}"
    return ""


def _read_verdicts(header: str, verifier: str) -> Passed:
    """What the receiving server found to hold; nothing if it is not its header, or its policy failed."""
    try:
        verdicts = AuthenticationResultsHeader.parse(f"Authentication-Results: {header}")
    except AuthResError:
        return {}
    results = verdicts.results or ()
    is_failed = any(result.method == "dmarc" and result.result == "fail" for result in results)
    if str(verdicts.authserv_id).lower() != verifier.lower() or is_failed:
        return {}
    passed: defaultdict[str, list[str]] = defaultdict(list)
    for result in results:
        for each in result.properties if result.result == "pass" else ():
            passed[f"{result.method} {each.type}.{each.name}"].append(str(each.value).lower().strip('"'))
    return passed
