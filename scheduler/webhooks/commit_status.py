"""How a run went, as the status of a commit at GitHub or a forge that speaks its API.

https://docs.github.com/en/rest/commits/statuses
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fluxagents.scheduler.webhooks.notice import ENDS, Notice

COMMIT = "commit"
"""What the reply of a trigger calls the commit."""

MAX_DESCRIPTION = 140
"""Characters that GitHub takes."""

API_VERSION = "2022-11-28"

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_STATES: Mapping[str, str] = MappingProxyType(
    {"run.finished": "success", "run.failed": "failure", "run.cancelled": "error", "run.dead": "error"}
)
_WORDS: Mapping[str, str] = MappingProxyType({"run.cancelled": "Cancelled", "run.dead": "Waits for a human"})
"""Where a run says nothing itself."""


def is_commit(text: str) -> bool:
    """Whether a text names one commit, by all digits of its hash."""
    return _COMMIT.fullmatch(text) is not None


def has_status(notice: Notice) -> bool:
    """Whether it says how a run went that belongs to a commit."""
    return notice.type in ENDS and is_commit(notice.reply.get(COMMIT, ""))


def build_status(notice: Notice, public_url: str) -> str:
    """The body of a message that tells a repository how a run went, for `read_status`.

    Args:
        notice: Of the end of a run.
        public_url: How browsers reach the API; empty where nobody said.
    """
    status = {
        "state": _STATES[notice.type],
        "description": _describe(notice),
        "context": f"fluxagents/{notice.data.get('trigger') or notice.flow}",
    }
    if public_url:
        status["target_url"] = f"{public_url}/v1/runs/{notice.data['run_id']}"
    return json.dumps({COMMIT: notice.reply[COMMIT], "status": status}, ensure_ascii=False)


def read_status(body: str) -> tuple[str, bytes]:
    """The commit of a message, and what is posted to its statuses: the same bytes each time."""
    document: dict[str, Any] = json.loads(body)
    return document[COMMIT], json.dumps(
        document["status"], ensure_ascii=False, separators=(",", ":")
    ).encode()


def build_repository_headers(token: str) -> dict[str, str]:
    """The headers of each request to a repository."""
    return {
        "accept": "application/vnd.github+json",
        "authorization": f"Bearer {token}",
        "user-agent": "fluxagents",
        "x-github-api-version": API_VERSION,
    }


def _describe(notice: Notice) -> str:
    error = notice.data.get("error")
    text = notice.data.get("answer") or (error.get("message") if isinstance(error, dict) else "")
    line = " ".join(str(text or _WORDS.get(notice.type, "")).split())
    return line if len(line) <= MAX_DESCRIPTION else f"{line[: MAX_DESCRIPTION - 1]}…"
