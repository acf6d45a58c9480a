"""What was left out or guessed when a model's file was read: in findings, and in an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from fluxagents.flows.state import Finding

MODEL_WARNINGS = "model_warnings"
"""The key of a finding under which they stand."""

MAX_SHOWN = 3
MAX_CHARACTERS = 200
"""Of one message: together they take little of what a chat model is shown."""

_DIGEST_CHARACTERS = 12
"""The shortest beginning of an artifact's digest that an answer may name it by."""


def describe_warnings(messages: Sequence[str]) -> dict[str, JsonValue]:
    """The first messages under their key, and how many there are; empty if there are none."""
    if not messages:
        return {}
    shown: list[JsonValue] = [_cut(message) for message in messages[:MAX_SHOWN]]
    return {MODEL_WARNINGS: {"count": len(messages), "shown": len(shown), "messages": shown}}


def list_messages(findings: Iterable[Finding]) -> list[str]:
    """The messages that findings carry, each once."""
    cells = (finding.key_findings.get(MODEL_WARNINGS) for finding in findings)
    listed = (cell.get("messages") for cell in cells if isinstance(cell, dict))
    return list(dict.fromkeys(str(text) for texts in listed if isinstance(texts, list) for text in texts))


def list_messages_of_answer(answer: str, findings: Sequence[Finding]) -> list[str]:
    """The messages of the findings that an answer names; of all findings if it names none."""
    return list_messages([finding for finding in findings if _names(answer, finding)] or findings)


def add_model_note(answer: str, findings: Sequence[Finding]) -> str:
    """An answer that says itself what was left out of the model it rests on.

    Args:
        answer: As it was written.
        findings: Of the run.
    """
    messages = list_messages_of_answer(answer, findings)
    if not messages:
        return answer
    first = messages[0].rstrip(".")
    others = f" (and {len(messages) - 1} more: see `fluxagents models show`)" if messages[1:] else ""
    return f"{answer}\n\nNote on the model: {first}{others}."


def _names(answer: str, finding: Finding) -> bool:
    artifact = (finding.artifact or "").removeprefix("sha256:")[:_DIGEST_CHARACTERS]
    by_digest = bool(artifact) and artifact in answer
    return by_digest or re.search(rf"(?<!\w){re.escape(finding.id)}(?!\w)", answer) is not None


def _cut(message: str) -> str:
    return message if len(message) <= MAX_CHARACTERS else f"{message[: MAX_CHARACTERS - 2]} …"
