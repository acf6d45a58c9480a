"""Brings files of a repository into the store of models, for the runs of a trigger."""

from __future__ import annotations

from pathlib import PurePosixPath

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.expressions import evaluate
from fluxagents.scheduler.triggers.event_trigger import EventTrigger
from fluxagents.scheduler.triggers.intake.file_fetcher import NO_COMMIT, FileFetcher, split_address
from fluxagents.scheduler.triggers.judgement import Names
from fluxagents.scheduler.webhooks.endpoint import Endpoint
from fluxagents.scheduler.webhooks.endpoint_book import EndpointBook
from fluxagents.tasks.ports.models import ModelStore

_PACKED = frozenset({".gz", ".bz2"})


class ModelIntake:
    """Fetches models.

    Args:
        models: Keeps them.
        endpoints: Knows the repositories.
        fetcher: Asks them.
    """

    def __init__(self, models: ModelStore, endpoints: EndpointBook, fetcher: FileFetcher) -> None:
        self._models = models
        self._endpoints = endpoints
        self._fetcher = fetcher

    def fetch_inputs(self, trigger: EventTrigger, names: Names) -> dict[str, str | None]:
        """The digests of the models that inputs of a run are; None for a file that is not there.

        Raises:
            FluxError: As `FileFetcher.fetch`, or if an expression fails.
        """
        return {name: self._fetch(trigger, evaluate(text, names)) for name, text in trigger.fetch.items()}

    def bring(self, trigger: EventTrigger, model: str, names: Names) -> str:
        """The name or digest of the model that a run is about, stored if it was not.

        Args:
            trigger: Says where it comes from.
            model: What it names, or `path@commit` of a repository; empty for the file of the event.
            names: Of the event.

        Raises:
            FluxError: As `FileFetcher.fetch`, or if the file is not there or cannot be read.
        """
        if trigger.via and trigger.model_from:
            return self._fetch_model(trigger, model)
        address = names.get("address")
        if model or not isinstance(address, str):
            return model
        stem, _ = split_name(address)
        return self._models.add(address, f"{trigger.name}.{stem}"[:200], unchecked=True).digest

    def _fetch_model(self, trigger: EventTrigger, address: str) -> str:
        digest = self._fetch(trigger, address)
        if digest is None:
            raise FluxError(ErrorClass.UNKNOWN_ID, f"repository {trigger.via!r} has no file {address!r}")
        return digest

    def _fetch(self, trigger: EventTrigger, address: object) -> str | None:
        path, commit = split_address(address)
        if set(commit) == {NO_COMMIT}:
            return None
        data = self._fetcher.fetch(self._find_repository(trigger), path, commit)
        if data is None:
            return None
        stem, suffix = split_name(path)
        # Unread: a file that is no model is for the run to say, which tells whoever pushed it.
        record = self._models.add(data, f"{trigger.name}.{stem}"[:200], suffix=suffix, unchecked=True)
        return record.digest

    def _find_repository(self, trigger: EventTrigger) -> Endpoint:
        repository = self._endpoints.get(trigger.via)
        if repository is None or repository.form != "github":
            raise FluxError(
                ErrorClass.UNKNOWN_ID, f"there is no repository {trigger.via!r} among the webhooks"
            )
        return repository


def split_name(path: str) -> tuple[str, str]:
    """The name of a file without its suffix, and the suffix: `core`, `.xml.gz`."""
    name = PurePosixPath(path)
    suffixes = name.suffixes[-2:] if name.suffix in _PACKED else [name.suffix]
    suffix = "".join(suffixes)
    return name.name.removesuffix(suffix), suffix.lower()
