"""Keeps what a chat model is shown within a budget of tokens, and reports what it shortens or drops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Compaction, CompactionStrategy
from fluxagents.prompts.context.strategies import (
    Message,
    Shortening,
    Strategy,
    compact_contents,
    deduplicate,
    drop_passed_errors,
    extract,
    is_pinned,
    keep_within,
    order_by_importance,
    read_content,
    refer_to_artifact,
)
from fluxagents.prompts.context.tokens import TokenCounter, token_counter

DEFAULT_MAX_TOKENS = 8_000

MESSAGE_OVERHEAD_TOKENS = 4
"""Tokens that the chat format adds to each message (OpenAI's estimate for cl100k models)."""

LOSSLESS: Mapping[CompactionStrategy, Strategy] = {
    "passed_error": drop_passed_errors,
    "duplicate": deduplicate,
}
"""Always applied, in this order."""

SHORTENINGS: Mapping[CompactionStrategy, Shortening] = {"reference": refer_to_artifact, "extract": extract}
"""Applied in this order, to the least important messages first, until the budget holds."""


class Context(list[Message]):
    """The messages that stay, in their order, with the compactions that were needed.

    Args:
        messages: The messages that stay.
        compacted: What was shortened or dropped, in the order of the changes.
        tokens: Of the messages that stay.
        max_tokens: The budget.
        table: With which the tokens were counted.
    """

    def __init__(
        self,
        messages: Iterable[Message],
        *,
        compacted: tuple[Compaction, ...],
        tokens: int,
        max_tokens: int,
        table: str,
    ) -> None:
        super().__init__(messages)
        self.compacted = compacted
        self.tokens = tokens
        self.max_tokens = max_tokens
        self.table = table

    @property
    def over_budget(self) -> bool:
        """Whether the messages that may not be dropped exceed the budget."""
        return self.tokens > self.max_tokens


class ContextManager:
    """Keeps messages within a budget.

    Pinned messages stay unchanged. Passed errors and duplicates are always dropped. If the rest exceeds the
    budget, results are replaced by their counts and the reference to their artifact, then long texts by
    extracts, in both cases only as many as needed and the least important first. At last whole messages are
    dropped, lowest priority first and among equals the oldest, except those marked `keep`.

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
        """Add a message before those of `optimize_context`; a higher priority stays longer."""
        self._items.append({**item, "priority": priority})

    def optimize_context(self, messages: Sequence[Message] = ()) -> Context:
        """The added items and the messages, compressed and cut to the budget, with the compactions.

        Raises:
            FluxError: `BAD_ARGUMENT` for a message without a text as its content, or an id given twice.
        """
        compressed = self.compress_context([*self._items, *messages])
        shortened, compacted = self._shorten(list(compressed))
        kept = keep_within(self.max_tokens, self.count_tokens, shortened)
        ids = {message["id"] for message in kept}
        dropped = [message for message in shortened if message["id"] not in ids]
        compacted += [self._record_compaction("budget", message) for message in dropped]
        return self._build_context(kept, (*compressed.compacted, *compacted))

    def compress_context(self, messages: Sequence[Message]) -> Context:
        """The messages with the same information in fewer tokens; a message without an id gets one.

        Raises:
            FluxError: As `optimize_context`.
        """
        named = [{"id": f"message {at}", **message} for at, message in enumerate(messages)]
        for id_, count in Counter(message["id"] for message in named).items():
            if count > 1:
                raise FluxError(ErrorClass.BAD_ARGUMENT, f"{count} messages have the id {id_!r}")
        kept = compact_contents(named)
        compacted: list[Compaction] = []
        for name, strategy in LOSSLESS.items():
            before, kept = kept, strategy(kept)
            ids = {message["id"] for message in kept}
            dropped = [message for message in before if message["id"] not in ids]
            compacted += [self._record_compaction(name, message) for message in dropped]
        return self._build_context(kept, tuple(compacted))

    def count_tokens(self, message: Message) -> int:
        """Tokens of one message, with what the chat format adds."""
        return self._counter.count(read_content(message)) + MESSAGE_OVERHEAD_TOKENS

    def _shorten(self, messages: list[Message]) -> tuple[list[Message], list[Compaction]]:
        costs = [self.count_tokens(message) for message in messages]
        compacted: list[Compaction] = []
        for name, shorten in SHORTENINGS.items():
            for at in order_by_importance(messages):
                if sum(costs) <= self.max_tokens:
                    return messages, compacted
                if is_pinned(messages[at]):
                    continue
                shorter = shorten(messages[at])
                saved = costs[at] - self.count_tokens(shorter)
                if saved > 0:
                    messages[at], costs[at] = shorter, costs[at] - saved
                    compacted.append(Compaction(id=str(shorter["id"]), strategy=name, tokens=saved))
        return messages, compacted

    def _record_compaction(self, strategy: CompactionStrategy, message: Message) -> Compaction:
        return Compaction(id=str(message["id"]), strategy=strategy, tokens=self.count_tokens(message))

    def _build_context(self, messages: list[Message], compacted: tuple[Compaction, ...]) -> Context:
        return Context(
            messages,
            compacted=compacted,
            tokens=sum(map(self.count_tokens, messages)),
            max_tokens=self.max_tokens,
            table=self._counter.table,
        )
