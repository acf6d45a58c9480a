"""Arguments are lines in a form: what is written there reads as it was, and what does not fit is named."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from fluxagents.flows.errors import FluxError
from fluxagents.scheduler.pages.argument_text import read_arguments, write_argument
from fluxagents.scheduler.runs.argument_form import ArgumentField, FieldType


def field(type_: FieldType, value: JsonValue = None, choices: tuple[JsonValue, ...] = ()) -> ArgumentField:
    return ArgumentField(name="argument", type=type_, value=value, choices=choices, json_schema={})


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("object", {"EX_glc__D_e": 18.5, "EX_o2_e": 0}, "EX_glc__D_e: 18.5\nEX_o2_e: 0"),
        ("object", {"PFK": [-10, None]}, "PFK: [-10, null]"),
        ("object", {"PFK": {"lower": 1}}, 'PFK: {"lower": 1}'),
        ("object", {}, "{}"),
        ("list", ["b0720", "b1241"], "b0720\nb1241"),
        ("list", [1, 2], "[1, 2]"),
        ("text", "two\nlines", "two\nlines"),
        ("number", 0.5, "0.5"),
        ("yes_no", True, "true"),
    ],
)
def test_what_is_written_reads_as_it_was(type_: FieldType, value: JsonValue, text: str) -> None:
    assert write_argument(field(type_, value)) == text
    assert read_arguments((field(type_, value),), {"argument": text}) == {}
    assert read_arguments((field(type_),), {"argument": text}) == {"argument": value}


def test_lines_and_json_say_the_same() -> None:
    asked = field("object", {"EX_glc__D_e": 10})
    for text in ("EX_glc__D_e: 12\n\nEX_o2_e : 0", '{"EX_glc__D_e": 12, "EX_o2_e": 0}'):
        assert read_arguments((asked,), {"argument": text}) == {"argument": {"EX_glc__D_e": 12, "EX_o2_e": 0}}
    assert read_arguments((asked,), {"argument": ""}) == {"argument": None}


@pytest.mark.parametrize(
    ("text", "named"),
    [("EX_glc__D_e 12", "expected a name, a colon and a value"), ('{"EX_glc__D_e": ', "no JSON")],
)
def test_a_line_that_does_not_fit_is_named(text: str, named: str) -> None:
    with pytest.raises(FluxError, match=named) as caught:
        read_arguments((field("object"),), {"argument": text})
    assert "EX_glc__D_e" in caught.value.message


@pytest.mark.parametrize("default", [None, {}, "gene"])
def test_what_is_left_empty_has_its_default(default: JsonValue) -> None:
    optional = field("text", "b0720").model_copy(update={"default": default})
    assert read_arguments((optional,), {"argument": ""}) == {"argument": default}


def test_what_is_required_and_left_empty_is_empty() -> None:
    required = field("text", "b0720").model_copy(update={"required": True})
    assert read_arguments((required,), {"argument": ""}) == {"argument": ""}
