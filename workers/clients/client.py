"""The client of runs, wired to Redis: what `from fluxagents import Client` gives."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from fluxagents.flows.people.actor import Channel
from fluxagents.prompts.versions.prompt_names import list_prompt_names
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.publisher import CeleryPublisher
from fluxagents.workers.clients.local_authority import build_local_authority
from fluxagents.workers.clients.results import StoredResults
from fluxagents.workers.clients.script_client import ScriptClient
from fluxagents.workers.files.run_archive import Archive
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.people.notebook_book import RedisNotebookBook
from fluxagents.workers.redis.people.presence import RedisPresence
from fluxagents.workers.redis.people.standing_book import RedisStandingBook
from fluxagents.workers.redis.prompt_store import RedisPromptStore
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.redis.remedy_book import RedisRemedyBook
from fluxagents.workers.redis.store_access import build_store
from fluxagents.workers.settings import Settings

if TYPE_CHECKING:
    from fluxagents.workers.archive.run_bundle import BundleStores


class Client(ScriptClient):
    """Starts and controls runs from a script. Imports neither cobra nor libsbml.

    Args:
        redis_url: `redis://[:password@]host:port/db`; without it `FLUXAGENTS_REDIS_URL` or the Redis that
            `fluxagents up` started.
        settings: All settings; from the environment when absent.
        flow_folders: Further folders with flows of your own, beside that of the settings.
        key: The API key to act with; without it `FLUXAGENTS_API_KEY`, or the user of this machine.
        channel: The door that this is, as the audit log names it.

    Raises:
        FluxError: If Redis cannot be reached or refuses the password.
    """

    def __init__(
        self,
        redis_url: str | None = None,
        *,
        settings: Settings | None = None,
        flow_folders: tuple[Path, ...] = (),
        key: str | None = None,
        channel: Channel = "client",
    ) -> None:
        settings = settings or Settings.load()
        if redis_url is not None:
            settings = settings.model_copy(update={"redis_url": SecretStr(redis_url)})
        if key is not None:
            settings = settings.model_copy(update={"api_key": SecretStr(key)})
        self.settings = settings
        redis = connection.connect(settings, decode_responses=False)
        self.app = create_app(settings)
        """What sends its messages."""
        store, clock = build_store(settings, redis), RedisClock(redis)
        super().__init__(
            store=store,
            publisher=CeleryPublisher(self.app, redis),
            clock=clock,
            models=ModelFiles(settings.artifact_url, hosts=settings.model_hosts),
            flows=FlowLibrary([settings.flows_folder, *flow_folders]),
            tools=TOOLS,
            authority=build_local_authority(settings, redis, store.audit_log, channel),
            prompts=lambda: list_prompt_names(RedisPromptStore(redis, prefix=settings.key_prefix)),
            standing=RedisStandingBook(redis, prefix=settings.key_prefix),
            traced_share=settings.traced_share,
        )
        self.results = StoredResults(self.store, self.models, cache(self._open_artifacts))
        self._remedies = RedisRemedyBook(redis, prefix=settings.key_prefix)
        self._presence = RedisPresence(redis, clock, prefix=settings.key_prefix)
        self._notebook_book = RedisNotebookBook(redis, prefix=settings.key_prefix)
        self.redis = redis
        """Where all of it is kept."""

    def _open_artifacts(self) -> ArtifactStore:
        # It brings pyarrow, which most scripts and commands need not wait for.
        files = import_module("fluxagents.workers.files.artifact_store")
        store: ArtifactStore = files.ArtifactFiles(self.settings.artifact_url)
        return store

    def _open_archive(self) -> Archive:
        return Archive(self.settings.artifact_url)

    def bundle_stores(self) -> BundleStores:
        """Where the parts of runs lie, for exporting and importing them."""
        # It brings pyarrow, which most scripts and commands need not wait for.
        from fluxagents.workers.archive.run_bundle import BundleStores  # noqa: PLC0415

        prompts = RedisPromptStore(self.redis, prefix=self.settings.key_prefix)
        return BundleStores.open(self.settings, self.store, prompts)
