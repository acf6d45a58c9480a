"""Reads scenarios from YAML; a mistake is named with its line and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fluxagents.flows.language.reading import (
    Path,
    SourceLines,
    collect_mistakes,
    document_with_lines,
    explain_mistake,
    locate,
)
from fluxagents.flows.testing import expectation, scenario
from fluxagents.flows.testing.scenario import ScenarioFile

_PARTS: Mapping[str, type[BaseModel]] = {
    "scenarios": scenario.Scenario,
    "expect": expectation.Expectation,
    "runs": scenario.StubbedRun,
    "each": scenario.StubbedRun,
    "run": scenario.StubbedRun,
    "refused": scenario.StatedError,
    "error": scenario.StatedError,
    "approve": scenario.StatedEdit,
}
"""The model of what stands under a key."""

_EXPECTED: Mapping[str, type[BaseModel]] = {
    "questions": expectation.ExpectedQuestion,
    "calls": expectation.ExpectedCall,
    "runs": expectation.ExpectedRun,
    "error": expectation.ExpectedError,
    "answer": expectation.ExpectedText,
}
"""The model of what stands under a key of `expect`."""


def parse_scenarios(text: str, *, where: str = "the scenarios") -> ScenarioFile:
    """Read a file of scenarios.

    Args:
        text: The YAML document.
        where: What an error calls it, the file's name for instance.

    Raises:
        FluxError: If it is no YAML or holds no scenarios; names file and line of everything that is wrong.
    """
    document, lines = document_with_lines(text, where=where, needs="`flow` and `scenarios`")
    return build_scenarios(document, where=where, lines=lines)


def build_scenarios(
    document: Mapping[str, Any], *, where: str = "the scenarios", lines: SourceLines | None = None
) -> ScenarioFile:
    """Read scenarios from plain data.

    Raises:
        FluxError: As `parse_scenarios`; without lines where there are none.
    """
    try:
        return ScenarioFile.model_validate(document)
    except ValidationError as error:
        # Pydantic reports one mistake once for each type that a field may have.
        problems = error.errors(include_url=False)
        raise collect_mistakes(_describe(details, document, where, lines) for details in problems) from error


def _describe(error: ErrorDetails, document: Mapping[str, Any], where: str, lines: SourceLines | None) -> str:
    path = _find_path(error, document)
    field = ".".join(map(str, _name_scenario(path, document))) or "the document"
    mistake = "; ".join(explain_mistake(error, path, _fields(path[:-1])))
    return f"{locate(where, lines, path)}: {field}: {mistake}"


def _find_path(error: ErrorDetails, document: Mapping[str, Any]) -> Path:
    """The path in the document; pydantic's also names the types that a field may have."""
    path: list[str | int] = []
    value: Any = document
    last = len(error["loc"]) - 1
    for index, part in enumerate(error["loc"]):
        if _holds(value, part):
            value = value[part]
        elif index != last or error["type"] not in {"missing", "extra_forbidden"}:
            continue
        path.append(part)
    return tuple(path)


def _holds(value: Any, part: str | int) -> bool:
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def _name_scenario(path: Path, document: Mapping[str, Any]) -> Path:
    """The path with the scenario's name for its number."""
    if path[:1] != ("scenarios",) or len(path) == 1:
        return path
    value = document["scenarios"][path[1]]
    name = value.get("name") if isinstance(value, Mapping) else None
    return (f"scenario {name!r}" if name else f"scenario {int(path[1]) + 1}", *path[2:])


def _fields(path: Path) -> tuple[str, ...]:
    """The fields that may stand under a path."""
    keys = [part for part in path if isinstance(part, str)]
    if not keys:
        return tuple(ScenarioFile.model_fields)
    models = _EXPECTED if "expect" in keys[:-1] else _PARTS
    return tuple(models.get(keys[-1], scenario.StatedAnswer).model_fields)
