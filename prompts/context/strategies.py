"""Strategies that need fewer tokens, each a small pure function over the messages of a context.

Those over all messages lose nothing important and are always applied; those that shorten one message are
applied when space runs out; `keep_within` drops whole messages at last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.sections import compact

Message = dict[str, Any]
"""`content`, and where they matter:

- `id` and `role`;
- `priority`: higher stays longer;
- `pinned`: stays as it is, as does whatever has the role `system`;
- `keep`: may be shortened and is never dropped;
- `same_as`: messages that agree in it say the same; the content when absent;
- `passed`: a passing error, such as an outage, that is over.
"""

Strategy = Callable[[Sequence[Message]], list[Message]]
"""Messages in, fewer or shorter ones out, in their order; pinned ones stay unchanged."""

Shortening = Callable[[Message], Message]
"""One message in, a shorter one out; the same one if there is nothing to shorten."""

ROWS_KEPT = 10
"""A list of a result that is no longer than this is not worth a reference."""

EXTRACT_CHARACTERS = 600
"""Length of the extract of a text, about 150 tokens."""

GAP = "[...]"

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_TELLING = re.compile(r"\d|\b(not|no|never|only|must|rejected|without)\b", re.IGNORECASE)


def is_pinned(message: Message) -> bool:
    """Whether it stays unchanged."""
    return bool(message.get("pinned")) or message.get("role") == "system"


def is_kept(message: Message) -> bool:
    """Whether it may not be dropped."""
    return is_pinned(message) or bool(message.get("keep"))


def compact_contents(messages: Sequence[Message]) -> list[Message]:
    """JSON without its blanks, text without its trailing ones.

    Raises:
        FluxError: `BAD_ARGUMENT` for a message without a text as its content.
    """
    return [{**message, "content": _compact(read_content(message))} for message in messages]


def deduplicate(messages: Sequence[Message]) -> list[Message]:
    """The last of messages with the same content, with the highest of their priorities."""
    kept: list[Message] = []
    seen: dict[tuple[str, str], Message] = {}
    for message in reversed(messages):
        key = (str(message.get("role", "")), str(message.get("same_as", message["content"])))
        twin = seen.get(key)
        if twin is None or is_pinned(message):
            copy = dict(message)
            seen.setdefault(key, copy)
            kept.append(copy)
        else:
            twin["priority"] = max(twin.get("priority", 0), message.get("priority", 0))
    return kept[::-1]


def drop_passed_errors(messages: Sequence[Message]) -> list[Message]:
    """The messages without passing errors, such as an outage, that are over.

    An error about an id or an argument stays true of the model; `deduplicate` leaves one line of it.
    """
    return [message for message in messages if is_pinned(message) or not message.get("passed")]


def refer_to_artifact(message: Message) -> Message:
    """A result with an artifact, without its long lists: the counts stay, the artifact has the rows."""
    try:
        result = json.loads(read_content(message))
    except ValueError:
        return message
    if not isinstance(result, dict) or not result.get("artifact"):
        return message
    return {**message, "content": compact({**result, "found": _drop_rows(result.get("found"))})}


def extract(message: Message) -> Message:
    """The most telling sentences of a long text, in their order, with a mark where some are missing.

    The first sentence comes first, then those with numbers or a negation, then the others as they come.
    """
    text = read_content(message)
    if len(text) <= EXTRACT_CHARACTERS or text.lstrip().startswith(("{", "[")):
        return message
    sentences = [part.strip() for part in _SENTENCE.split(text) if part.strip()]
    order = sorted(range(len(sentences)), key=lambda at: (at > 0, not _TELLING.search(sentences[at]), at))
    room, taken = EXTRACT_CHARACTERS, set[int]()
    for at in order:
        needed = len(sentences[at]) + len(GAP) + 2
        if needed <= room:
            room -= needed
            taken.add(at)
    if not taken:
        return {**message, "content": f"{text[: EXTRACT_CHARACTERS - len(GAP) - 1]} {GAP}"}
    return {**message, "content": _join_with_gaps(sentences, taken)}


def keep_within(
    max_tokens: int, count_tokens: Callable[[Message], int], messages: Sequence[Message]
) -> list[Message]:
    """The messages that may not be dropped, and those that fit by priority, the newest first among equals."""
    chosen = {at for at, message in enumerate(messages) if is_kept(message)}
    remaining = max_tokens - sum(count_tokens(messages[at]) for at in chosen)
    for at in reversed(order_by_importance(messages)):
        cost = count_tokens(messages[at])
        if at not in chosen and cost <= remaining:
            remaining -= cost
            chosen.add(at)
    return [message for at, message in enumerate(messages) if at in chosen]


def order_by_importance(messages: Sequence[Message]) -> list[int]:
    """The positions of the messages, the least important first: low priority, then the oldest."""
    return sorted(range(len(messages)), key=lambda at: (messages[at].get("priority", 0), at))


def read_content(message: Message) -> str:
    """The text of a message.

    Raises:
        FluxError: `BAD_ARGUMENT` if there is none.
    """
    content = message.get("content")
    if not isinstance(content, str):
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"a message's content is {content!r:.80}, expected text")
    return content


def _compact(content: str) -> str:
    if content.lstrip().startswith(("{", "[")):
        try:
            return compact(json.loads(content))
        except ValueError:  # text that merely begins like JSON stays as it is
            return content.rstrip()
    return content.rstrip()


def _drop_rows(content: Any) -> Any:
    """The same without the rows of lists that say how many of them they show, the inner ones first."""
    if isinstance(content, list):
        return [_drop_rows(item) for item in content]
    if not isinstance(content, Mapping):
        return content
    cut = dict(content)
    for name, value in content.items():
        marker = f"{name}_shown" if f"{name}_shown" in content else "shown"
        is_rows = isinstance(value, list | dict) and marker in content
        if is_rows and len(value) > ROWS_KEPT:
            cut |= {name: type(value)(), marker: 0}
        else:
            cut[name] = _drop_rows(value)
    return cut


def _join_with_gaps(sentences: Sequence[str], taken: set[int]) -> str:
    words: list[str] = []
    for at, sentence in enumerate(sentences):
        if at in taken:
            words.append(sentence)
        elif not words or words[-1] != GAP:
            words.append(GAP)
    return " ".join(words)
