"""What holds requests to a chat model back, over all workers."""

from __future__ import annotations

from typing import Protocol


class LimitReachedError(Exception):
    """A request may not be sent yet; that is no failure of anybody."""

    def __init__(self, chat_model: str, not_before_ms: int) -> None:
        super().__init__(f"the limit of {chat_model} is used up until {not_before_ms}")
        self.chat_model = chat_model
        self.not_before_ms = not_before_ms
        """When it may be tried again (Unix time in ms)."""


class ChatLimits(Protocol):
    """The limit of requests and tokens of one chat model."""

    def enter(self, run_id: str, tokens: int, *, urgent: bool = True) -> str:
        """Count a request that is sent now.

        Args:
            run_id: Whose request it is. A run that had to wait finds its place in the line kept.
            tokens: The most that it may take, request and answer.
            urgent: Whether a human waits for it; all others wait behind those.

        Returns:
            What `leave` wants to know the request by.

        Raises:
            LimitReachedError: It must wait.
            FluxError: `BAD_ARGUMENT` if it takes more tokens than the limit ever allows.
        """
        ...

    def leave(self, ticket: str, tokens: int) -> None:
        """Say how many tokens the request took in truth."""
        ...


class NoLimits:
    """Everything may be sent at once."""

    def enter(self, run_id: str, tokens: int, *, urgent: bool = True) -> str:
        del tokens, urgent
        return run_id

    def leave(self, ticket: str, tokens: int) -> None:
        del ticket, tokens
