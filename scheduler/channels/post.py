"""What is told to a human on a channel: the same content, however the channel shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from fluxagents.flows.events import Frozen
from fluxagents.flows.humans.effect import Effect
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import escape_json, visible

MAX_TEXT = 4_000
"""Characters of one text in a message; the run has all of it."""

MAX_ARGUMENTS = 40
MAX_LINES = 40
"""Of an effect."""
MAX_REMARKS = 6
"""Of a thread, the last ones."""


class RequestCard(Frozen):
    """What a human must know before they answer."""

    request: str
    kind: Literal["approval", "question", "escalation"]
    run: str
    session: str
    flow: str
    model: str
    asked: str
    """What the run is to answer."""
    requester: str
    question: str
    tool: str
    arguments: tuple[tuple[str, str], ...]
    """Name and value of each, as JSON."""
    choices: tuple[str, ...]
    deadline_ms: int
    digest: str
    """What an answer is bound to."""
    effect: tuple[str, ...] = ()
    """What the call would do, a line each; empty where it is not computed."""
    expected: str = ""
    """What a question takes for an answer."""
    missing: str = ""
    """Whose agreement is needed, where it is not that of one."""
    thread: tuple[str, ...] = ()
    """What people asked back, and what the agent answered."""


class RequestPost(Frozen):
    """Something that waits for an answer."""

    kind: Literal["request"] = "request"
    to: str
    """An address of mail, or a user or channel of Slack with a thread."""
    card: RequestCard
    link: str = ""
    """The page on which the person it was sent to can answer; empty where there is none."""
    reply_token: str = ""
    """Part of the address that answers by mail go to."""
    in_reply_to: str = ""
    """The message of the human that led to it."""
    effect: Effect | None = None
    """What the call would do, for a picture; a channel that shows none has the lines of the card."""


class PicturePost(Frozen):
    """The effect of a call as a picture, below the message that asks about it."""

    kind: Literal["picture"] = "picture"
    of: str
    """The id of the message that asked."""
    effect: Effect


class OutcomePost(Frozen):
    """That a request is closed, in place of what asked for an answer."""

    kind: Literal["outcome"] = "outcome"
    of: str
    """The id of the message that asked."""
    card: RequestCard
    outcome: str


class AnswerPost(Frozen):
    """How a run has ended, for whoever asked."""

    kind: Literal["answer"] = "answer"
    to: str
    run: str
    status: str
    asked: str
    text: str
    reply_token: str = ""
    in_reply_to: str = ""
    subject: str = ""


class NotePost(Frozen):
    """A short text, such as why a message had no effect."""

    kind: Literal["note"] = "note"
    to: str
    text: str
    only_for: str = ""
    """The user of Slack who alone sees it."""
    reply_token: str = ""
    in_reply_to: str = ""
    subject: str = ""


class WaitingLine(Frozen):
    """A request that waits, in a digest."""

    card: RequestCard
    link: str = ""


class DecidedLine(Frozen):
    """A request that is closed, in a digest."""

    request: str
    question: str
    outcome: str


class DigestPost(Frozen):
    """What waits for a person, and what was decided since they were told of it."""

    kind: Literal["digest"] = "digest"
    to: str
    waiting: tuple[WaitingLine, ...]
    decided: tuple[DecidedLine, ...]
    more: int = 0
    """How many further requests it has no room for."""
    reply_token: str = ""
    in_reply_to: str = ""


Post = Annotated[
    RequestPost | PicturePost | OutcomePost | AnswerPost | NotePost | DigestPost, Field(discriminator="kind")
]
POST: TypeAdapter[Post] = TypeAdapter(Post)
"""Reads and writes a post as JSON."""


def describe_request(state: RunState, request: HumanRequest, root: RunState) -> RequestCard:
    """The card of a request.

    Args:
        state: Of the run that waits.
        request: What it waits for.
        root: The run that led to it, which somebody wanted.
    """
    arguments: Mapping[str, object] = request.call.args if request.call else {}
    effect = request.effect.lines if request.effect else ()
    return RequestCard(
        request=request.id,
        kind=request.kind,
        run=state.run_id,
        session=root.session,
        flow=state.flow.name,
        model=state.model_name,
        asked=shorten(str(root.inputs.get("question") or "")),
        requester=root.requester,
        question=shorten(request.question),
        tool=request.call.tool if request.call else "",
        arguments=tuple(
            (name, shorten(_show(value), 500)) for name, value in list(arguments.items())[:MAX_ARGUMENTS]
        ),
        choices=request.choices,
        deadline_ms=request.deadline_ms,
        digest=request.digest,
        effect=tuple(shorten(line, 300) for line in effect[:MAX_LINES]),
        expected=request.answer.text if request.answer else "",
        missing="" if request.takes_one else shorten(request.missing, 300),
        thread=tuple(shorten(str(remark), 1_000) for remark in request.thread[-MAX_REMARKS:]),
    )


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """The text without what is invisible, and bounded."""
    text = visible(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _show(value: object) -> str:
    return escape_json(_JSON.dump_json(value).decode())


_JSON: TypeAdapter[object] = TypeAdapter(object)
