"""What a question takes for an answer: a text, yes or no, a choice, a number in its range, or a file."""

from __future__ import annotations

import json
import math
import re
from typing import Literal

from pydantic import Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.policies import HumanRecord

AnswerKind = Literal["text", "yes_no", "choice", "number", "integer", "object", "array", "file"]

_WORDS = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class AnswerForm(HumanRecord):
    """What an answer must be."""

    kind: AnswerKind = "text"
    choices: tuple[str, ...] = ()
    unit: str = ""
    """Of a number; it may stand behind it in the answer."""
    minimum: float | None = Field(default=None, allow_inf_nan=False)
    maximum: float | None = Field(default=None, allow_inf_nan=False)
    endings: tuple[str, ...] = ()
    """Of the names of files that are taken, such as `.tsv`; any when empty."""

    @property
    def text(self) -> str:
        """What is expected, in a few words."""
        if self.choices:
            return f"one of: {', '.join(self.choices)}"
        if self.kind in {"number", "integer"}:
            return " ".join(part for part in (_NAMES[self.kind], self._unit_text, self._range_text) if part)
        if self.kind == "file" and self.endings:
            return f"a file ({', '.join(self.endings)}), as the digest of its artifact"
        return _NAMES[self.kind]

    @property
    def _unit_text(self) -> str:
        return f"in {self.unit}" if self.unit else ""

    @property
    def _range_text(self) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"from {self.minimum:g} to {self.maximum:g}"
        if self.minimum is not None:
            return f"of at least {self.minimum:g}"
        return f"of at most {self.maximum:g}" if self.maximum is not None else ""

    def read(self, text: str) -> JsonValue:
        """The value that a person wrote.

        Raises:
            FluxError: `BAD_ARGUMENT` if it is none, saying what is expected.
        """
        answer = text.strip()
        if self.choices:
            answer = self._read_choice(answer)
        value: JsonValue = None
        match self.kind:
            case "text" | "choice":
                return answer
            case "yes_no":
                value = _WORDS.get(answer.casefold())
            case "number" | "integer":
                value = self._read_number(answer)
            case "file":
                value = answer if _DIGEST.fullmatch(answer) else None
            case "object" | "array":
                value = _read_json(answer, dict if self.kind == "object" else list)
        if value is None:
            raise self._refuse(answer, f"is not {_NAMES[self.kind]}")
        return value

    def _read_choice(self, answer: str) -> str:
        if answer in self.choices:
            return answer
        close = [choice for choice in self.choices if choice.casefold() == answer.casefold()]
        if len(close) == 1:
            return close[0]
        raise self._refuse(answer, "is none of the choices")

    def _read_number(self, answer: str) -> float | int | None:
        match = _NUMBER.fullmatch(answer)
        if match is None:
            return None
        number, unit = float(match[1]), match[2].strip()
        if unit and unit != self.unit:
            raise self._refuse(answer, f"has the unit {unit!r}, and {self.unit or 'none'} is asked for")
        if not math.isfinite(number):
            raise self._refuse(answer, "is too large")
        if (self.minimum is not None and number < self.minimum) or (
            self.maximum is not None and number > self.maximum
        ):
            raise self._refuse(answer, "is out of range")
        if self.kind == "number":
            return number
        return int(number) if number.is_integer() else None

    def _refuse(self, answer: str, why: str) -> FluxError:
        return FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the answer {answer!r:.100} {why}",
            suggestions=(f"expected: {self.text}",),
        )


_NAMES: dict[AnswerKind, str] = {
    "text": "a text",
    "yes_no": "yes or no",
    "choice": "one of the choices",
    "number": "a number",
    "integer": "a whole number",
    "object": 'an object such as {"a": 1}',
    "array": "a list such as [1, 2]",
    "file": "a file, as the digest of its artifact",
}


def _read_json(answer: str, kind: type) -> JsonValue:
    try:
        value: JsonValue = json.loads(answer)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, kind) else None
