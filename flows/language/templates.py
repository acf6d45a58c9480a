"""Expressions inside texts and values: `{expression}` in a text, `=expression` as a whole string."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import JsonValue

_IN_TEXT = re.compile(r"\{([^{}]+)\}")


def find_in_text(template: str) -> list[str]:
    """The expressions of a text."""
    return _IN_TEXT.findall(template)


def find_in_value(value: JsonValue) -> Iterator[str]:
    """The expressions of a value: strings that begin with `=`, however deep."""
    if isinstance(value, str) and value.startswith("="):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from find_in_value(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from find_in_value(item)


def fill_text(template: str, evaluate: Callable[[str], Any]) -> str:
    """A text with each `{expression}` replaced by its value."""
    return _IN_TEXT.sub(lambda match: _format(evaluate(match[1])), template)


def fill_value(value: JsonValue, evaluate: Callable[[str], Any]) -> JsonValue:
    """A value with every string that begins with `=` replaced by what it evaluates to."""
    if isinstance(value, str) and value.startswith("="):
        result: JsonValue = evaluate(value)
        return result
    if isinstance(value, list):
        return [fill_value(item, evaluate) for item in value]
    if isinstance(value, dict):
        return {name: fill_value(item, evaluate) for name, item in value.items()}
    return value


def _format(value: Any) -> str:
    """A value in a text: numbers to six digits, lists with commas, mappings as `name value, name value`."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "unknown"}[value]
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(_format(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_format(item)}" for name, item in value.items()) or "none"
    return str(value)
