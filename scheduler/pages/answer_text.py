"""An answer cut into its words and its numbers, each number with where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fluxagents.flows.state import RunState
from fluxagents.tasks.audits.answer_sources import NumberSource, find_sentence, trace_answer
from fluxagents.tasks.audits.number_trace import numbers_in


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """Words of an answer, or one of its numbers."""

    text: str
    index: int = -1
    """Of the number among the sources of the answer; -1 for words."""
    source: NumberSource | None = None


def split_answer(state: RunState) -> tuple[AnswerPart, ...]:
    """The answer of a run in order; together the parts are the answer."""
    return tuple(_split(state.answer or "", trace_answer(state)))


def quote_sentence(state: RunState, source: NumberSource) -> str:
    """The sentence of the answer in which a number stands first."""
    answer = state.answer or ""
    places = (
        number.start
        for number in numbers_in(answer)
        if (number.text, number.unit) == (source.said, source.unit)
    )
    return find_sentence(answer, next(places))


def _split(answer: str, sources: tuple[NumberSource, ...]) -> Iterator[AnswerPart]:
    places = {(source.said, source.unit): index for index, source in enumerate(sources)}
    done = 0
    for number in numbers_in(answer):
        index = places[number.text, number.unit]
        end = number.start + len(number.text)
        yield AnswerPart(answer[done : number.start])
        yield AnswerPart(answer[number.start : end], index, sources[index])
        done = end
    yield AnswerPart(answer[done:])
