"""What opinions come to: an independent computation, in any order."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import DEPTH

from fluxagents.flows.humans.answer_form import AnswerForm
from fluxagents.flows.humans.consensus import (
    CONSENSUS_FIELDS,
    QUOTED,
    build_consensus,
    describe_consensus,
)
from fluxagents.flows.humans.opinions import OPINION_CHARACTERS, Opinion, may_grow, refuse_opinion
from fluxagents.flows.humans.votes import Delegation, Vote

UPTAKE = AnswerForm(kind="number", unit="mmol/gDW/h")
CARBON = AnswerForm(kind="choice", choices=("glucose", "acetate", "xylose"))
PEOPLE = ("ana", "ben", "cat", "dan", "eve", "fay", "gus")


def opinions(form: AnswerForm, answers: Sequence[str]) -> list[Opinion]:
    return [
        Opinion(by=name, at_ms=index, answer=answer, value=form.read(answer))
        for index, (name, answer) in enumerate(zip(PEOPLE, answers, strict=False))
    ]


NUMBERS = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=7)
CHOSEN = st.lists(st.sampled_from(CARBON.choices), min_size=1, max_size=7)


@given(NUMBERS, st.randoms())
@settings(max_examples=50 * DEPTH, deadline=None)
def test_numbers_come_to_their_median_and_range_in_any_order(
    numbers: list[float], shuffled: random.Random
) -> None:
    given_ = opinions(UPTAKE, [repr(number) for number in numbers])
    joined = build_consensus(UPTAKE, given_)
    assert isinstance(joined.value, float)
    middle = joined.value
    below, above = sum(number <= middle for number in numbers), sum(number >= middle for number in numbers)
    assert min(below, above) * 2 >= len(numbers)  # the definition of a median
    assert (joined.minimum, joined.maximum) == (min(numbers), max(numbers))
    assert joined.count == len(numbers)
    shuffled.shuffle(given_)
    assert build_consensus(UPTAKE, given_) == joined


@given(CHOSEN, st.randoms())
@settings(max_examples=50 * DEPTH, deadline=None)
def test_the_answer_of_most_is_the_value_and_a_tie_has_none(
    chosen: list[str], shuffled: random.Random
) -> None:
    given_ = opinions(CARBON, chosen)
    joined = build_consensus(CARBON, given_)
    modes = statistics.multimode(chosen)
    assert joined.value == (modes[0] if len(modes) == 1 else None)
    assert joined.tally == {choice: chosen.count(choice) for choice in set(chosen)}
    same = sum(one == other for i, one in enumerate(chosen) for j, other in enumerate(chosen) if i != j)
    pairs = len(chosen) * (len(chosen) - 1)
    assert joined.agreement == (pytest.approx(same / pairs) if pairs else None)
    shuffled.shuffle(given_)
    assert build_consensus(CARBON, given_) == joined


def test_a_median_of_whole_numbers_is_one_that_somebody_gave() -> None:
    form = AnswerForm(kind="integer")
    joined = build_consensus(form, opinions(form, ["3", "4", "9", "2"]))
    assert (joined.value, joined.minimum, joined.maximum) == (3, 2, 9)
    assert joined.spread == pytest.approx(7 / 3)


@pytest.mark.parametrize(
    ("form", "answers", "line"),
    [
        (UPTAKE, ["8", "10", "12 mmol/gDW/h"], "median 10 mmol/gDW/h of 3 opinions, from 8 to 12"),
        (UPTAKE, ["8"], "median 8 mmol/gDW/h of 1 opinion, from 8 to 8"),
        (CARBON, ["glucose", "acetate", "glucose"], "3 opinions: glucose 2, acetate 1"),
        (AnswerForm(kind="yes_no"), ["yes", "no"], "2 opinions: no 1, yes 1; no majority"),
        (AnswerForm(), ["feed it", "starve it"], "2 opinions"),
    ],
)
def test_a_result_reads_as_a_line(form: AnswerForm, answers: list[str], line: str) -> None:
    assert str(build_consensus(form, opinions(form, answers))) == line


def test_texts_keep_their_authors_and_a_list_keeps_every_answer() -> None:
    said = opinions(AnswerForm(), ["feed it", "starve it"])
    assert build_consensus(AnswerForm(), said).value == "ana: feed it\nben: starve it"
    assert build_consensus(AnswerForm(), said, keeps_all=True).value == ["feed it", "starve it"]
    carbon = build_consensus(CARBON, opinions(CARBON, ["acetate", "acetate"]), keeps_all=True)
    assert (carbon.value, carbon.agreement) == (["acetate", "acetate"], 1.0)


def test_a_finding_quotes_long_opinions_and_has_what_a_flow_can_take() -> None:
    long = opinions(AnswerForm(), ["x" * OPINION_CHARACTERS])
    document = describe_consensus(build_consensus(AnswerForm(), long), long)
    assert set(document) == set(CONSENSUS_FIELDS)
    assert document["opinions"] == [{"by": "ana", "answer": "x" * QUOTED}]


def opinion(by: str, **fields: Any) -> Opinion:
    return Opinion(**{"by": by, "at_ms": 5, "answer": "1", "value": 1, "channel": "client", **fields})


TO_DAN = Delegation(by="ana", to="dan", at_ms=0, until_ms=5, seats=("ana",))


@pytest.mark.parametrize(
    ("later", "given_before", "why"),
    [
        (opinion("ana", channel="email"), [opinion("ana")], "was answered already by 'ana', by client"),
        (opinion("dan", at_ms=4, for_people=("ana",)), [opinion("ana")], "was answered already by 'ana'"),
        (opinion("dan", for_people=("ana",)), [], "is no more delegated by 'ana' to 'dan'"),
        (opinion("req"), [], "was wanted by 'req'"),
        (opinion("cat"), [], "was answered already by 'cat'"),
        (opinion("dan", at_ms=4, for_people=("ana",)), [opinion("ben")], ""),
    ],
)
def test_each_person_has_one_opinion_over_all_channels(
    later: Opinion, given_before: list[Opinion], why: str
) -> None:
    out = Vote(by="cat", choice="abstain", at_ms=1, digest="d")
    refusal = refuse_opinion(later, opinions=given_before, votes=[out], barred=("req",), delegations=[TO_DAN])
    assert why in refusal
    assert bool(refusal) == bool(why)


def test_a_consultation_is_over_when_nobody_who_is_asked_is_left() -> None:
    out = Vote(by="ben", choice="recuse", at_ms=1, digest="d")
    for_ana = opinion("dan", for_people=("ana",))
    assert may_grow(("ana", "ben"), [for_ana], [], ())
    assert not may_grow(("ana", "ben"), [for_ana], [out], ())
    assert not may_grow(("ana", "ben"), [for_ana], [], ("ben",))
    assert may_grow(("ana", "skill:yeast"), [opinion("ana")], [], ())
