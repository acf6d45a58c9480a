"""What a human wants who answers in words: a pure reading that never takes a doubt for a yes."""

from __future__ import annotations

from dataclasses import dataclass

from fluxagents.flows.texts.grammar import MAX_REASON

YES = frozenset({"yes", "y", "ok", "okay", "approve", "approved", "i approve", "agreed"})
NO = ("no", "n", "reject", "rejected", "refuse", "deny")

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


Decision = Approve | Reject | Reply


def read_decision(text: str, kind: str) -> Decision | None:
    """What a text decides; None if it is neither yes nor no where only these are an answer.

    A yes stands alone: who writes "yes, but" or "yes?" has not agreed to what was asked.

    Args:
        text: Without what it quotes.
        kind: Of the request: `approval`, `question` or `escalation`.
    """
    words = text.strip()
    if kind != "approval":
        return Reply(words) if words else None
    if " ".join(words.casefold().strip(_PUNCTUATION).split()) in YES:
        return Approve()
    first, rest = (*words.split(maxsplit=1), "", "")[:2]
    if first.casefold().strip(_PUNCTUATION) in NO:
        return Reject(rest.strip().strip(_PUNCTUATION)[:MAX_REASON] or "no reason given")
    return None
