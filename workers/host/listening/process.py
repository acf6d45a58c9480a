"""The process that listens to mail and Slack."""

from __future__ import annotations

import sys

from fluxagents.scheduler.channels.channel_book import ChannelBook

LISTENER = "fluxagents.workers.host.listening.listener"
"""Named, not imported: commands start it in a process of its own."""

READY = "listener"
"""The name under which it says that it listens, with its process id."""


def command() -> list[str]:
    """The command of the listener."""
    return [sys.executable, "-m", LISTENER]


def is_ready(book: ChannelBook, pid: int) -> bool:
    """Whether the listener with this process id has said that it listens."""
    health = book.health(READY)
    return health is not None and health.note == str(pid)
