"""What a human wants who answers in words: a pure reading that never takes a doubt for a yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from fluxagents.flows.humans.thread import REMARK_CHARACTERS
from fluxagents.flows.texts.grammar import MAX_REASON

YES = frozenset({"yes", "y", "ok", "okay", "approve", "approved", "i approve", "agreed"})
NO = ("no", "n", "reject", "rejected", "refuse", "deny")

ASK = "ask:"
ABSTAIN = "abstain"
RECUSE = "recuse"

NO_REASON = "no reason given"

_PUNCTUATION = " \t.,;:!-\u2013\u2014"


@dataclass(frozen=True, slots=True)
class Approve:
    """Exactly this."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Not this, for a reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a question."""

    answer: str


@dataclass(frozen=True, slots=True)
class Abstain:
    """No opinion."""


@dataclass(frozen=True, slots=True)
class Recuse:
    """Not for me to judge, whatever it comes to say."""


@dataclass(frozen=True, slots=True)
class AskBack:
    """Something to know before the vote."""

    question: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Other arguments, about which all are asked again."""

    args: Mapping[str, JsonValue]


Decision = Approve | Reject | Reply | Abstain | Recuse | AskBack | Edit


def make_decision(word: str, text: str) -> Decision | None:
    """What a button or a form decides; None where it decides nothing, or a question or an answer is empty.

    Args:
        word: `approve`, `reject`, `abstain`, `recuse`, `ask` or `reply`.
        text: The reason, the question or the answer.
    """
    text = text.strip()
    alone: Mapping[str, Decision] = {
        "approve": Approve(),
        "reject": Reject(text[:MAX_REASON] or NO_REASON),
        ABSTAIN: Abstain(),
        RECUSE: Recuse(),
    }
    said: Mapping[str, Decision] = {"ask": AskBack(text[:REMARK_CHARACTERS]), "reply": Reply(text)}
    return alone.get(word) or (said.get(word) if text else None)


def read_decision(text: str, kind: str) -> Decision | None:
    """What a text decides; None if it decides nothing about an approval.

    A yes stands alone: who writes "yes, but" or "yes?" has not agreed to what was asked. So do `abstain` and
    `recuse`; a question back begins with `ask:`, and a refusal may go on with its reason.

    Args:
        text: Without what it quotes.
        kind: Of the request: `approval`, `question` or `escalation`.
    """
    words = text.strip()
    if kind != "approval":
        return Reply(words) if words else None
    plain = " ".join(words.casefold().strip(_PUNCTUATION).split())
    if plain in YES:
        return Approve()
    if plain in {ABSTAIN, RECUSE}:
        return Abstain() if plain == ABSTAIN else Recuse()
    question = words[len(ASK) :].strip()[:REMARK_CHARACTERS]
    if words.casefold().startswith(ASK):
        return AskBack(question) if question else None
    first, rest = (*words.split(maxsplit=1), "", "")[:2]
    if first.casefold().strip(_PUNCTUATION) in NO:
        return Reject(rest.strip().strip(_PUNCTUATION)[:MAX_REASON] or NO_REASON)
    return None
