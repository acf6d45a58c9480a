"""What mail does: answers requests, starts runs and continues them, for senders who are who they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from fluxagents.flows.errors import ConflictError, ErrorClass, FluxError
from fluxagents.flows.events import Trigger
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor, Proof, Resource
from fluxagents.flows.people.members import Person
from fluxagents.scheduler.channels.answer_desk import AnswerDesk
from fluxagents.scheduler.channels.bounces import Bounces
from fluxagents.scheduler.channels.channel_book import ChannelBook, Ticket
from fluxagents.scheduler.channels.decision import Reply, read_decision
from fluxagents.scheduler.channels.mail.incoming_mail import Attachment, IncomingMail
from fluxagents.scheduler.channels.post import NotePost
from fluxagents.scheduler.channels.posting import PostOffice
from fluxagents.scheduler.channels.question_desk import Question, QuestionDesk, name_delivery
from fluxagents.scheduler.people.contacts import find_contact
from fluxagents.scheduler.runs.run_client import RunClient

log = structlog.get_logger("mail")

MODEL_SUFFIXES = (".xml", ".sbml", ".xml.gz", ".sbml.gz", ".xml.bz2", ".sbml.bz2")
TABLE_SUFFIX = ".tsv"

ANSWERED = "answered "
"""Before the id of a request."""


@dataclass(frozen=True, kw_only=True)
class MailPorts:
    """What the door needs."""

    client: RunClient
    book: ChannelBook
    office: PostOffice
    bounces: Bounces
    answers: AnswerDesk
    questions: QuestionDesk
    address: str
    """Of the installation."""
    read_medium: Callable[[str, str], Mapping[str, float]]
    """A table with a medium, by its text and name, as exchange reactions and uptakes in mmol/gDW/h."""


class MailDoor:
    """Deals with mail that came in. The same mail twice has one effect."""

    def __init__(self, ports: MailPorts) -> None:
        self._ports = ports

    def take(self, mail: IncomingMail) -> str:
        """Do what a mail wants.

        Returns:
            What came of it, in a few words, for the log.

        Raises:
            FluxError: If it can be tried again later, as when the store is away.
        """
        outcome = self._take(mail)
        log.info("mail", sender=mail.sender, message=mail.message_id, outcome=outcome)
        return outcome

    def _take(self, mail: IncomingMail) -> str:
        token = self._find_token(mail.recipients)
        if mail.bounce:
            return self._note_bounce(token, mail.bounce)
        if mail.is_automatic:
            return "passed over: a machine wrote it"
        # Nobody else gets an answer: it would go to whoever was named as the sender.
        if not mail.proof:
            return "refused: the receiving server does not vouch for the sender"
        person = find_contact(self._ports.client.authority.directory, "email", mail.sender)
        if person is None:
            return "refused: the sender is nobody here"
        actor = Actor(name=person.name, channel="email", proof=Proof(kind="sender", id=mail.sender))
        try:
            return self._act(mail, person, actor, token)
        except FluxError as error:
            if error.info("mail").retryable:
                raise
            self._answer(mail, error)
            return f"refused: {error.message}"

    def _act(self, mail: IncomingMail, person: Person, actor: Actor, token: str) -> str:
        if not token:
            run = self._ports.questions.ask(actor, self._read_question(mail, actor), _describe(mail, person))
            return f"started {run}"
        ticket = self._ports.book.find_ticket(token)
        if ticket is None or ticket.person != person.name:
            raise FluxError(
                ErrorClass.PERMISSION,
                f"this address takes no reply of {mail.sender}",
                suggestions=("write to the address without what stands after the `+` to ask something new",),
            )
        if not ticket.run:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                "a digest tells of several requests, and takes no reply",
                suggestions=("open the link of the request that you mean",),
            )
        if ticket.request:
            return self._decide(mail, actor, ticket)
        return self._continue(mail, person, actor, ticket)

    def _decide(self, mail: IncomingMail, actor: Actor, ticket: Ticket) -> str:
        card = self._ports.answers.show(ticket.request)
        decision = read_decision(mail.text, card.kind)
        if decision is None:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"nothing is decided about request {ticket.request}",
                suggestions=(
                    'reply with "yes" alone to agree to exactly what was shown',
                    'or with "no" and a reason',
                    'or ask the agent first with "ask:" and your question',
                ),
            )
        self._ports.answers.answer(actor, ticket.request, ticket.digest, decision)
        return f"answered {ticket.request}"

    def _continue(self, mail: IncomingMail, person: Person, actor: Actor, ticket: Ticket) -> str:
        """Answer what the run asks, or ask further in its session."""
        state = self._ports.questions.load_visible(actor, ticket.run)
        trigger = _describe(mail, person)
        delivery = name_delivery(trigger)
        earlier = self._ports.book.find_delivery(delivery)
        request = state.waiting_for
        if earlier.startswith(ANSWERED) and (request is None or earlier != ANSWERED + request.id):
            return f"{earlier} before"
        if request is not None and request.kind != "approval" and (earlier or mail.text):
            # Written down first: should this process die, the same mail asks nothing new afterwards.
            self._ports.book.begin_delivery(delivery, ANSWERED + request.id)
            self._ports.answers.answer(actor, request.id, request.digest, Reply(mail.text))
            return ANSWERED + request.id
        question = self._read_question(mail, actor, is_reply=True)
        run = self._ports.questions.follow_up(actor, ticket.run, question, trigger)
        return f"started {run} after {ticket.run}"

    def _read_question(self, mail: IncomingMail, actor: Actor, *, is_reply: bool = False) -> Question:
        """What a mail asks, with what is attached to it.

        Raises:
            FluxError: If an attachment is none of what is taken, or no good.
        """
        text = mail.text if is_reply and mail.text else "\n".join(filter(None, (mail.subject, mail.text)))
        model, inputs = "", dict[str, Any]()
        for attachment in self._check_attachments(mail.attachments):
            if attachment.name.lower().endswith(TABLE_SUFFIX):
                content = attachment.content.decode("utf-8", errors="replace")
                inputs["medium"] = dict(self._ports.read_medium(content, attachment.name))
            else:
                model = self._add_model(attachment, actor)
        return Question(text, model, inputs)

    @staticmethod
    def _check_attachments(attachments: Sequence[Attachment]) -> Sequence[Attachment]:
        """Those of a mail, one of a kind.

        Raises:
            FluxError: If one cannot be an input, or two would be the same one.
        """
        tables = [each for each in attachments if each.name.lower().endswith(TABLE_SUFFIX)]
        models = [each for each in attachments if each.name.lower().endswith(MODEL_SUFFIXES)]
        others = [each.name for each in attachments if each not in tables and each not in models]
        if others or len(tables) > 1 or len(models) > 1:
            what = f"attachment {others[0]!r}" if others else "more than one attachment of a kind"
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{what} cannot be an input",
                suggestions=(
                    f"attach one model ({', '.join(MODEL_SUFFIXES)}) and one medium ({TABLE_SUFFIX}) at most",
                ),
            )
        return attachments

    def _add_model(self, attachment: Attachment, actor: Actor) -> str:
        """Keep a model, whose digest a run then names."""
        client = self._ports.client.acting_as(actor)
        client.authority.record(Action.MODEL_ADD, Resource(kind="model", id=attachment.name))
        return client.models.add(attachment.content, attachment.name).digest

    def _note_bounce(self, token: str, why: str) -> str:
        """Write down that a mail of ours did not arrive."""
        ticket = self._ports.book.find_ticket(token) if token else None
        if ticket is None or not ticket.message:
            return "passed over: no mail of ours"
        self._ports.office.outbox.fail("email", ticket.message, f"bounced: {why}"[:300])
        log.warning("bounced", person=ticket.person, request=ticket.request, why=why)
        if ticket.request:
            self._ports.bounces.pass_on(ticket.request)
        return f"noted that {ticket.message} did not arrive"

    def _answer(self, mail: IncomingMail, error: FluxError) -> None:
        """Say why a mail had no effect."""
        if isinstance(error, ConflictError) and "answered already by" in error.message:
            lead = "Your reply came too late: "
        else:
            lead = "Your message had no effect: "
        text = "\n".join((f"{lead}{error.message}.", *(f"- {each}" for each in error.suggestions)))
        post = NotePost(to=mail.sender, text=text, in_reply_to=mail.message_id, subject=mail.subject)
        self._ports.office.put("email", f"{mail.sender}|{mail.message_id}|note", post)

    def _find_token(self, recipients: Sequence[str]) -> str:
        """What stands after the `+` in the first address of ours; empty where nothing does."""
        name, _, domain = self._ports.address.lower().partition("@")
        for recipient in recipients:
            local, _, host = recipient.partition("@")
            base, plus, token = local.partition("+")
            if plus and (base, host) == (name, domain):
                return token
        return ""


def _describe(mail: IncomingMail, person: Person) -> Trigger:
    return Trigger(
        kind="email",
        name=person.name,
        delivery=mail.message_id,
        source=mail.subject,
        reply_to=f"email:{mail.sender}",
    )
