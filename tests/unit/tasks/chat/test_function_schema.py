"""Functions as a chat model is shown them: fewer tokens, and nothing that it needs is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.decisions import ANSWER_TOOLS

from fluxagents.prompts.context.tokens import token_counter
from fluxagents.prompts.sections import compact
from fluxagents.tasks.chat.answer import describe_functions
from fluxagents.tasks.chat.function_schema import compact_functions
from fluxagents.tasks.registry import TOOLS

MEANING = ("enum", "minimum", "maximum", "exclusiveMinimum", "minItems", "maxItems", "pattern", "maxLength")
"""What bounds a value; a chat model that never sees it would guess."""


def alone(name: str) -> dict[str, Any]:
    (function,) = compact_functions([TOOLS.entries[name].schema])
    parameters: dict[str, Any] = function["parameters"]
    return parameters


def meanings(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        # Their own bounds are for the check of the names of media.
        inner = {key: value for key, value in node.items() if key != "propertyNames"}
        yield from (f"{key}={inner[key]}" for key in MEANING if key in inner)
        for value in inner.values():
            yield from meanings(value)
    elif isinstance(node, list):
        for value in node:
            yield from meanings(value)


@pytest.mark.parametrize("name", TOOLS)
def test_names_requirements_ranges_and_choices_stay(name: str) -> None:
    whole, short = TOOLS.entries[name].schema["parameters"], alone(name)
    assert isinstance(whole, dict)
    assert isinstance(whole["properties"], dict)
    assert list(short["properties"]) == list(whole["properties"])
    assert short.get("required", []) == whole.get("required", [])
    assert set(meanings(short)) >= set(meanings(whole))


@pytest.mark.parametrize("name", TOOLS)
def test_defaults_that_are_something_and_descriptions_stay(name: str) -> None:
    whole, short = TOOLS.entries[name].schema["parameters"], alone(name)["properties"]
    assert isinstance(whole, dict)
    assert isinstance(whole["properties"], dict)
    for argument, found in whole["properties"].items():
        assert isinstance(found, dict)
        default = found.get("default")
        assert short[argument].get("default") == (None if default in ([], {}, "") else default)
        assert short[argument].get("description") == found.get("description")


@pytest.mark.parametrize("name", TOOLS)
def test_nothing_refers_elsewhere_and_nothing_allows_null(name: str) -> None:
    text = json.dumps(alone(name))
    assert not [word for word in ("$ref", "$defs", '"null"', '"title"') if word in text]


def test_what_was_described_before_is_not_described_again() -> None:
    functions = describe_functions(TOOLS, ANSWER_TOOLS)
    seen: list[tuple[str, object]] = []
    for function in (entry["function"] for entry in functions):
        if function["name"] not in TOOLS:
            continue
        whole = alone(function["name"])["properties"]
        for name, found in function["parameters"]["properties"].items():
            if "properties" in found:
                # The same arguments once more, under other conditions.
                assert found["properties"]["medium"] == {"type": "object"}
                continue
            assert found == whole[name] or (name, whole[name]) in seen, (function["name"], name)
            seen.append((name, whole[name]))
    first = functions[0]["function"]["parameters"]["properties"]["medium_changes"]
    assert first["additionalProperties"] == {"maximum": 1_000_000, "minimum": 0, "type": "number"}
    assert "mmol/gDW/h" in first["description"]


def test_an_argument_of_the_same_name_and_another_meaning_is_described_again() -> None:
    functions = [
        {"name": name, "description": "", "parameters": {"properties": {"a": {"description": text}}}}
        for name, text in (("one", "a description, " * 3), ("two", "another one, " * 3))
    ]
    described = [one["parameters"]["properties"]["a"]["description"] for one in compact_functions(functions)]
    assert len(set(described)) == len(functions)


def test_a_third_of_the_tokens_goes() -> None:
    count = token_counter().count
    whole = sum(count(compact(TOOLS.entries[name].schema)) for name in ANSWER_TOOLS)
    assert count(compact([*describe_functions(TOOLS, ANSWER_TOOLS)])) < 0.75 * whole


def test_of_an_argument_that_was_described_the_type_the_choices_and_the_default_stay() -> None:
    functions = {
        entry["function"]["name"]: entry["function"] for entry in describe_functions(TOOLS, ANSWER_TOOLS)
    }
    later = functions["run_metabolic_fba"]["parameters"]["properties"]["medium_changes"]
    assert later == {"type": "object"}
    solver = functions["identify_auxotrophies"]["parameters"]["properties"]["integer_solver"]
    assert solver == {"type": "string", "enum": ["glpk", "highs"], "default": "glpk"}
