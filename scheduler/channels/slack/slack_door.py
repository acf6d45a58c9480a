"""What happens in Slack: questions start runs, and buttons answer requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import NoReturn

import structlog

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.events import Trigger
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.scheduler.channels.answer_desk import AnswerDesk
from fluxagents.scheduler.channels.argument_texts import read_changes
from fluxagents.scheduler.channels.channel_book import ChannelBook
from fluxagents.scheduler.channels.channel_relay import ChannelRelay
from fluxagents.scheduler.channels.decision import AskBack, Decision, Edit, make_decision
from fluxagents.scheduler.channels.lane import Lane
from fluxagents.scheduler.channels.post import NotePost, shorten
from fluxagents.scheduler.channels.posting import PostOffice
from fluxagents.scheduler.channels.question_desk import Question as Asked
from fluxagents.scheduler.channels.question_desk import QuestionDesk
from fluxagents.scheduler.channels.slack.slack_event import FORM, SLACK_EVENT, Press, Question
from fluxagents.scheduler.outbox.outbox import Claim
from fluxagents.scheduler.outbox.retries import Response
from fluxagents.scheduler.people.contacts import find_contact
from fluxagents.scheduler.people.directory import Directory

HELP = (
    "Ask a question, such as: /flux Which genes are essential on acetate?\n"
    "A line `model: NAME` names the model. In a thread, mention me to ask further."
)

MAX_OPENERS = 1_000
"""Messages among which the one is looked for that opened a thread."""

log = structlog.get_logger("slack")


@dataclass(frozen=True, kw_only=True)
class SlackPorts:
    """What the door needs."""

    directory: Directory
    book: ChannelBook
    office: PostOffice
    answers: AnswerDesk
    questions: QuestionDesk
    relay: ChannelRelay


class SlackDoor:
    """Deals with what Slack told; the same event twice has one effect."""

    def __init__(self, ports: SlackPorts) -> None:
        self._ports = ports

    async def __call__(self, claim: Claim[Lane]) -> Response:
        """Deal with an event that the inbox kept; an outage is tried again."""
        event = SLACK_EVENT.validate_json(claim.message.body)
        try:
            await asyncio.to_thread(self.take, event)
        except FluxError as error:
            return Response(error=error.message[:300])
        return Response(status=200)

    def take(self, event: Question | Press) -> None:
        """Do what somebody wants, or tell them alone why not.

        Raises:
            FluxError: If it can be tried again later.
        """
        person = find_contact(self._ports.directory, "slack", event.user)
        if person is None:
            command = f"fluxagents people change NAME --slack {event.user}"
            self._tell(event, f"You are nobody in this installation. An admin lets you in: {command}")
            return
        actor = Actor(name=person.name, channel="slack", proof=Proof(kind="slack-user", id=event.user))
        try:
            if isinstance(event, Press):
                self._decide(event, actor)
            else:
                self._ask(event, person, actor)
        except FluxError as error:
            if error.info("slack").retryable:
                raise
            log.info("refused", user=event.user, why=error.message)
            self._tell(event, "\n".join((f"This had no effect: {error.message}.", *error.suggestions)))

    def _decide(self, press: Press, actor: Actor) -> None:
        try:
            decision = self._read(press)
            state = self._ports.answers.answer(actor, press.request, press.digest, decision)
        finally:
            # Also where the press came too late: its copy still has buttons.
            self._ports.relay.close_answered(press.request)
        waits = state.waiting_for
        if isinstance(decision, AskBack):
            self._tell(press, "The agent answers; a new message shows what.")
        elif waits is not None and waits.id == press.request and not isinstance(decision, Edit):
            self._tell(press, f"Your answer counts, and the request still waits for {waits.missing}.")

    def _read(self, press: Press) -> Decision:
        """What a press decides.

        Raises:
            FluxError: If it was to open a form that did not open, or what it says is no good.
        """
        if press.action.startswith(FORM):
            self._explain_no_form(press)
        if press.action == "edit":
            return Edit(read_changes(self._ports.answers.show_form(press.request), press.values))
        decision = make_decision(press.action, press.text)
        if decision is None:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT, "nothing was written", suggestions=("write it, and press again",)
            )
        return decision

    def _explain_no_form(self, press: Press) -> NoReturn:
        if self._ports.answers.show(press.request).digest != press.digest:
            raise ConflictError(f"request {press.request} is not any more what this message shows")
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "Slack opened no form",
            suggestions=("press the button again, or answer in the inbox: `fluxagents approvals list`",),
        )

    def _ask(self, question: Question, person: Person, actor: Actor) -> None:
        if question.text.casefold() in {"", "help"}:
            self._tell(question, HELP)
            return
        thread = question.thread or f"@{self._open_thread(question, person)}"
        trigger = Trigger(
            kind="slack",
            name=person.name,
            delivery=question.delivery,
            source=shorten(question.text, 120),
            reply_to=f"slack:{question.place}/{thread}",
        )
        conversation = f"slack thread|{question.place}|{thread}"
        earlier = self._ports.book.find_delivery(conversation) or self._find_command_run(question)
        asked = Asked(question.text)
        if earlier:
            self._ports.questions.follow_up(actor, earlier, asked, trigger)
        else:
            run = self._ports.questions.ask(actor, asked, trigger)
            self._ports.book.begin_delivery(conversation, run)

    def _find_command_run(self, question: Question) -> str:
        """The run of the command whose message opened a thread; empty if none did, or a week ago."""
        receipt = f"{question.place} {question.thread}"
        messages = self._ports.office.outbox.messages("slack", limit=MAX_OPENERS) if question.thread else ()
        opener = next((message.id for message in messages if message.receipt == receipt), "")
        conversation = f"slack thread|{question.place}|@{opener}"
        return self._ports.book.find_delivery(conversation) if opener else ""

    def _open_thread(self, question: Question, person: Person) -> str:
        """Say in the channel who asks what: the answer goes under it. A command itself is seen by nobody."""
        post = NotePost(to=question.place, text=f"{person.display or person.name} asks: {question.text}")
        return self._ports.office.put("slack", f"{question.delivery}|thread", post)

    def _tell(self, event: Question | Press, text: str) -> None:
        """Tell one user, whom nobody else sees it told."""
        thread = event.thread if isinstance(event, Question) else ""
        to = f"{event.place}/{thread}" if thread else event.place
        post = NotePost(to=to, text=text, only_for=event.user)
        self._ports.office.put("slack", f"{event.delivery}|note", post)
