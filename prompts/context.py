"""A budget of tokens for what a chat model is shown: what matters most stays, and what went is reported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.sections import compact
from fluxagents.prompts.tokens import TokenCounter, token_counter

Message = dict[str, Any]
"""`content`, and where they matter `id`, `role`, `priority` (higher stays longer) and `pinned`."""

DEFAULT_MAX_TOKENS = 8_000

MESSAGE_OVERHEAD_TOKENS = 4
"""Tokens that the chat format adds to each message (OpenAI's estimate for cl100k models)."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message that was left out."""

    id: str
    tokens: int
    reason: Literal["budget", "duplicate"]


class Context(list[Message]):
    """The messages that stay, in their order, with what it took.

    Args:
        messages: What stays.
        dropped: What went, in its order.
        tokens: Of the messages that stay.
        max_tokens: The budget.
        table: With which the tokens were counted.
    """

    def __init__(
        self,
        messages: Iterable[Message],
        *,
        dropped: tuple[Dropped, ...],
        tokens: int,
        max_tokens: int,
        table: str,
    ) -> None:
        super().__init__(messages)
        self.dropped = dropped
        self.tokens = tokens
        self.max_tokens = max_tokens
        self.table = table

    @property
    def over_budget(self) -> bool:
        """Whether the pinned messages alone exceed the budget."""
        return self.tokens > self.max_tokens


class ContextManager:
    """Keeps messages within a budget.

    A message is pinned if it says so or if its role is `system`. Pinned messages always stay. The others
    stay in the order of their priority, the newest first among equals, as long as they fit.

    Args:
        max_tokens: The budget.
        counter: Counts tokens; the installation's own table when absent.

    Raises:
        FluxError: `BAD_ARGUMENT` for a budget below 1.
    """

    def __init__(self, max_tokens: int = DEFAULT_MAX_TOKENS, *, counter: TokenCounter | None = None) -> None:
        if max_tokens < 1:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"a budget of {max_tokens} tokens holds nothing")
        self.max_tokens = max_tokens
        self._counter = counter or token_counter()
        self._items: list[Message] = []

    def add_context_item(self, item: Mapping[str, Any], priority: int) -> None:
        """Add a message that stands before those given to `optimize_context`; more priority stays longer."""
        self._items.append({**item, "priority": priority})

    def optimize_context(self, messages: Sequence[Message] = ()) -> Context:
        """The added items and the messages, compressed and cut to the budget; says what was left out.

        Raises:
            FluxError: `BAD_ARGUMENT` for a message without a text as its content.
        """
        compressed = self.compress_context([*self._items, *messages])
        costs = [self.tokens_of(message) for message in compressed]
        left = self.max_tokens - sum(
            cost for message, cost in zip(compressed, costs, strict=True) if _is_pinned(message)
        )
        stays = {place for place, message in enumerate(compressed) if _is_pinned(message)}
        for place in sorted(set(range(len(compressed))) - stays, key=lambda at: _rank(compressed, at)):
            if costs[place] <= left:
                left -= costs[place]
                stays.add(place)
        dropped = tuple(
            Dropped(_name(compressed[place], place), costs[place], "budget")
            for place in range(len(compressed))
            if place not in stays
        )
        return self._context([compressed[place] for place in sorted(stays)], compressed.dropped + dropped)

    def compress_context(self, messages: Sequence[Message]) -> Context:
        """The messages with the same information in fewer tokens; nothing is cut.

        JSON loses its blanks, text its trailing ones, and of equal messages that are not pinned the last one
        stays, with the highest of their priorities.

        Raises:
            FluxError: As `optimize_context`.
        """
        shortened = [{**message, "content": _shortened(_content(message))} for message in messages]
        kept: list[Message] = []
        dropped: list[Dropped] = []
        seen: dict[tuple[str, str], Message] = {}
        for place, message in reversed(list(enumerate(shortened))):
            key = (str(message.get("role", "")), message["content"])
            if key in seen and not _is_pinned(message):
                twin = seen[key]
                twin["priority"] = max(twin.get("priority", 0), message.get("priority", 0))
                dropped.append(Dropped(_name(message, place), self.tokens_of(message), "duplicate"))
                continue
            seen.setdefault(key, message)
            kept.append(message)
        return self._context(kept[::-1], tuple(dropped[::-1]))

    def tokens_of(self, message: Message) -> int:
        """Tokens of one message, with what the chat format adds."""
        return self._counter.count(_content(message)) + MESSAGE_OVERHEAD_TOKENS

    def _context(self, messages: list[Message], dropped: tuple[Dropped, ...]) -> Context:
        return Context(
            messages,
            dropped=dropped,
            tokens=sum(map(self.tokens_of, messages)),
            max_tokens=self.max_tokens,
            table=self._counter.table,
        )


def _is_pinned(message: Message) -> bool:
    return bool(message.get("pinned")) or message.get("role") == "system"


def _rank(messages: Sequence[Message], place: int) -> tuple[float, int]:
    return (-messages[place].get("priority", 0), -place)


def _name(message: Message, place: int) -> str:
    return str(message.get("id", f"message {place}"))


def _content(message: Message) -> str:
    content = message.get("content")
    if not isinstance(content, str):
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"a message's content is {content!r:.80}, expected text")
    return content


def _shortened(content: str) -> str:
    if content.lstrip().startswith(("{", "[")):
        try:
            return compact(json.loads(content))
        except ValueError:  # text that merely begins like JSON stays as it is
            return content.rstrip()
    return content.rstrip()
