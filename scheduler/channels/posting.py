"""Puts posts into the outbox: once for each key, however often somebody tries."""

from __future__ import annotations

import json
from collections.abc import Callable

from pydantic import JsonValue

from fluxagents.flows.people.members import NotifyBy
from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.channels.lane import ChannelOutbox, Lane
from fluxagents.scheduler.channels.post import POST, Post
from fluxagents.scheduler.outbox.message import Message, name_message

ADDRESSES = frozenset(
    {
        "kind",
        "to",
        "of",
        "only_for",
        "link",
        "reply_token",
        "in_reply_to",
        "run",
        "request",
        "digest",
        "choices",
    }
)
"""Fields of posts that no user writes, or that answers are compared with."""


class PostOffice:
    """Keeps posts until they are delivered.

    Args:
        outbox: Keeps them.
        clock: The time.
        hide: Takes the secrets of the installation out of a text.
    """

    def __init__(self, outbox: ChannelOutbox, clock: Clock, hide: Callable[[str], str]) -> None:
        self.outbox = outbox
        self._clock = clock
        self._hide = hide

    def put(self, channel: NotifyBy, key: str, post: Post, *, from_ms: int = 0) -> str:
        """Send a post, at once or from a time on; one of a known key is not sent again.

        Returns:
            The id of the message.
        """
        message = Message(
            endpoint=channel,
            id=name_message(channel, key),
            type=post.kind,
            body=json.dumps(self._hide_texts(POST.dump_python(post, mode="json")), ensure_ascii=False),
            created_ms=self._clock.now_ms(),
            next_ms=from_ms,
        )
        self.outbox.add(Lane(name=channel))
        self.outbox.put([message])
        return message.id

    def _hide_texts(self, document: JsonValue) -> JsonValue:
        """The document without secrets in its texts; addresses and ids stay, whatever a weak secret is."""
        match document:
            case str():
                return self._hide(document)
            case list():
                return [self._hide_texts(item) for item in document]
            case dict():
                return {
                    name: value if name in ADDRESSES else self._hide_texts(value)
                    for name, value in document.items()
                }
        return document
