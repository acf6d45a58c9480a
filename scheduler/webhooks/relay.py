"""Takes events from the feed and puts messages about them into the outbox."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fluxagents.flows.ports.event_feed import EventFeed, EventKind, FeedEntry
from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.flows.state import STATUSES, TERMINAL
from fluxagents.scheduler.runs.root_run import find_root
from fluxagents.scheduler.webhooks.commit_status import has_status
from fluxagents.scheduler.webhooks.endpoint import Endpoint
from fluxagents.scheduler.webhooks.endpoint_book import WebhookOutbox
from fluxagents.scheduler.webhooks.notice import ENDS, Notice, build_idle_notice, build_notices
from fluxagents.scheduler.webhooks.notice_message import build_message

LISTENER = "webhooks"

PAGE = 500
"""Steps that are read in one round trip."""

MAX_PAGES = 20
"""That one relay reads; the next one goes on."""


class WebhookRelay:
    """Derives messages from events. They are read at least once, and always make the same message.

    Args:
        feed: The events.
        outbox: Keeps endpoints and messages.
        runs: Knows which sessions have open runs.
        public_url: How browsers reach the API; empty where nobody said.
    """

    def __init__(
        self, feed: EventFeed, outbox: WebhookOutbox, runs: RunQueries, *, public_url: str = ""
    ) -> None:
        self._feed = feed
        self._outbox = outbox
        self._runs = runs
        self._public_url = public_url

    def listen(self) -> None:
        """Listen to what the endpoints want, after one was added or removed."""
        self._feed.listen(LISTENER, find_wanted_kinds(self._outbox.list()))

    def relay(self) -> int:
        """Put messages about all events since the last time into the outbox.

        Returns:
            How many messages are new.
        """
        endpoints = self._outbox.list()
        count = 0
        for _ in range(MAX_PAGES if endpoints else 0):
            page = self._feed.read(LISTENER, limit=PAGE)
            notices = [
                notice
                for entry in page.entries
                for notice in build_notices(entry, find_root(self._runs, entry.state))
            ]
            if any(
                endpoint.wants("session.idle", session=endpoint.session, flow=endpoint.flow)
                for endpoint in endpoints
            ):
                notices += self._find_idle(page.entries)
            messages = [
                build_message(endpoint, notice, public_url=self._public_url)
                for notice in notices
                for endpoint in endpoints
                if is_told(endpoint, notice)
            ]
            count += self._outbox.put(messages) if messages else 0
            if page.after == page.before or not self._feed.advance(LISTENER, page):
                break
        return count

    def _find_idle(self, entries: Sequence[FeedEntry]) -> list[Notice]:
        """That sessions are idle in which a run of several has ended."""
        last_ends: dict[str, FeedEntry] = {}
        for entry in entries:
            state = entry.state
            ended = any(notice.type in ENDS for notice in build_notices(entry, state))
            if ended and state.session != state.run_id:
                last_ends[state.session] = entry
        return [build_idle_notice(entry) for session, entry in last_ends.items() if self._is_idle(session)]

    def _is_idle(self, session: str) -> bool:
        open_statuses = [status for status in STATUSES if status not in TERMINAL]
        return not any(self._runs.runs(status=status, session=session, limit=1) for status in open_statuses)


def is_told(endpoint: Endpoint, notice: Notice) -> bool:
    """Whether an endpoint is to be told: it wants to be, or it is where the run came from."""
    if endpoint.form == "github" and not (has_status(notice) and notice.reply_to == endpoint.name):
        return False
    if notice.reply_to == endpoint.name:
        return endpoint.status == "active"
    return endpoint.wants(notice.type, session=notice.session, flow=notice.flow)


def find_wanted_kinds(endpoints: Collection[Endpoint]) -> set[EventKind]:
    """The kinds of events that endpoints are told of: any may be where the reply to a run goes."""
    return {"run", "request"} if any(endpoint.status == "active" for endpoint in endpoints) else set()
