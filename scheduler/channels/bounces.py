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
            if self._has_untold(request_id):
                self._book.keep_early_failure(request_id)
                return False
            if not self._has_failed(request_id, level):
                return False
            self._client.requests.pass_on(request_id, level=level, because="no message reached anybody")
        except FluxError as error:
            # It is answered meanwhile, has no further step, or somebody else was faster.
            log.info("not passed on", request=request_id, why=error.message)
            return False
        return True

    def look_again(self) -> None:
        """Judge the failures that came before all humans of their step were told."""
        for request_id in self._book.early_failures():
            # Kept again if some are untold still; should this process end here, the ladder goes by its time.
            self._book.drop_early_failure(request_id)
            self.pass_on(request_id)

    def _has_untold(self, request_id: str) -> bool:
        """Whether a request waits, and further messages of its step may follow."""
        state = self._client.store.load(request_id.rpartition(".")[0])
        return state.waiting_for is not None and state.waiting_for.id == request_id and not state.notified

    def _has_failed(self, request_id: str, level: int) -> bool:
        """Whether nobody was reached of those whom a step tells."""
        copies = [copy for copy in self._book.copies(request_id) if copy.level == level]
        messages = [self._outbox.message(copy.lane, copy.message) for copy in copies]
        return bool(messages) and all(
            message is not None and message.status == "given_up" for message in messages
        )
