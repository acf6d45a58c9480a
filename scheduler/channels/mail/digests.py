"""Sends digests: one mail for each person and period, about what waits and what was decided since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.members import Membership, Person
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.scheduler.channels.channel_book import ChannelBook, Ticket, make_token
from fluxagents.scheduler.channels.channel_notifier import ChannelSettings, sign_request
from fluxagents.scheduler.channels.channel_relay import describe_outcome
from fluxagents.scheduler.channels.digest_book import DigestBook, DigestPeriod
from fluxagents.scheduler.channels.post import DecidedLine, DigestPost, WaitingLine, describe_request, shorten
from fluxagents.scheduler.channels.posting import PostOffice
from fluxagents.scheduler.channels.recipients import choose_digest_time, may_answer
from fluxagents.scheduler.outbox.message import name_message
from fluxagents.scheduler.people.directory import Directory
from fluxagents.scheduler.runs.root_run import find_root

MAX_LINES = 50
"""Of requests that wait, and of those that were decided, in one mail."""


@dataclass(frozen=True, kw_only=True)
class DigestPorts:
    """What digests need."""

    runs: RunQueries
    directory: Directory
    office: PostOffice
    book: ChannelBook
    digests: DigestBook
    clock: Clock
    settings: ChannelSettings


class Digests:
    """Composes and sends what is due. Two that do it at once, or one that dies in it, send one mail."""

    def __init__(self, ports: DigestPorts) -> None:
        self._ports = ports

    def send_due(self) -> None:
        """Send the digests whose time has come; what still waits stands in the next one too."""
        if "email" not in self._ports.settings.channels:
            return
        for period in self._ports.digests.list_due(self._ports.clock.now_ms()):
            requests = self._ports.digests.requests(period)
            who = self._ports.directory.find(period.person)
            if who is not None and isinstance(who.member, Person) and who.member.email:
                self._keep_for_next(who.member, self._send(period, requests, who, who.member))
            self._ports.digests.forget(period)

    def _send(
        self, period: DigestPeriod, requests: Sequence[str], who: Membership, person: Person
    ) -> Sequence[str]:
        """Send a digest; the requests that the next one tells of."""
        key = f"digest|{period.person}|{period.due_ms}"
        message = name_message("email", key)
        if self._ports.office.outbox.message("email", message) is not None:
            # It is out: what came in since, or may have, is for the next one.
            return requests
        lines = [line for request in requests for line in self._describe(request, who)]
        waiting = tuple(line for line in lines if isinstance(line, WaitingLine))
        decided = tuple(line for line in lines if isinstance(line, DecidedLine))
        if lines:
            token = make_token(self._ports.settings.key, key)
            self._ports.book.keep_ticket(token, Ticket(run="", person=person.name, message=message))
            post = DigestPost(
                to=person.email,
                waiting=waiting[:MAX_LINES],
                decided=decided[:MAX_LINES],
                more=len(waiting[MAX_LINES:]) + len(decided[MAX_LINES:]),
                reply_token=token,
            )
            self._ports.office.put("email", key, post)
        return [line.card.request for line in waiting]

    def _describe(self, request_id: str, who: Membership) -> Iterator[WaitingLine | DecidedLine]:
        """The line of a request; none where the run is gone, or the person has no say any more."""
        try:
            state = self._ports.runs.load(request_id.rpartition(".")[0])
        except FluxError as error:
            if error.kind is ErrorClass.UNKNOWN_ID:
                return
            raise
        request = state.waiting_for
        if request is None or request.id != request_id:
            yield self._describe_end(request_id, state.run_id, state.status)
            return
        root = find_root(self._ports.runs, state)
        if may_answer(who, request, root.session):
            card = describe_request(state, request, root)
            now_ms = self._ports.clock.now_ms()
            yield WaitingLine(
                card=card, link=sign_request(self._ports.settings, card, who.name, now_ms=now_ms)
            )

    def _describe_end(self, request_id: str, run: str, status: str) -> DecidedLine:
        question, outcome = "", f"the run is {status}"
        for event in self._ports.runs.events(run):
            if isinstance(event, e.ApprovalRequested | e.QuestionAsked) and event.request.id == request_id:
                question = event.request.question
            closes = describe_outcome(event)
            if closes is not None and closes[0] == request_id:
                outcome = closes[1]
        return DecidedLine(request=request_id, question=shorten(question, 300), outcome=outcome)

    def _keep_for_next(self, person: Person, requests: Sequence[str]) -> None:
        due_ms = choose_digest_time(person, self._ports.clock.now_ms())
        for request in requests if due_ms else ():
            self._ports.digests.add(DigestPeriod(person=person.name, due_ms=due_ms), request)
