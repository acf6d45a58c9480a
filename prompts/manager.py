"""All prompts, by name and version: rendered, tested and versioned in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypedDict

import yaml
from pydantic import ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.prompts.front_matter import FENCE, Case
from fluxagents.prompts.template import PromptTemplate

SUFFIX = ".md.j2"

LATEST = "latest"


class CaseReport(TypedDict):
    """How one test case went."""

    case: str
    passed: bool
    where: str
    """File and line of the case; empty for one that was given by the caller."""
    missing: list[str]
    """Expected in the rendered text and not there."""
    unwanted: list[str]
    """Not to be in the rendered text, and there."""


class PromptReport(TypedDict):
    """How a prompt did in its test cases."""

    prompt: str
    version: str
    digest: str
    passed: int
    failed: int
    cases: list[CaseReport]


class PromptManager:
    """The prompts that ship with the package, and the versions registered since.

    Args:
        folder: Where the template files lie; the package's own when absent.

    Raises:
        FluxError: If a file is no prompt, or is not called after its prompt.
    """

    def __init__(self, folder: Path | None = None) -> None:
        source = folder or files("fluxagents.prompts") / "templates"
        self._versions: dict[str, dict[str, PromptTemplate]] = {}
        for template in _templates(source):
            self._versions[template.name] = {template.version: template}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._versions)

    def versions(self, name: str) -> tuple[str, ...]:
        """The versions of a prompt, oldest first; raises `UNKNOWN_ID` with the nearest names."""
        if name not in self._versions:
            suggestions = nearest(name, self._versions) or (f"prompts: {', '.join(self._versions)}",)
            raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no prompt '{name}'", suggestions=suggestions)
        return tuple(sorted(self._versions[name], key=int))

    def template(self, name: str, version: str = LATEST) -> PromptTemplate:
        """One version of a prompt; raises `UNKNOWN_ID` if there is none."""
        known = self.versions(name)
        wanted = known[-1] if version == LATEST else version
        if wanted not in known:
            message = f"prompt '{name}' has no version '{version}'"
            raise FluxError(
                ErrorClass.UNKNOWN_ID, message, suggestions=(f"versions: {', '.join(known)}, {LATEST}",)
            )
        return self._versions[name][wanted]

    def get_prompt(self, name: str, version: str = LATEST, **kwargs: Any) -> str:
        """The rendered text of a prompt.

        Raises:
            FluxError: `UNKNOWN_ID` for the prompt or its version; as `PromptTemplate.render` otherwise.
        """
        return self.template(name, version).render(kwargs)

    def test_prompt(self, name: str, cases: Iterable[Mapping[str, Any]] | None = None) -> PromptReport:
        """Render the latest version with each case and look for what must, and must not, be there.

        Args:
            name: Of the prompt.
            cases: Mappings with `name`, `variables`, `expect` and `reject`; the prompt's own when absent.

        Raises:
            FluxError: For a case that is none or whose variables do not fit; a case that fails is reported.
        """
        template = self.template(name)
        return _report(template, template.cases if cases is None else _cases(template, cases))

    def version_prompt(self, name: str, template: str) -> str:
        """Register a new version and make it the latest.

        Args:
            name: Of the prompt; a new one needs a whole file.
            template: A whole file, or a body alone: it keeps the latest version's front matter and gets the
                next number.

        Returns:
            The version's number, or that of the version with the very same content.

        Raises:
            FluxError: If it is no prompt of this name, has a number that is taken, or fails its own case.
        """
        source = template if template.startswith(FENCE) else self._with_front_matter(name, template)
        new = PromptTemplate(source, f"{name}{SUFFIX} (new version)")
        if new.name != name:
            message = f"the new version of prompt '{name}' calls itself '{new.name}'"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message)
        known = self._versions.get(name, {})
        if new.version in known:
            if known[new.version].digest == new.digest:
                return new.version
            message = f"prompt '{name}' has a version {new.version} with other content"
            number = max(map(int, known)) + 1
            raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(f"call it version {number}",))
        _refuse_failures(_report(new, new.cases))
        self._versions[name] = {**known, new.version: new}
        return new.version

    def _with_front_matter(self, name: str, body: str) -> str:
        latest = self.template(name)
        head = yaml.safe_load(latest.source.split(f"{FENCE}\n", 2)[1])
        head["version"] = int(latest.version) + 1
        return f"{FENCE}\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}{FENCE}\n{body}"


def _templates(folder: Traversable) -> Iterable[PromptTemplate]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(SUFFIX):
            continue
        template = PromptTemplate(entry.read_text(encoding="utf-8"), entry.name)
        if entry.name != template.name + SUFFIX:
            message = f"{entry.name}:2: the prompt calls itself '{template.name}'"
            suggestion = f"call the file '{template.name}{SUFFIX}'"
            raise FluxError(ErrorClass.SCHEMA, message, suggestions=(suggestion,))
        yield template


def _cases(template: PromptTemplate, given: Iterable[Mapping[str, Any]]) -> list[Case]:
    try:
        return [Case.model_validate(dict(case)) for case in given]
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = f"not a test case of prompt '{template.name}': {place}: {first['msg']}"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message) from error


def _report(template: PromptTemplate, cases: Sequence[Case]) -> PromptReport:
    reports = [_case_report(template, index, case) for index, case in enumerate(cases)]
    passed = sum(report["passed"] for report in reports)
    return PromptReport(
        prompt=template.name,
        version=template.version,
        digest=template.digest,
        passed=passed,
        failed=len(reports) - passed,
        cases=reports,
    )


def _case_report(template: PromptTemplate, index: int, case: Case) -> CaseReport:
    where = template.case_at(index) if case in template.cases else ""
    try:
        text = template.render(case.variables)
    except FluxError as error:
        message = f"{where or template.file}: case '{case.name}' is broken: {error.message}"
        raise FluxError(error.kind, message, suggestions=error.suggestions) from error
    missing = [piece for piece in case.expect if piece not in text]
    unwanted = [piece for piece in case.reject if piece in text]
    return CaseReport(
        case=case.name, passed=not missing and not unwanted, where=where, missing=missing, unwanted=unwanted
    )


def _refuse_failures(report: PromptReport) -> None:
    for case in report["cases"]:
        if not case["passed"]:
            found = f"misses {case['missing']!r}" if case["missing"] else f"contains {case['unwanted']!r}"
            message = f"{case['where']}: case '{case['case']}' of prompt '{report['prompt']}' {found}"
            raise FluxError(ErrorClass.SCHEMA, message)
