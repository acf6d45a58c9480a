"""All prompts, by name and version: rendered, tested and versioned in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypedDict

import yaml
from pydantic import ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.prompts.versions.front_matter import FENCE, Case
from fluxagents.prompts.versions.parts import SUFFIX, parts_in, shipped, written
from fluxagents.prompts.versions.record import (
    LABELS,
    PRODUCTION,
    Arm,
    Entry,
    ExperimentBegan,
    ExperimentEnded,
    Label,
    Promoted,
    Registered,
    RolledBack,
    Standing,
    arm_of,
    standing,
)
from fluxagents.prompts.versions.store import MemoryPromptStore, PromptStore
from fluxagents.prompts.versions.template import PromptTemplate

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

    A new version is seen by every process that shares the store, at once. Runs get it when it is promoted
    to production or takes part in an experiment.

    Args:
        folder: Where the template files lie; the package's own when absent.
        store: Where versions lie that were registered at run time; in this process when absent.

    Raises:
        FluxError: If a file is no prompt, or is not called after its prompt.
    """

    def __init__(self, folder: Path | None = None, store: PromptStore | None = None) -> None:
        source = folder or shipped()
        self._store = store or MemoryPromptStore()
        self._parts = parts_in(source)
        self._shipped = {template.name: template for template in self._templates(source)}
        self._parsed = {template.digest: template for template in self._shipped.values()}
        self._kept: set[str] = set()

    def read(self, source: str, file: str) -> PromptTemplate:
        """A prompt from the text of a file, its parts written in; raises as `PromptTemplate`."""
        whole = written(source, file, self._parts)
        return PromptTemplate(whole.text, file, whole.places)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self._shipped, *self._store.names()}))

    def versions(self, name: str) -> tuple[str, ...]:
        """The versions of a prompt, oldest first; raises `UNKNOWN_ID` with the nearest names."""
        return tuple(sorted(self._known(name, self.standing(name)), key=int))

    def standing(self, name: str) -> Standing:
        """The versions registered at run time, the labels and the experiment of a prompt."""
        return standing(self._store.log(name))

    def log(self, name: str) -> tuple[Entry, ...]:
        """All that was done with a prompt at run time, the oldest first; raises `UNKNOWN_ID`."""
        log = self._store.log(name)
        self._known(name, standing(log))
        return log

    def default(self, name: str) -> PromptTemplate:
        """What runs get outside of experiments: production, else what ships, else the latest."""
        return self._default(name, self.standing(name))

    def template(self, name: str, version: str = LATEST) -> PromptTemplate:
        """One version of a prompt, by number, `latest` or label; raises `UNKNOWN_ID` if there is none."""
        now = self.standing(name)
        known = self._known(name, now)
        held: dict[str, str] = {label: holder.digest for label in LABELS if (holder := now.holder(label))}
        digest = {LATEST: known[max(known, key=int)], **known, **held}.get(version)
        if digest is None:
            choices = ", ".join([*sorted(known, key=int), LATEST, *held])
            message = f"prompt '{name}' has no version '{version}'"
            raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=(f"versions: {choices}",))
        return self.with_digest(name, digest)

    def with_digest(self, name: str, digest: str) -> PromptTemplate:
        """The version with this very content; raises `UNKNOWN_ID` if it is not kept."""
        if digest not in self._parsed:
            source = self._store.source(digest)
            if source is None:
                message = f"no version of prompt '{name}' with the sha256 {digest} is kept"
                raise FluxError(ErrorClass.UNKNOWN_ID, message)
            template = PromptTemplate(source, f"{name}{SUFFIX} ({digest[:12]})")
            if template.digest != digest:
                message = f"the text that is kept under {digest} has the sha256 {template.digest}"
                raise FluxError(ErrorClass.SCHEMA, message)
            self._parsed[digest] = template
        return self._parsed[digest]

    def keep(self, source: str) -> str:
        """Keep the text of a version, so that `with_digest` finds it; its sha256. No run gets it by that."""
        return self._store.keep(source)

    def chosen(self, name: str, run_id: str, used: Mapping[str, str]) -> PromptTemplate:
        """The version that a run gets, and keeps to its end.

        Args:
            name: Of the prompt.
            run_id: Of the run; an experiment assigns it to a variant.
            used: What the run has used before, prompt -> sha256.

        Raises:
            FluxError: `UNKNOWN_ID` for the prompt, or for a version that is no longer kept.
        """
        if name in used:
            return self.with_digest(name, used[name])
        now = self.standing(name)
        template = (
            self.with_digest(name, arm_of(name, run_id, now.arms).digest)
            if now.arms
            else self._default(name, now)
        )
        if template.digest not in self._kept:
            # A later release ships another text; this run, and whoever looks at it, must find this one.
            self._kept.add(self._store.keep(template.source))
        return template

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
        return self.report(template) if cases is None else _report(template, _cases(template, cases))

    @staticmethod
    def report(template: PromptTemplate) -> PromptReport:
        """How a prompt does in its own cases; raises for a case whose variables do not fit."""
        return _report(template, template.cases)

    def version_prompt(
        self, name: str, template: str, *, file: str = "", by: str = "", at_ms: int = 0
    ) -> str:
        """Register a new version and make it the latest.

        Args:
            name: Of the prompt; a new one needs a whole file.
            template: A whole file, or a body alone: it keeps the latest version's front matter and gets the
                next number.
            file: What errors call the template.
            by: Who registers it.
            at_ms: Now (Unix time in ms).

        Returns:
            The version's number, or that of the version with the very same content.

        Raises:
            FluxError: If it is no prompt of this name, has a number that is taken, or fails its own case.
        """
        while True:
            log = self._store.log(name)
            source = template if template.startswith(FENCE) else self._with_front_matter(name, template)
            new = self.read(source, file or f"{name}{SUFFIX} (new version)")
            if new.name != name:
                message = f"the new version of prompt '{name}' calls itself '{new.name}'"
                raise FluxError(ErrorClass.BAD_ARGUMENT, message)
            known = self._versions(name, standing(log))
            if new.version in known:
                if known[new.version] == new.digest:
                    return new.version
                message = f"prompt '{name}' has a version {new.version} with other content"
                number = max(map(int, known)) + 1
                raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(f"call it version {number}",))
            _refuse_failures(_report(new, new.cases))
            self._store.keep(new.source)
            entry = Registered(version=new.version, digest=new.digest, by=by, at_ms=at_ms)
            if self._store.append(name, entry, after=len(log)):
                return new.version

    def promote(
        self, name: str, version: str, label: Label = PRODUCTION, *, by: str = "", at_ms: int = 0
    ) -> Standing:
        """Give a label to a version; the version must pass its own cases. Raises as `template`.

        Production is what runs get that begin with the prompt, and ends an experiment.
        """
        log = self._store.log(name)
        now = standing(log)
        template = self.template(name, version)
        holder = now.holder(label)
        if holder and holder.digest == template.digest and not (label == PRODUCTION and now.arms):
            return now
        _refuse_failures(_report(template, template.cases))
        # The text must be found when a release ships another one.
        self._store.keep(template.source)
        return self._append(
            name,
            log,
            Promoted(label=label, version=template.version, digest=template.digest, by=by, at_ms=at_ms),
        )

    def rollback(self, name: str, label: Label = PRODUCTION, *, by: str = "", at_ms: int = 0) -> Standing:
        """Give a label back to the version that had it before, or to none.

        Raises:
            FluxError: `BAD_ARGUMENT` if no version has the label.
        """
        log = self.log(name)
        if standing(log).holder(label) is None:
            message = f"no version of prompt '{name}' is in {label}"
            suggestion = f"fluxagents prompts promote {name} VERSION --label {label}"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(suggestion,))
        return self._append(name, log, RolledBack(label=label, by=by, at_ms=at_ms))

    def experiment(self, name: str, weights: Mapping[str, int], *, by: str = "", at_ms: int = 0) -> Standing:
        """Share new runs out among versions, in proportion to their weights, by hash of the run.

        Raises:
            FluxError: As `promote`; `BAD_ARGUMENT` unless two versions or more have a weight above 0.
        """
        log = self._store.log(name)
        templates = [self.template(name, version) for version in weights]
        if len({template.digest for template in templates}) <= 1 or min(weights.values()) < 1:
            message = f"an experiment has two versions or more, each with a weight above 0, not {weights}"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message)
        for template in templates:
            _refuse_failures(_report(template, template.cases))
            self._store.keep(template.source)
        arms = tuple(
            Arm(version=template.version, digest=template.digest, weight=weight)
            for template, weight in zip(templates, weights.values(), strict=True)
        )
        return self._append(name, log, ExperimentBegan(arms=arms, by=by, at_ms=at_ms))

    def end_experiment(self, name: str, *, by: str = "", at_ms: int = 0) -> Standing:
        """New runs get one version again; raises `BAD_ARGUMENT` if there is no experiment."""
        log = self.log(name)
        if not standing(log).arms:
            message = f"no experiment with prompt '{name}' is under way"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message)
        return self._append(name, log, ExperimentEnded(by=by, at_ms=at_ms))

    def _templates(self, folder: Traversable) -> Iterable[PromptTemplate]:
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if not entry.name.endswith(SUFFIX):
                continue
            template = self.read(entry.read_text(encoding="utf-8"), entry.name)
            if entry.name != template.name + SUFFIX:
                message = f"{entry.name}:2: the prompt calls itself '{template.name}'"
                suggestion = f"call the file '{template.name}{SUFFIX}'"
                raise FluxError(ErrorClass.SCHEMA, message, suggestions=(suggestion,))
            yield template

    def _default(self, name: str, now: Standing) -> PromptTemplate:
        holder = now.holder(PRODUCTION)
        if holder:
            return self.with_digest(name, holder.digest)
        if name in self._shipped:
            return self._shipped[name]
        known = self._known(name, now)
        return self.with_digest(name, known[max(known, key=int)])

    def _append(self, name: str, log: tuple[Entry, ...], entry: Entry) -> Standing:
        if not self._store.append(name, entry, after=len(log)):
            message = f"prompt '{name}' was changed by somebody else at the same time"
            suggestion = f"look at `fluxagents prompts show {name}` and repeat"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(suggestion,))
        return standing((*log, entry))

    def _versions(self, name: str, now: Standing) -> dict[str, str]:
        """Version -> sha256; what was registered keeps its number when a release ships the same one."""
        shipped = self._shipped.get(name)
        return {**({shipped.version: shipped.digest} if shipped else {}), **now.registered}

    def _known(self, name: str, now: Standing) -> dict[str, str]:
        """As `_versions`; raises `UNKNOWN_ID` if there is none."""
        known = self._versions(name, now)
        if not known:
            names = self.names
            suggestions = nearest(name, names) or (f"prompts: {', '.join(names)}",)
            raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no prompt '{name}'", suggestions=suggestions)
        return known

    def _with_front_matter(self, name: str, body: str) -> str:
        latest = self.template(name)
        head = yaml.safe_load(latest.source.split(f"{FENCE}\n", 2)[1])
        head["version"] = int(latest.version) + 1
        return f"{FENCE}\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}{FENCE}\n{body}"


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
