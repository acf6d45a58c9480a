"""Posts as messages of Slack: blocks of plain text, so that no word of a user calls a whole channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from fluxagents.scheduler.channels.post import (
    AnswerPost,
    DigestPost,
    NotePost,
    OutcomePost,
    PicturePost,
    Post,
    RequestCard,
    RequestPost,
)
from fluxagents.scheduler.channels.slack.slack_event import FORM, REASON

MAX_BLOCK = 2_900
"""Characters of a block; Slack takes 3,000."""
MAX_BUTTONS = 20
MAX_LABEL = 75
MAX_FALLBACK = 500

Block = dict[str, Any]

_TITLES = {
    "approval": "A run asks for approval",
    "question": "A run asks a question",
    "escalation": "A run cannot go on by itself",
}


def write_message(post: Post) -> tuple[str, list[Block]]:
    """The text that a notification shows, and the blocks of the message."""
    match post:
        case RequestPost():
            return _escape(f"{_TITLES[post.card.kind]}: {_summarise(post.card)}"), _show_request(post.card)
        case OutcomePost():
            return _escape(post.outcome), [*_show_card(post.card), _context(post.outcome)]
        case AnswerPost():
            blocks = [*_sections(post.text or post.status), _context(f"run {post.run} ({post.status})")]
            return _escape(post.text or post.status), blocks
        case DigestPost() | PicturePost():
            raise ValueError(f"a {post.kind} is no message of blocks")
        case NotePost():
            return _escape(post.text), list(_sections(post.text))


def _show_request(card: RequestCard) -> list[Block]:
    return [*_show_card(card), *_ask(card)]


def _show_card(card: RequestCard) -> Iterator[Block]:
    yield {"type": "header", "text": _plain(_TITLES[card.kind], 150)}
    yield from _sections("\n".join(_list_lines(card)))
    yield _context(f"request {card.request} of {card.flow}, sha256 {card.digest[:12]}")


def _list_lines(card: RequestCard) -> Iterator[str]:
    if card.asked:
        yield f"Asked: {card.asked}"
    if card.requester:
        yield f"By: {card.requester}"
    if card.model:
        yield f"Model: {card.model}"
    if card.tool:
        yield f"Will run: {card.tool}"
        yield from (f"    {name} = {value}" for name, value in card.arguments)
    else:
        yield card.question
    if card.effect:
        yield "Effect:"
        yield from (f"    {line}" for line in card.effect)
    if card.thread:
        yield "Asked back:"
        yield from (f"    {line}" for line in card.thread)
    if card.expected:
        yield f"Expected: {card.expected}"
    if card.missing:
        yield f"Needs: {card.missing}"
    if card.deadline_ms:
        yield f"Until: {datetime.fromtimestamp(card.deadline_ms / 1_000, tz=UTC):%Y-%m-%d %H:%M} UTC"


def _ask(card: RequestCard) -> Iterator[Block]:
    if card.kind == "approval":
        yield {"type": "actions", "elements": list(_list_buttons(card))}
    elif card.choices:
        buttons = [
            _button(choice, f"reply.{at}|{card.request}", f"{card.digest}|{choice}")
            for at, choice in enumerate(card.choices[:MAX_BUTTONS])
        ]
        yield {"type": "actions", "elements": buttons}
    else:
        yield _input("Your answer")
        yield {
            "type": "actions",
            "elements": [_button("Send", f"reply|{card.request}", card.digest, "primary")],
        }


def _list_buttons(card: RequestCard) -> Iterator[Block]:
    """The answers to an approval; those that say more open a form."""
    yes = _button("Approve", f"approve|{card.request}", card.digest, "primary")
    yield {**yes, "confirm": _confirm("Approve this?", f"Exactly this: {_summarise(card)}", "Approve")}
    yield _button("Reject", f"{FORM}reject|{card.request}", card.digest, "danger")
    yield _button("Ask", f"{FORM}ask|{card.request}", card.digest)
    if card.tool:
        yield _button("Edit", f"{FORM}edit|{card.request}", card.digest)
    if card.missing:
        yield _button("Abstain", f"abstain|{card.request}", card.digest)
        out = _button("Recuse", f"recuse|{card.request}", card.digest)
        yield {**out, "confirm": _confirm("Step out?", "You then have no vote on this request.", "Step out")}


def _confirm(title: str, text: str, yes: str) -> Block:
    return {
        "title": _plain(title, 100),
        "text": _plain(text, 300),
        "confirm": _plain(yes, 30),
        "deny": _plain("Not yet", 30),
    }


def _summarise(card: RequestCard) -> str:
    arguments = ", ".join(f"{name} = {value}" for name, value in card.arguments)
    return f"{card.tool}: {arguments}" if card.tool else card.question


def _input(label: str) -> Block:
    return {
        "type": "input",
        "block_id": REASON,
        "optional": False,
        "label": _plain(label, 100),
        "element": {"type": "plain_text_input", "action_id": REASON, "multiline": True, "max_length": 3_000},
    }


def _button(label: str, action_id: str, value: str, style: str = "") -> Block:
    button: Block = {
        "type": "button",
        "text": _plain(label, MAX_LABEL),
        "action_id": action_id[:255],
        "value": value[:2_000],
    }
    return {**button, "style": style} if style else button


def _sections(text: str) -> Iterator[Block]:
    for start in range(0, len(text) or 1, MAX_BLOCK):
        yield {"type": "section", "text": _plain(text[start : start + MAX_BLOCK] or " ", MAX_BLOCK)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_plain(text, 1_000)]}


def _plain(text: str, limit: int) -> Block:
    shown = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return {"type": "plain_text", "text": shown, "emoji": False}


def _escape(text: str) -> str:
    """A text in which nothing is a mention or a link."""
    shown = text if len(text) <= MAX_FALLBACK else f"{text[: MAX_FALLBACK - 1]}…"
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
