"""An answer is the value that was asked for, or the error says what is expected."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.engine.kinds.ask import build_form
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.answer_form import AnswerForm
from fluxagents.flows.language.nodes import AskNode
from fluxagents.flows.language.reading import flow_from_mapping, flow_from_yaml
from fluxagents.flows.language.validation import find_problems

UPTAKE = AnswerForm(kind="number", unit="mmol/gDW/h", minimum=0, maximum=20)
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (AnswerForm(), " use acetate ", "use acetate"),
        (AnswerForm(kind="yes_no"), "Yes", True),
        (AnswerForm(kind="yes_no"), "n", False),
        (AnswerForm(kind="choice", choices=("M9", "LB")), "lb", "LB"),
        (AnswerForm(kind="integer", choices=("1", "2")), "2", 2),
        (UPTAKE, "10", 10.0),
        (UPTAKE, "1e1 mmol/gDW/h", 10.0),
        (UPTAKE, "20", 20.0),
        (AnswerForm(kind="integer"), "3", 3),
        (AnswerForm(kind="object"), '{"a": 1}', {"a": 1}),
        (AnswerForm(kind="array"), "[1, 2]", [1, 2]),
        (AnswerForm(kind="file"), DIGEST, DIGEST),
    ],
)
def test_what_fits_becomes_a_value(form: AnswerForm, text: str, value: object) -> None:
    assert form.read(text) == value


@pytest.mark.parametrize(
    ("form", "text", "why", "expected"),
    [
        (AnswerForm(kind="yes_no"), "maybe", "is not yes or no", "yes or no"),
        (AnswerForm(kind="choice", choices=("M9", "LB")), "M8", "is none of the choices", "one of: M9, LB"),
        (UPTAKE, "much", "is not a number", "a number in mmol/gDW/h from 0 to 20"),
        (UPTAKE, "-1", "is out of range", "a number in mmol/gDW/h from 0 to 20"),
        (UPTAKE, "21", "is out of range", "a number in mmol/gDW/h from 0 to 20"),
        (UPTAKE, "nan", "is not a number", "a number in mmol/gDW/h from 0 to 20"),
        (UPTAKE, "5 g/L", "has the unit 'g/L', and mmol/gDW/h is asked for", "a number"),
        (
            AnswerForm(kind="integer", minimum=1),
            "2.5",
            "is not a whole number",
            "a whole number of at least 1",
        ),
        (AnswerForm(kind="number"), "1e999", "is too large", "a number"),
        (AnswerForm(kind="number", maximum=1), "2", "is out of range", "a number of at most 1"),
        (AnswerForm(kind="object"), "[1]", "is not an object", "an object"),
        (AnswerForm(kind="file", endings=(".tsv",)), "growth.tsv", "is not a file", "a file (.tsv)"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_is_expected(
    form: AnswerForm, text: str, why: str, expected: str
) -> None:
    with pytest.raises(FluxError) as raised:
        form.read(text)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert raised.value.message == f"the answer {text!r} {why}" or why in raised.value.message
    assert expected in raised.value.suggestions[0]


def flow(fact: dict[str, Any], **fields: Any) -> Any:
    return {
        "flow": "asking",
        "version": 1,
        "purpose": "p",
        "facts": {"value": fact},
        "start": "ask",
        "nodes": {
            "ask": {"kind": "ask", "question": "?", "fact": "value", "next": "end", **fields},
            "end": {"kind": "end"},
        },
    }


def test_the_form_is_that_of_the_fact_and_the_node() -> None:
    text = """
    flow: asking
    version: 1
    purpose: Asks.
    facts: {uptake: {type: number, unit: mmol/gDW/h}}
    start: ask
    nodes:
      ask: {kind: ask, question: "How much?", fact: uptake, minimum: 0, maximum: 20, next: end}
      end: {kind: end}
    """
    asking = flow_from_yaml(text)
    node = asking.nodes["ask"]
    assert isinstance(node, AskNode)
    assert build_form(asking, node) == UPTAKE


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (flow({"type": "string"}, minimum=0), "takes a number with a range, and fact 'value' is a string"),
        (flow({"type": "number"}, file=True), "takes a file, whose digest is a string"),
        (flow({"type": "string"}, file=[".tsv"], choices=["a"]), "keep one"),
        (flow({"type": "number"}, minimum=2, maximum=1), "minimum 2 is above maximum 1"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_the_flow(
    document: dict[str, Any], problem: str
) -> None:
    try:
        problems = [str(each) for each in find_problems(flow_from_mapping(document), {})]
    except FluxError as error:
        problems = [str(error), *error.suggestions]
    assert any(problem in each for each in problems), problems
