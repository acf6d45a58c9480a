"""All versions of all prompts: those that ship with the package and those registered at run time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.prompts.file_identity import once_per_content
from fluxagents.prompts.versions.front_matter import FENCE
from fluxagents.prompts.versions.parts import (
    PARTS,
    SUFFIX,
    find_templates,
    insert_parts,
    list_parts,
    list_templates,
    read_parts,
)
from fluxagents.prompts.versions.prompt_names import list_prompt_names
from fluxagents.prompts.versions.record import (
    LABELS,
    PRODUCTION,
    Entry,
    PromptState,
    Registered,
    assign_arm,
    fold_log,
)
from fluxagents.prompts.versions.reports import refuse_failures
from fluxagents.prompts.versions.store import PromptStore
from fluxagents.prompts.versions.template import PromptTemplate

LATEST = "latest"


@lru_cache(maxsize=128)
def _parse_once(source: str, file: str, places: tuple[str, ...]) -> PromptTemplate:
    """Managers come and go with clients and tasks; a text is parsed and compiled once in a process."""
    return PromptTemplate(source, file, places)


@dataclass(frozen=True, slots=True)
class PromptFolder:
    """The prompts of a folder and the parts that they share, by name."""

    parts: Mapping[str, str]
    templates: Mapping[str, PromptTemplate]


def _read_folder(folder: Path) -> PromptFolder:
    return _read_files(*list_parts(folder), *list_templates(folder))


@once_per_content
def _read_files(*files: Path) -> PromptFolder:
    parts = read_parts(file for file in files if file.parent.name == PARTS)
    templates = (_read_template(file, parts) for file in files if file.parent.name != PARTS)
    return PromptFolder(parts, {template.name: template for template in templates})


def _read_template(file: Path, parts: Mapping[str, str]) -> PromptTemplate:
    template = _parse(file.read_text(encoding="utf-8"), file.name, parts)
    if file.name != template.name + SUFFIX:
        message = f"{file.name}:2: the prompt calls itself '{template.name}'"
        suggestion = f"call the file '{template.name}{SUFFIX}'"
        raise FluxError(ErrorClass.SCHEMA, message, suggestions=(suggestion,))
    return template


def _parse(source: str, file: str, parts: Mapping[str, str]) -> PromptTemplate:
    whole = insert_parts(source, file, parts)
    return _parse_once(whole.text, file, whole.places)


class PromptVersions:
    """Finds versions by number, label, content or run, and registers new ones.

    Args:
        store: Where versions lie that were registered at run time.
        folder: Where the template files lie; the package's own when absent.

    Raises:
        FluxError: If a file is no prompt, or is not called after its prompt.
    """

    def __init__(self, store: PromptStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder or find_templates()
        shipped = _read_folder(self._folder)
        self._parts = shipped.parts
        self._shipped = shipped.templates
        self._parsed = {template.digest: template for template in self._shipped.values()}
        self._kept: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """All prompts, sorted."""
        return list_prompt_names(self._store, self._folder)

    def parse(self, source: str, file: str) -> PromptTemplate:
        """A prompt from the text of a file, with its parts inserted; raises as `PromptTemplate`."""
        return _parse(source, file, self._parts)

    def list_numbers(self, name: str) -> tuple[str, ...]:
        """The versions of a prompt, oldest first; raises `UNKNOWN_ID` with the nearest names."""
        return tuple(sorted(self._require_digests(name, self.load_state(name)), key=int))

    def load_state(self, name: str) -> PromptState:
        """The versions registered at run time, the labels and the experiment of a prompt."""
        return fold_log(self._store.log(name))

    def read_log(self, name: str) -> tuple[Entry, ...]:
        """All changes of a prompt at run time, the oldest first; raises `UNKNOWN_ID`."""
        log = self._store.log(name)
        self._require_digests(name, fold_log(log))
        return log

    def find(self, name: str, version: str = LATEST) -> PromptTemplate:
        """One version of a prompt, by number, `latest` or label; raises `UNKNOWN_ID` if there is none."""
        state = self.load_state(name)
        digests = self._require_digests(name, state)
        labels: dict[str, str] = {label: holder.digest for label in LABELS if (holder := state.holder(label))}
        digest = {LATEST: digests[max(digests, key=int)], **digests, **labels}.get(version)
        if digest is None:
            choices = ", ".join([*sorted(digests, key=int), LATEST, *labels])
            message = f"prompt '{name}' has no version '{version}'"
            raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=(f"versions: {choices}",))
        return self.find_by_digest(name, digest)

    def find_by_digest(self, name: str, digest: str) -> PromptTemplate:
        """The version with this very content; raises `UNKNOWN_ID` if it is not kept."""
        if digest not in self._parsed:
            source = self._store.source(digest)
            if source is None:
                message = f"no version of prompt '{name}' with the sha256 {digest} is kept"
                raise FluxError(ErrorClass.UNKNOWN_ID, message)
            template = _parse_once(source, f"{name}{SUFFIX} ({digest[:12]})", ())
            if template.digest != digest:
                message = f"the text that is kept under {digest} has the sha256 {template.digest}"
                raise FluxError(ErrorClass.SCHEMA, message)
            self._parsed[digest] = template
        return self._parsed[digest]

    def select_default(self, name: str) -> PromptTemplate:
        """The version of runs outside of experiments: production, else the shipped one, else the latest."""
        state = self.load_state(name)
        holder = state.holder(PRODUCTION)
        if holder:
            return self.find_by_digest(name, holder.digest)
        return self._shipped.get(name) or self.find(name)

    def select_for_run(self, name: str, run_id: str, used: Mapping[str, str]) -> PromptTemplate:
        """The version that a run gets, and keeps to its end.

        Args:
            name: Of the prompt.
            run_id: Of the run; an experiment assigns it to a variant.
            used: What the run has used before, prompt -> sha256.

        Raises:
            FluxError: `UNKNOWN_ID` for the prompt, or for a version that is no longer kept.
        """
        if name in used:
            return self.find_by_digest(name, used[name])
        arms = self.load_state(name).arms
        template = (
            self.find_by_digest(name, assign_arm(name, run_id, arms).digest)
            if arms
            else self.select_default(name)
        )
        if template.digest not in self._kept:
            # A later release may ship another text, and this run must still find this one.
            self._kept.add(template.digest)
            self.keep(template.source)
        return template

    def keep(self, source: str) -> str:
        """Keep the text of a version for `find_by_digest`, without giving it to runs; its sha256."""
        return self._store.keep(source)

    def register(self, name: str, template: str, *, file: str = "", by: str = "", at_ms: int = 0) -> str:
        """Add a version; arguments and errors as `PromptManager.version_prompt`."""
        while True:
            log = self._store.log(name)
            source = template if template.startswith(FENCE) else self._add_front_matter(name, template)
            new = self.parse(source, file or f"{name}{SUFFIX} (new version)")
            if new.name != name:
                message = f"the new version of prompt '{name}' calls itself '{new.name}'"
                raise FluxError(ErrorClass.BAD_ARGUMENT, message)
            digests = self._list_digests(name, fold_log(log))
            if new.version in digests:
                if digests[new.version] == new.digest:
                    return new.version
                message = f"prompt '{name}' has a version {new.version} with other content"
                number = max(map(int, digests)) + 1
                raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(f"call it version {number}",))
            refuse_failures(new)
            self.keep(new.source)
            entry = Registered(version=new.version, digest=new.digest, by=by, at_ms=at_ms)
            if self._store.append(name, entry, after=len(log)):
                return new.version

    def _list_digests(self, name: str, state: PromptState) -> dict[str, str]:
        """Version -> sha256; a registered version keeps its number when a release ships the same number."""
        shipped = self._shipped.get(name)
        return {**({shipped.version: shipped.digest} if shipped else {}), **state.registered}

    def _require_digests(self, name: str, state: PromptState) -> dict[str, str]:
        """As `_list_digests`; raises `UNKNOWN_ID` if there is no version."""
        digests = self._list_digests(name, state)
        if not digests:
            suggestions = nearest(name, self.names) or (f"prompts: {', '.join(self.names)}",)
            raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no prompt '{name}'", suggestions=suggestions)
        return digests

    def _add_front_matter(self, name: str, body: str) -> str:
        latest = self.find(name)
        head = yaml.safe_load(latest.source.split(f"{FENCE}\n", 2)[1])
        head["version"] = int(latest.version) + 1
        return f"{FENCE}\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}{FENCE}\n{body}"
