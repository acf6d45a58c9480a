"""What the opinions of several experts come to. It depends on the opinions, and not on their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from statistics import median, median_low

from pydantic import Field, JsonValue

from fluxagents.flows.humans.answer_form import AnswerForm
from fluxagents.flows.humans.opinions import Opinion
from fluxagents.flows.humans.policies import HumanRecord

QUOTED = 200
"""Characters of an opinion that a finding keeps; its event has all of it."""


class Consensus(HumanRecord):
    """Several opinions as one result, in the unit of the question."""

    value: JsonValue
    """Of numbers the median; of choices and of yes and no the answer that most gave, null for a tie; of texts
    all with their authors; a list where all are kept."""
    unit: str = ""
    count: int = Field(ge=1)
    minimum: float | None = None
    maximum: float | None = None
    """The range of numbers."""
    spread: float | None = None
    """The width of the range over the size of the median; null where the median is 0, and for what is no
    number."""
    tally: dict[str, int] = Field(default_factory=dict)
    """How many gave each answer, most first; empty for numbers and texts."""
    agreement: float | None = None
    """Of all pairs of experts the share that gave the same answer; null for numbers and texts."""

    def __str__(self) -> str:
        """In a line, such as `median 0.5 1/h of 3 opinions, from 0.4 to 0.6`."""
        opinions = "1 opinion" if self.count == 1 else f"{self.count} opinions"
        if isinstance(self.value, int | float) and self.minimum is not None and self.maximum is not None:
            middle = " ".join(part for part in (f"median {self.value:g}", self.unit) if part)
            return f"{middle} of {opinions}, from {self.minimum:g} to {self.maximum:g}"
        if not self.tally:
            return opinions
        tally = ", ".join(f"{answer} {count}" for answer, count in self.tally.items())
        return f"{opinions}: {tally}{'; no majority' if self.value is None else ''}"


CONSENSUS_FIELDS = (*Consensus.model_fields, "opinions")
"""What a result says of a consultation; see `describe_consensus`."""


def build_consensus(form: AnswerForm, opinions: Sequence[Opinion], *, keeps_all: bool = False) -> Consensus:
    """Join opinions.

    Args:
        form: What the question takes.
        opinions: At least one, each of another person.
        keeps_all: Whether the value lists them all, by the names of who gave them.
    """
    ordered = sorted(opinions, key=lambda opinion: opinion.by)
    values = [opinion.value for opinion in ordered]
    count = len(values)
    if keeps_all:
        return Consensus(value=values, unit=form.unit, count=count, **_count_answers(form, ordered))
    if form.kind in {"number", "integer"}:
        return _join_numbers(form, [value for value in values if isinstance(value, int | float)])
    tally = _count_answers(form, ordered)
    if not tally:
        return Consensus(value="\n".join(map(str, ordered)), count=count)
    return Consensus(value=_find_mode(values), count=count, **tally)


def _join_numbers(form: AnswerForm, numbers: Sequence[float]) -> Consensus:
    # Half of a whole number is none: of two in the middle the lower one was said by somebody.
    middle = median_low(numbers) if form.kind == "integer" else median(numbers)
    low, high = min(numbers), max(numbers)
    return Consensus(
        value=middle,
        unit=form.unit,
        count=len(numbers),
        minimum=low,
        maximum=high,
        spread=(high - low) / abs(middle) if middle else None,
    )


def _count_answers(form: AnswerForm, opinions: Sequence[Opinion]) -> dict[str, JsonValue]:
    """The tally and the agreement of answers of which several can be the same; nothing for others."""
    if form.kind not in {"choice", "yes_no"}:
        return {}
    texts = [_write(opinion.value) for opinion in opinions]
    counted = sorted(Counter(texts).items(), key=lambda each: (-each[1], each[0]))
    pairs = list(combinations(texts, 2))
    agreement = sum(one == other for one, other in pairs) / len(pairs) if pairs else None
    return {"tally": dict(counted), "agreement": agreement}


def _find_mode(values: Sequence[JsonValue]) -> JsonValue:
    """The value that most gave; None where two were given as often."""
    counted = Counter(map(_write, values)).most_common(2)
    if len(counted) > 1 and counted[0][1] == counted[1][1]:
        return None
    return next(value for value in values if _write(value) == counted[0][0])


def _write(value: JsonValue) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def describe_consensus(consensus: Consensus, opinions: Sequence[Opinion]) -> dict[str, JsonValue]:
    """The result as a finding keeps it: what can be said of it, and who said what."""
    said: list[JsonValue] = [
        {"by": opinion.by, "answer": opinion.answer[:QUOTED]}
        for opinion in sorted(opinions, key=lambda opinion: opinion.by)
    ]
    return {**consensus.model_dump(mode="json"), "opinions": said}
