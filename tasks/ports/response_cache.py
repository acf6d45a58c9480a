"""Answers that are kept for requests which are the same to the byte."""

from __future__ import annotations

from typing import Protocol

from langchain_core.messages import AIMessage


class KeptAnswers(Protocol):
    """Answers of one chat model with one set of settings."""

    def find(self, request: str) -> AIMessage | None:
        """The answer that was given to the request with this sha256."""
        ...

    def keep(self, request: str, answer: AIMessage) -> None:
        """Keep an answer that was a valid decision."""
        ...


class NothingKept:
    """Every request is sent."""

    def find(self, request: str) -> AIMessage | None:
        del request
        return None

    def keep(self, request: str, answer: AIMessage) -> None:
        del request, answer
