"""Words become edits by rules; a phrase that is not understood is named."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.support.places import DOCS

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.media.medium_edit import Nutrients
from fluxagents.tasks.fba.media.medium_words import EXAMPLES, edits_in

Said = list[tuple[str, tuple[str, ...], float | None]]


@pytest.fixture(scope="module")
def known(textbook: Any) -> tuple[str, ...]:
    return Nutrients(textbook).words()


UNDERSTOOD: list[tuple[str, Said]] = [
    ("remove oxygen", [("remove", ("oxygen",), None)]),
    ("anaerobic", [("remove", ("oxygen",), None)]),
    ("make it anaerobic", [("remove", ("oxygen",), None)]),
    ("Switch to anaerobic conditions", [("remove", ("oxygen",), None)]),
    ("aerobic", [("add", ("oxygen",), None)]),
    ("no oxygen", [("remove", ("oxygen",), None)]),
    ("Remove the oxygen from the medium.", [("remove", ("oxygen",), None)]),
    ("add all amino acids at 1", [("add", ("amino acids",), 1)]),
    ("add vitamins and amino acids", [("add", ("vitamins", "amino acids"), None)]),
    (
        "add vitamins, amino acids and nucleobases at 0.5",
        [("add", ("vitamins", "amino acids", "nucleobases"), 0.5)],
    ),
    ("remove amino acids", [("remove", ("amino acids",), None)]),
    ("increase glucose uptake to 18.5", [("raise", ("glucose",), 18.5)]),
    ("limit oxygen to 5", [("lower", ("oxygen",), 5)]),
    ("limit oxygen to 5 mmol/gDW/h", [("lower", ("oxygen",), 5)]),
    ("set glucose to 10 and oxygen to 20", [("set", ("glucose",), 10), ("set", ("oxygen",), 20)]),
    ("add 5 mmol/gDW/h of acetate", [("add", ("acetate",), 5)]),
    ("add glucose at 5 and acetate at 10", [("add", ("glucose",), 5), ("add", ("acetate",), 10)]),
    ("remove" + " " * 900 + "oxygen", [("remove", ("oxygen",), None)]),
    ("remove oxygen\nadd acetate", [("remove", ("oxygen",), None), ("add", ("acetate",), None)]),
    ("decrease glucose by 2", [("shift", ("glucose",), -2)]),
    ("increase glucose by 3", [("shift", ("glucose",), 3)]),
    ("remove glucose, then add EX_fru_e at 7", [("remove", ("glucose",), None), ("add", ("EX_fru_e",), 7)]),
    ("add cpd00029 at 3", [("add", ("cpd00029",), 3)]),
    ("replace glucose by acetate at 20", [("replace", ("glucose",), 20)]),
    ("substitute acetate for glucose", [("replace", ("glucose",), None)]),
    ("switch from glucose to fructose", [("replace", ("glucose",), None)]),
    ("use acetate as the sole carbon source at 20", [("replace", ("carbon sources",), 20)]),
    ("acetate at 20 as only carbon source", [("replace", ("carbon sources",), 20)]),
]


@pytest.mark.parametrize(("text", "said"), UNDERSTOOD, ids=[text for text, _ in UNDERSTOOD])
def test_words_are_understood(text: str, said: Said, known: tuple[str, ...]) -> None:
    found = edits_in(text, known)
    assert [(edit.action, edit.nutrients, edit.uptake_mmol_per_gdw_h) for edit in found] == said


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("double glucose", 2),
        ("halve the glucose uptake", 0.5),
        ("multiply glucose by 2.5", 2.5),
        ("increase glucose by 50%", 1.5),
        ("increase glucose by 50 percent", 1.5),
        ("increase glucose 3-fold", 3),
        ("increase glucose by a factor of 3", 3),
        ("reduce glucose by 25 %", 0.75),
        ("reduce glucose by a factor of 4", 0.25),
    ],
)
def test_relative_amounts_become_factors(text: str, factor: float, known: tuple[str, ...]) -> None:
    (edit,) = edits_in(text, known)
    assert edit.action == "scale"
    assert edit.nutrients == ("glucose",)
    assert edit.factor == pytest.approx(factor)


def test_what_replaces_is_told_apart_from_what_is_replaced(known: tuple[str, ...]) -> None:
    for text in ("replace glucose by acetate", "substitute acetate for glucose", "swap glucose for acetate"):
        (edit,) = edits_in(text, known)
        assert (edit.nutrients, edit.by) == (("glucose",), ("acetate",))


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("add caffeine", "add caffeine"),
        ("remove oxygen and make it nice", "make it nice"),
        ("increase glucose", "increase glucose"),
        ("add amino acids except tryptophan", "add amino acids except tryptophan"),
        ("remove oxygen at 5", "remove oxygen at 5"),
        ("glucose", "glucose"),
        ("add glucose at high levels", "add glucose at high levels"),
        ("use acetate as the sole nitrogen source", "use acetate as the sole nitrogen source"),
    ],
)
def test_a_phrase_that_is_not_understood_is_named(text: str, phrase: str, known: tuple[str, ...]) -> None:
    with pytest.raises(FluxError) as raised:
        edits_in(text, known)
    assert raised.value.kind is ErrorClass.MEDIUM
    assert f"'{phrase}'" in raised.value.message
    assert raised.value.suggestions


def test_an_unknown_compound_suggests_the_nearest(known: tuple[str, ...]) -> None:
    with pytest.raises(FluxError, match="nearest: glucose"):
        edits_in("add glucos", known)


def test_an_increase_without_an_amount_says_so(known: tuple[str, ...]) -> None:
    with pytest.raises(FluxError, match="'increase glucose uptake' says no amount"):
        edits_in("increase glucose uptake", known)


def test_words_that_order_nothing_are_an_error(known: tuple[str, ...]) -> None:
    with pytest.raises(FluxError, match="orders no edit"):
        edits_in(" . ", known)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_the_error_are_understood(text: str, known: tuple[str, ...]) -> None:
    assert edits_in(text, known)


def test_the_phrases_of_the_guide_are_understood(known: tuple[str, ...]) -> None:
    guide = (DOCS / "media.md").read_text("utf-8")
    rows = guide.split("| say | it does |")[1].split("\n\n")[0].splitlines()[2:]
    phrases = [phrase for row in rows for phrase in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(phrases) > 10
    for phrase in phrases:
        assert edits_in(phrase, known)
