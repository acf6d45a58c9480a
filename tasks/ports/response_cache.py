"""The port to a cache of answers: a request that is the same to the byte is sent once."""

from __future__ import annotations

from typing import Protocol

from langchain_core.messages import AIMessage


class ResponseCache(Protocol):
    """Answers of one chat model with one set of settings."""

    def get(self, request: str) -> AIMessage | None:
        """The answer to the request with this sha256, if it is there."""
        ...

    def put(self, request: str, answer: AIMessage) -> None:
        """Keep an answer that was a valid decision."""
        ...


class NoResponseCache:
    """Every request is sent."""

    def get(self, request: str) -> AIMessage | None:
        del request
        return None

    def put(self, request: str, answer: AIMessage) -> None:
        del request, answer
