"""Tests prompts: renders a template with its test cases and reports what is missing or unwanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from pydantic import ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.versions.front_matter import PromptCase
from fluxagents.prompts.versions.template import PromptTemplate


class CaseReport(TypedDict):
    """The result of one test case."""

    case: str
    passed: bool
    where: str
    """File and line of the case; empty for a case of the caller."""
    missing: list[str]
    """Expected texts that the rendered text lacks."""
    unwanted: list[str]
    """Rejected texts that the rendered text contains."""


class PromptReport(TypedDict):
    """The results of a prompt in its test cases."""

    prompt: str
    version: str
    digest: str
    passed: int
    failed: int
    cases: list[CaseReport]


def build_report(template: PromptTemplate, cases: Sequence[PromptCase] | None = None) -> PromptReport:
    """The results of a template in its own or other cases; raises if variables of a case do not fit."""
    reports = [
        _build_case_report(template, index, case)
        for index, case in enumerate(template.cases if cases is None else cases)
    ]
    passed = sum(report["passed"] for report in reports)
    return PromptReport(
        prompt=template.name,
        version=template.version,
        digest=template.digest,
        passed=passed,
        failed=len(reports) - passed,
        cases=reports,
    )


def read_cases(template: PromptTemplate, cases: Iterable[Mapping[str, Any]]) -> list[PromptCase]:
    """The cases of a caller; raises `BAD_ARGUMENT` for a mapping that is no case."""
    try:
        return [PromptCase.model_validate(dict(case)) for case in cases]
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        message = f"not a test case of prompt '{template.name}': {field}: {first['msg']}"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message) from error


def refuse_failures(template: PromptTemplate) -> None:
    """Raise `SCHEMA` if a template fails one of its own cases."""
    report = build_report(template)
    for case in report["cases"]:
        if not case["passed"]:
            result = f"misses {case['missing']!r}" if case["missing"] else f"contains {case['unwanted']!r}"
            message = f"{case['where']}: case '{case['case']}' of prompt '{report['prompt']}' {result}"
            raise FluxError(ErrorClass.SCHEMA, message)


def _build_case_report(template: PromptTemplate, index: int, case: PromptCase) -> CaseReport:
    where = template.case_at(index) if case in template.cases else ""
    try:
        text = template.render(case.variables)
    except FluxError as error:
        message = f"{where or template.file}: case '{case.name}' is broken: {error.message}"
        raise FluxError(error.kind, message, suggestions=error.suggestions) from error
    missing = [expected for expected in case.expect if expected not in text]
    unwanted = [rejected for rejected in case.reject if rejected in text]
    return CaseReport(
        case=case.name, passed=not missing and not unwanted, where=where, missing=missing, unwanted=unwanted
    )
