"""Which versions of prompts new runs get: labels and experiments."""

from __future__ import annotations

from collections.abc import Mapping

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.versions.prompt_versions import PromptVersions
from fluxagents.prompts.versions.record import (
    PRODUCTION,
    Arm,
    Entry,
    ExperimentBegan,
    ExperimentEnded,
    Label,
    Promoted,
    PromptState,
    RolledBack,
    fold_log,
)
from fluxagents.prompts.versions.reports import refuse_failures
from fluxagents.prompts.versions.store import PromptStore


class PromptReleases:
    """Gives labels to versions and takes them back, and begins and ends experiments."""

    def __init__(self, versions: PromptVersions, store: PromptStore) -> None:
        self._versions = versions
        self._store = store

    def promote(
        self, name: str, version: str, label: Label = PRODUCTION, *, by: str = "", at_ms: int = 0
    ) -> PromptState:
        """Give a label to a version; the version must pass its own cases. Raises as `PromptVersions.find`.

        Production is what runs get that begin with the prompt, and ends an experiment.
        """
        log = self._store.log(name)
        state = fold_log(log)
        template = self._versions.find(name, version)
        holder = state.holder(label)
        if holder and holder.digest == template.digest and not (label == PRODUCTION and state.arms):
            return state
        refuse_failures(template)
        # The text must be found when a release ships another one.
        self._versions.keep(template.source)
        return self._append(
            name,
            log,
            Promoted(label=label, version=template.version, digest=template.digest, by=by, at_ms=at_ms),
        )

    def rollback(self, name: str, label: Label = PRODUCTION, *, by: str = "", at_ms: int = 0) -> PromptState:
        """Give a label back to the version that had it before, or to none.

        Raises:
            FluxError: `BAD_ARGUMENT` if no version has the label.
        """
        log = self._versions.read_log(name)
        if fold_log(log).holder(label) is None:
            message = f"no version of prompt '{name}' is in {label}"
            suggestion = f"fluxagents prompts promote {name} VERSION --label {label}"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(suggestion,))
        return self._append(name, log, RolledBack(label=label, by=by, at_ms=at_ms))

    def begin_experiment(
        self, name: str, weights: Mapping[str, int], *, by: str = "", at_ms: int = 0
    ) -> PromptState:
        """Share new runs out among versions, in proportion to their weights, by hash of the run.

        Raises:
            FluxError: As `promote`; `BAD_ARGUMENT` unless two versions or more have a weight above 0.
        """
        log = self._store.log(name)
        templates = [self._versions.find(name, version) for version in weights]
        if len({template.digest for template in templates}) <= 1 or min(weights.values()) < 1:
            message = f"an experiment has two versions or more, each with a weight above 0, not {weights}"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message)
        for template in templates:
            refuse_failures(template)
            self._versions.keep(template.source)
        arms = tuple(
            Arm(version=template.version, digest=template.digest, weight=weight)
            for template, weight in zip(templates, weights.values(), strict=True)
        )
        return self._append(name, log, ExperimentBegan(arms=arms, by=by, at_ms=at_ms))

    def end_experiment(self, name: str, *, by: str = "", at_ms: int = 0) -> PromptState:
        """New runs get one version again; raises `BAD_ARGUMENT` if there is no experiment."""
        log = self._versions.read_log(name)
        if not fold_log(log).arms:
            message = f"no experiment with prompt '{name}' is under way"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message)
        return self._append(name, log, ExperimentEnded(by=by, at_ms=at_ms))

    def _append(self, name: str, log: tuple[Entry, ...], entry: Entry) -> PromptState:
        if not self._store.append(name, entry, after=len(log)):
            message = f"prompt '{name}' was changed by somebody else at the same time"
            suggestion = f"look at `fluxagents prompts show {name}` and repeat"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(suggestion,))
        return fold_log((*log, entry))
