"""The prompts of an installation: rendered, tested and versioned in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fluxagents.prompts.versions.prompt_versions import LATEST, PromptVersions
from fluxagents.prompts.versions.releases import PromptReleases
from fluxagents.prompts.versions.reports import PromptReport, build_report, read_cases
from fluxagents.prompts.versions.store import MemoryPromptStore, PromptStore


class PromptManager:
    """The prompts that ship with the package, and the versions registered since.

    Every process that shares the store sees a new version at once. Runs get it when it is promoted to
    production or takes part in an experiment.

    Args:
        folder: Where the template files lie; the package's own when absent.
        store: Where versions lie that were registered at run time; in this process when absent.

    Attributes:
        versions: Finds versions.
        releases: Chooses the versions that new runs get.

    Raises:
        FluxError: If a file is no prompt, or is not called after its prompt.
    """

    def __init__(self, folder: Path | None = None, store: PromptStore | None = None) -> None:
        store = store or MemoryPromptStore()
        self.versions = PromptVersions(store, folder)
        self.releases = PromptReleases(self.versions, store)

    @property
    def names(self) -> tuple[str, ...]:
        """All prompts, sorted."""
        return self.versions.names

    def get_prompt(self, name: str, version: str = LATEST, **kwargs: Any) -> str:
        """The rendered text of a prompt.

        Raises:
            FluxError: `UNKNOWN_ID` for the prompt or its version; as `PromptTemplate.render` otherwise.
        """
        return self.versions.find(name, version).render(kwargs)

    def test_prompt(self, name: str, cases: Iterable[Mapping[str, Any]] | None = None) -> PromptReport:
        """Render the latest version with each case and check what the text must, and must not, contain.

        Args:
            name: Of the prompt.
            cases: Mappings with `name`, `variables`, `expect` and `reject`; the prompt's own when absent.

        Raises:
            FluxError: For a mapping that is no case or whose variables do not fit; the report names a case
                that fails.
        """
        template = self.versions.find(name)
        return build_report(template, None if cases is None else read_cases(template, cases))

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
        return self.versions.register(name, template, file=file, by=by, at_ms=at_ms)
