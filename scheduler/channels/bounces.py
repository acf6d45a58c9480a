"""Requests that reach nobody: the ladder goes on to its next step before its time."""

from __future__ import annotations

import structlog

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.channels.channel_book import ChannelBook
from fluxagents.scheduler.channels.lane import ChannelOutbox, Lane
from fluxagents.scheduler.channels.post import POST, RequestPost
from fluxagents.scheduler.outbox.outbox import Claim
from fluxagents.scheduler.runs.run_client import RunClient

log = structlog.get_logger("channels")


class Bounces:
    """Deals with messages that did not arrive.

    Args:
        client: Writes into runs.
        book: Knows which messages ask for an answer.
        outbox: Knows what became of them.
    """

    def __init__(self, client: RunClient, book: ChannelBook, outbox: ChannelOutbox) -> None:
        self._client = client
        self._book = book
        self._outbox = outbox

    def note_given_up(self, claim: Claim[Lane]) -> None:
        """Deal with a message that its receiver will not take."""
        post = POST.validate_json(claim.message.body) if claim.message.type == "request" else None
        if isinstance(post, RequestPost):
            self.pass_on(post.card.request)

    def pass_on(self, request_id: str) -> bool:
        """Reach the next step of a ladder if every message of the present one came back; whether it was."""
        try:
            level = self._client.request(request_id).level
            if not self._has_failed(request_id, level):
                return False
            self._client.requests.pass_on(request_id, level=level, because="no message reached anybody")
        except FluxError as error:
            # It is answered meanwhile, has no further step, or somebody else was faster.
            log.info("not passed on", request=request_id, why=error.message)
            return False
        return True

    def _has_failed(self, request_id: str, level: int) -> bool:
        """Whether all are told whom a step tells, and nobody was reached."""
        if not self._client.store.load(request_id.rpartition(".")[0]).notified:
            return False  # further messages may follow
        copies = [copy for copy in self._book.copies(request_id) if copy.level == level]
        messages = [self._outbox.message(copy.lane, copy.message) for copy in copies]
        return bool(messages) and all(
            message is not None and message.status == "given_up" for message in messages
        )
