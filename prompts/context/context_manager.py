"""A budget of tokens for what a chat model is shown: what matters most stays, and what went is reported."""

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
    content_of,
    deduplicated,
    extracted,
    is_pinned,
    kept_within,
    least_first,
    referred,
    without_passed_errors,
    written_compactly,
)
from fluxagents.prompts.context.tokens import TokenCounter, token_counter

DEFAULT_MAX_TOKENS = 8_000

MESSAGE_OVERHEAD_TOKENS = 4
"""Tokens that the chat format adds to each message (OpenAI's estimate for cl100k models)."""

LOSSLESS: Mapping[CompactionStrategy, Strategy] = {
    "passed_error": without_passed_errors,
    "duplicate": deduplicated,
}
"""Always applied, in this order."""

SHORTENINGS: Mapping[CompactionStrategy, Shortening] = {"reference": referred, "extract": extracted}
"""Applied in this order, to what matters least first, until the budget holds."""


class Context(list[Message]):
    """The messages that stay, in their order, with what it took.

    Args:
        messages: What stays.
        compacted: What was shortened or went, in the order in which it was done.
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
        """Whether what may not be dropped exceeds the budget alone."""
        return self.tokens > self.max_tokens


class ContextManager:
    """Keeps messages within a budget.

    What is pinned stays as it is. Errors that are over and duplicates go always. If the rest exceeds the
    budget, results are replaced by their counts and the reference to their artifact, then long texts by
    extracts, in both cases only as many as it takes, what matters least first. At last whole messages go,
    lowest priority first and among equals the oldest, except those marked `keep`.

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
        """The added items and the messages, compressed and cut to the budget; says what was done to which.

        Raises:
            FluxError: `BAD_ARGUMENT` for a message without a text as its content, or an id given twice.
        """
        compressed = self.compress_context([*self._items, *messages])
        shortened, compacted = self._shortened(list(compressed))
        kept = kept_within(self.max_tokens, self.tokens_of, shortened)
        ids = {message["id"] for message in kept}
        dropped = [message for message in shortened if message["id"] not in ids]
        compacted += [self._compaction("budget", message) for message in dropped]
        return self._context(kept, (*compressed.compacted, *compacted))

    def compress_context(self, messages: Sequence[Message]) -> Context:
        """The messages with the same information in fewer tokens; a message without an id is given one.

        Raises:
            FluxError: As `optimize_context`.
        """
        named = [{"id": f"message {at}", **message} for at, message in enumerate(messages)]
        for id_, count in Counter(message["id"] for message in named).items():
            if count > 1:
                raise FluxError(ErrorClass.BAD_ARGUMENT, f"{count} messages have the id {id_!r}")
        kept = written_compactly(named)
        compacted: list[Compaction] = []
        for name, strategy in LOSSLESS.items():
            before, kept = kept, strategy(kept)
            ids = {message["id"] for message in kept}
            compacted += [self._compaction(name, message) for message in before if message["id"] not in ids]
        return self._context(kept, tuple(compacted))

    def tokens_of(self, message: Message) -> int:
        """Tokens of one message, with what the chat format adds."""
        return self._counter.count(content_of(message)) + MESSAGE_OVERHEAD_TOKENS

    def _shortened(self, messages: list[Message]) -> tuple[list[Message], list[Compaction]]:
        costs = [self.tokens_of(message) for message in messages]
        compacted: list[Compaction] = []
        for name, shorten in SHORTENINGS.items():
            for at in least_first(messages):
                if sum(costs) <= self.max_tokens:
                    return messages, compacted
                if is_pinned(messages[at]):
                    continue
                shorter = shorten(messages[at])
                saved = costs[at] - self.tokens_of(shorter)
                if saved > 0:
                    messages[at], costs[at] = shorter, costs[at] - saved
                    compacted.append(Compaction(id=str(shorter["id"]), strategy=name, tokens=saved))
        return messages, compacted

    def _compaction(self, strategy: CompactionStrategy, message: Message) -> Compaction:
        return Compaction(id=str(message["id"]), strategy=strategy, tokens=self.tokens_of(message))

    def _context(self, messages: list[Message], compacted: tuple[Compaction, ...]) -> Context:
        return Context(
            messages,
            compacted=compacted,
            tokens=sum(map(self.tokens_of, messages)),
            max_tokens=self.max_tokens,
            table=self._counter.table,
        )
