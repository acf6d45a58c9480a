"""Reads scenarios from YAML; whatever is wrong is named with its line and the way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.language.reading import Lines, Path, document_with_lines
from fluxagents.flows.testing import expectation, scenario
from fluxagents.flows.testing.scenario import ScenarioFile

_PARTS: Mapping[str, type[BaseModel]] = {
    "scenarios": scenario.Scenario,
    "expect": expectation.Expectation,
    "runs": scenario.ChildRun,
    "each": scenario.ChildRun,
    "run": scenario.ChildRun,
    "refused": scenario.Trouble,
    "error": scenario.Trouble,
    "approve": scenario.Edit,
}
"""What stands under a key."""

_EXPECTED: Mapping[str, type[BaseModel]] = {
    "questions": expectation.ExpectedQuestion,
    "calls": expectation.ExpectedCall,
    "runs": expectation.ExpectedRun,
    "error": expectation.ExpectedError,
    "answer": expectation.ExpectedText,
}
"""What stands under a key of `expect`."""


def scenarios_from_yaml(text: str, *, where: str = "the scenarios") -> ScenarioFile:
    """Read a file of scenarios.

    Args:
        text: The YAML document.
        where: What an error calls it, the file's name for instance.

    Raises:
        FluxError: If it is no YAML or holds no scenarios; names file and line of everything that is wrong.
    """
    document, lines = document_with_lines(text, where=where, needs="`flow` and `scenarios`")
    return scenarios_from_mapping(document, where=where, lines=lines)


def scenarios_from_mapping(
    document: Mapping[str, Any], *, where: str = "the scenarios", lines: Lines | None = None
) -> ScenarioFile:
    """Read scenarios from plain data.

    Raises:
        FluxError: As `scenarios_from_yaml`; without lines where there are none.
    """
    try:
        return ScenarioFile.model_validate(document)
    except ValidationError as error:
        said = list(
            dict.fromkeys(_said(one, document, where, lines) for one in error.errors(include_url=False))
        )
        more = [f"also {message}" for message in said[1:]]
        raise FluxError(ErrorClass.BAD_FLOW, said[0], suggestions=more) from error


def _said(error: ErrorDetails, document: Mapping[str, Any], where: str, lines: Lines | None) -> str:
    path = _in_document(error, document)
    line = lines.of(path) if lines else None
    place = ".".join(str(part) for part in _named(path, document)) or "the document"
    return f"{where}{f':{line}' if line else ''}: {place}: {'; '.join(_what(error, path))}"


def _in_document(error: ErrorDetails, document: Mapping[str, Any]) -> Path:
    """A place as it stands in the document: pydantic also names what a field might have been."""
    path: list[str | int] = []
    here: Any = document
    last = len(error["loc"]) - 1
    for place, part in enumerate(error["loc"]):
        if _holds(here, part):
            here = here[part]
        elif place != last or error["type"] not in {"missing", "extra_forbidden"}:
            continue
        path.append(part)
    return tuple(path)


def _holds(here: Any, part: str | int) -> bool:
    if isinstance(here, Mapping):
        return part in here
    return isinstance(here, list) and isinstance(part, int) and part < len(here)


def _named(path: Path, document: Mapping[str, Any]) -> Iterator[str | int]:
    """The place with the scenario's name for its number."""
    if path[:1] == ("scenarios",) and len(path) > 1:
        one = document["scenarios"][path[1]]
        name = one.get("name") if isinstance(one, Mapping) else None
        yield f"scenario {name!r}" if name else f"scenario {int(path[1]) + 1}"
        yield from path[2:]
    else:
        yield from path


def _what(error: ErrorDetails, path: Path) -> Iterator[str]:
    if error["type"] == "extra_forbidden":
        known = _fields(path[:-1])
        yield f"there is no such field {str(path[-1])!r}"
        yield from nearest(str(path[-1]), known) or [f"fields: {', '.join(known)}"]
    elif error["type"] == "missing":
        yield "it is missing"
    else:
        yield error["msg"].removeprefix("Value error, ")
        if not isinstance(error.get("input"), Mapping):
            yield f"it is {error.get('input')!r:.80}"


def _fields(path: Path) -> tuple[str, ...]:
    """The fields that may stand at a place."""
    keys = [part for part in path if isinstance(part, str)]
    if not keys:
        return tuple(ScenarioFile.model_fields)
    parts = _EXPECTED if "expect" in keys[:-1] else _PARTS
    return tuple(parts.get(keys[-1], scenario.Answer).model_fields)
