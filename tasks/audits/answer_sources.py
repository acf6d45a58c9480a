"""Where each number of a run's answer comes from: the finding that has it, and the field there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from fluxagents.flows.state import Finding, RunState
from fluxagents.tasks.audits.number_trace import Recorded, Trace, Unit, numbers_in, values_in

_CITED = re.compile(r"\bf\d+\b")
"""Ids of findings, as an answer names its sources."""

_SENTENCE_ENDS = re.compile(r"[.?!](?=\s)|\n")
_WORD = re.compile(r"[A-Za-z]{3,}")


@dataclass(frozen=True, slots=True)
class NumberSource:
    """One number of an answer.

    Attributes:
        said: As the answer writes it, rounded.
        unit: As the answer states it; empty if it states none.
        finding: Id of the finding that has it; empty for what people gave, and for what nothing has.
        key: The field of the finding.
        value: Unrounded; None if nothing has it.
        given_by: Who gave a number that no tool found, such as `the question`.
    """

    said: str
    unit: Unit
    finding: str = ""
    key: str = ""
    value: Decimal | None = None
    given_by: str = ""


def trace_answer(state: RunState) -> tuple[NumberSource, ...]:
    """The numbers of an answer in order, each once, with what they come from.

    Of several places that have a number, that one counts whose field is called by the most words of the
    sentence; of equal ones those of findings that the answer names.
    """
    answer = state.answer or ""
    results, given = Trace(_list_results(state, answer)), Trace(_list_given(state))
    sources: dict[tuple[str, Unit], NumberSource] = {}
    for number in numbers_in(answer):
        words = _read_words(find_sentence(answer, number.start))
        origins = list(results.origins(number))
        found = max(origins, key=lambda each: len(words & _read_words(each.key)), default=None)
        other = given.origin(number)
        source = NumberSource(number.text, number.unit)
        if found is not None:
            source = NumberSource(number.text, number.unit, found.source, found.key, found.value)
        elif other is not None:
            source = NumberSource(number.text, number.unit, value=other.value, given_by=other.source)
        sources.setdefault((number.text, number.unit), source)
    return tuple(sources.values())


def find_sentence(text: str, at: int) -> str:
    """The sentence of a text in which a place lies."""
    begin = max((end.end() for end in _SENTENCE_ENDS.finditer(text, 0, at)), default=0)
    end = _SENTENCE_ENDS.search(text, at)
    return text[begin : end.end() if end else len(text)].strip()


def _read_words(text: str) -> frozenset[str]:
    """The words of a text or of a field's name, plural or not."""
    return frozenset(word.lower().removesuffix("s") for word in _WORD.findall(text))


def _list_results(state: RunState, answer: str) -> Iterator[Recorded]:
    cited = frozenset(_CITED.findall(answer))

    def is_other(finding: Finding) -> bool:
        return finding.id not in cited

    for finding in sorted(state.findings, key=is_other):
        yield from values_in(finding.key_findings, finding.id, finding.artifact or "")


def _list_given(state: RunState) -> Iterator[Recorded]:
    """What the user and other humans said, and what calls were given or errors said."""
    for name, value in state.inputs.items():
        yield from values_in(value, f"the {name}")
    for finding in state.findings:
        yield from values_in(finding.args, f"the arguments of {finding.id}")
    for note in state.notes:
        yield from values_in(note.text, note.by)
    for error in state.errors:
        yield from values_in([error.message, *error.suggestions], f"an error of {error.where}")
