"""What a question is made of: words, numbers and ids, each with what it stands for."""

from __future__ import annotations

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
        sign: The concept of the lexicon, or in capitals the kind of thing.
        said: As it is written.
        value: The number, the id or the name.
        unit: Of a number: `flux`, `rate`, `percent` or nothing.
    """

    sign: str
    said: str
    value: Any = None
    unit: str = ""
