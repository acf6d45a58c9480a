"""The tokens of a question: words, numbers and ids, each with a tag that says what it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

GENE, REACTION, EXCHANGE, MEDIUM, MODEL = "GENE", "REACTION", "EXCHANGE", "MEDIUM", "MODEL"
DATABASE_ID, DIGEST, UNKNOWN, END, COMMA = "ID", "DIGEST", "UNKNOWN", "END", "comma"
FILLER = "filler"

EXCHANGE_ID = r"EX_[A-Za-z0-9_]+(?:\([A-Za-z0-9]+\)|\[[A-Za-z0-9]+\])?"


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a group of words, a number or an id.

    Attributes:
        tag: A concept of the lexicon, or in capitals the kind of entity.
        text: As it is written.
        value: The number, the id or the name.
        unit: Of a number: `flux`, `rate`, `percent` or nothing.
    """

    tag: str
    text: str
    value: Any = None
    unit: str = ""


_SHORT_ID = re.compile(r"[a-z]{2,5}|(?=\w*\d)[a-z0-9_]{2,12}|\w+__\w+")


def is_like_an_id(token: Token) -> bool:
    """Whether a word without a meaning may be the id of a metabolite, such as `g6p` or `icit`."""
    return token.tag == UNKNOWN and _SHORT_ID.fullmatch(token.text) is not None
