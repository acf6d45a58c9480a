"""Takes events from the feed: closes what is answered in all its copies, and says how runs have ended."""

from __future__ import annotations

import structlog

from fluxagents.flows import events as e
from fluxagents.flows.humans.human_request import DEADLINE
from fluxagents.flows.people.members import NotifyBy
from fluxagents.flows.ports.event_feed import EventFeed, FeedEntry
from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.flows.state import RunState
from fluxagents.scheduler.channels.channel_book import ChannelBook, Ticket, make_token
from fluxagents.scheduler.channels.channel_notifier import ChannelSettings, find_origin_message
from fluxagents.scheduler.channels.post import AnswerPost, OutcomePost, shorten
from fluxagents.scheduler.channels.posting import PostOffice
from fluxagents.scheduler.outbox.message import name_message
from fluxagents.scheduler.people.contacts import find_contact
from fluxagents.scheduler.people.directory import Directory

LISTENER = "channels"
PAGE = 500
MAX_PAGES = 20
"""Of steps that one relay reads; the next one goes on."""

log = structlog.get_logger("channels")


class ChannelRelay:
    """Derives posts from events. They are read at least once, and always make the same posts.

    Args:
        feed: The events.
        runs: Where runs are.
        directory: Knows who is meant by an address.
        office: Sends.
        book: Knows which copies of a request are out.
        settings: Which channels there are.
    """

    def __init__(
        self,
        feed: EventFeed,
        *,
        runs: RunQueries,
        directory: Directory,
        office: PostOffice,
        book: ChannelBook,
        settings: ChannelSettings,
    ) -> None:
        self._feed = feed
        self._runs = runs
        self._directory = directory
        self._office = office
        self._book = book
        self._settings = settings
        self._is_listening: bool | None = None

    def relay(self) -> None:
        """Deal with all events since the last time."""
        self._listen()
        for _ in range(MAX_PAGES if self._is_listening else 0):
            page = self._feed.read(LISTENER, limit=PAGE)
            for entry in page.entries:
                self._tell(entry)
            if page.after == page.before or not self._feed.advance(LISTENER, page):
                break

    def close_answered(self, request: str) -> None:
        """Let no copy of a request ask any more, at once, if it is closed."""
        for event in self._runs.events(request.rpartition(".")[0]):
            closes = describe_outcome(event)
            if closes is not None and closes[0] == request:
                self._close(*closes)

    def _listen(self) -> None:
        """Listen while there is a channel: an installation without one pays nothing."""
        wants = bool(self._settings.channels)
        if self._is_listening is not wants:
            self._feed.listen(LISTENER, {"run", "request"} if wants else ())
            self._is_listening = wants

    def _tell(self, entry: FeedEntry) -> None:
        for event in entry.events:
            closes = describe_outcome(event)
            if closes is not None:
                self._close(*closes)
            if isinstance(event, e.RequestEdited):
                outcome = f"edited by {event.by}; what it asks now is another message"
                self._close(event.request_id, outcome, except_of=event.digest)
            if isinstance(event, e.RunCancelled | e.RunFailed | e.RunDeadLettered):
                self._close_waiting(entry)
            ending = None if entry.state.parent else describe_end(event)
            if ending is not None:
                self._answer(entry.state, *ending)

    def _close(self, request: str, outcome: str, *, except_of: str = "") -> None:
        """Let no copy of a request ask for an answer any more, but those that show what has this digest."""
        for copy in self._book.copies(request):
            if except_of and copy.card.digest == except_of:
                continue
            if self._office.outbox.withdraw(copy.lane, copy.message) or copy.lane != "slack":
                continue
            post = OutcomePost(of=copy.message, card=copy.card, outcome=outcome)
            self._office.put("slack", f"{copy.message}|closed", post)

    def _close_waiting(self, entry: FeedEntry) -> None:
        """Close the request that a run waited for when it ended."""
        asked = [
            event.request.id
            for event in self._runs.events(entry.state.run_id)
            if isinstance(event, e.ApprovalRequested | e.QuestionAsked)
        ]
        if asked:
            self._close(asked[-1], f"the run is {entry.state.status}")

    def _answer(self, state: RunState, status: str, text: str) -> None:
        """Tell how a run has ended, where it came from."""
        channel, address = find_reply_address(state)
        if channel is None or channel not in self._settings.channels:
            return
        person = find_contact(self._directory, channel, address)
        if channel == "email" and person is None:
            log.warning("told nobody of the end of a run", run=state.run_id, address=address)
            return
        key, token = f"{state.run_id}|{state.seq}|end", ""
        if channel == "email" and person is not None:
            token = make_token(self._settings.key, key)
            self._book.keep_ticket(
                token, Ticket(run=state.run_id, person=person.name, message=name_message(channel, key))
            )
        post = AnswerPost(
            to=address,
            run=state.run_id,
            status=status,
            asked=shorten(str(state.inputs.get("question") or "")),
            text=shorten(text),
            reply_token=token,
            in_reply_to=find_origin_message(state),
            subject=state.trigger.source if state.trigger and state.trigger.kind == "email" else "",
        )
        self._office.put(channel, key, post)


def find_reply_address(state: RunState) -> tuple[NotifyBy | None, str]:
    """The channel and the address to which the end of a run is told; None for none of the channels."""
    channel, _, address = (state.trigger.reply_to if state.trigger else "").partition(":")
    return (channel, address) if channel in {"email", "slack"} else (None, "")  # type: ignore[return-value] # one of both


def describe_outcome(event: e.Event) -> tuple[str, str] | None:
    """The request that an event closes, and how; None if it closes none."""
    match event:
        case e.ApprovalGranted():
            outcome = f"approved{' with changes' if event.edited else ''} by {event.by}"
            if event.by == DEADLINE:
                outcome = "approved, for nobody answered in time"
        case e.ApprovalRejected():
            outcome = f"rejected by {event.by}: {shorten(event.reason, 300)}"
        case e.CallTakenOver():
            outcome = f"answered in the tool's place by {event.by}"
        case e.QuestionAnswered():
            outcome = f"answered by {event.by}: {shorten(event.answer, 300)}"
        case e.ConsultationClosed():
            outcome = f"answered by {event.by}: {shorten(event.summary, 300)}"
        case e.RequestExpired():
            outcome = "nobody answered in time"
        case _:
            return None
    return event.request_id, outcome


def describe_end(event: e.Event) -> tuple[str, str] | None:
    """How an event ends a run, and in which words; None if it does not."""
    match event:
        case e.RunFinished():
            return "finished", event.answer
        case e.RunFailed():
            return "failed", event.error.message
        case e.RunCancelled():
            return "cancelled", f"cancelled by {event.by}: {event.reason}"
        case e.RunDeadLettered():
            return "stopped", event.error.message
    return None
