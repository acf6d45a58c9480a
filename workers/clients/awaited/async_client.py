"""The client for asynchronous scripts: the methods of `Client`, awaited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.history.migration import Migration
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.history_control import Rewind
from fluxagents.workers.clients.awaited.async_script_client import AsyncScriptClient
from fluxagents.workers.clients.client import Client
from fluxagents.workers.clients.script_client import ScriptClient
from fluxagents.workers.clients.threads import Threads
from fluxagents.workers.settings import Settings

if TYPE_CHECKING:
    from fluxagents.workers.archive.run_bundle import BundleStores


class AsyncClient(AsyncScriptClient):
    """As `Client`, for asyncio: the same methods with the same arguments, awaited.

    Calls to Redis and to files go on in threads, and waiting for runs occupies none.

    Args:
        redis_url: `redis://[:password@]host:port/db`; without it `FLUXAGENTS_REDIS_URL` or the Redis that
            `fluxagents up` started.
        settings: All settings; from the environment when absent.
        flow_folders: Further folders with flows of your own, beside that of the settings.
        key: The API key to act with; without it `FLUXAGENTS_API_KEY`, or the user of this machine.
        client: Instead of all this a client whose methods these are to be, `LocalClient` for instance.
        threads: Where its calls go on; a thread of their own for a client that was given.

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
        client: ScriptClient | None = None,
        threads: Threads | None = None,
    ) -> None:
        self._client: ScriptClient = client or Client(
            redis_url, settings=settings, flow_folders=flow_folders, key=key
        )
        # What runs in this process does so in one thread, as it would without asyncio.
        self._threads = threads or Threads(None if client is None else ThreadPoolExecutor(max_workers=1))
        super().__init__(self._client, self._threads)

    def acting_as(self, actor: Actor) -> Self:
        """The same client for another actor, as a service needs it for each request; cheap."""
        return type(self)(client=self._client.acting_as(actor), threads=self._threads)

    async def may_see(self, state: RunState) -> bool:
        """Whether whoever acts may see a run and what it found."""
        return await self._threads.call(self._client.may_see, state)

    async def record(
        self,
        action: Action,
        state: RunState,
        *,
        by: str | None = None,
        details: Mapping[str, JsonValue] | None = None,
    ) -> str:
        """Check and log an act about a run that its own log does not keep; see `RunClient.record`."""
        return await self._threads.call(self._client.record, action, state, by=by, details=details)

    async def adopt(self, events: Sequence[e.Event], *, by: str | None = None) -> RunState:
        """Store a run that was recorded elsewhere; see `HistoryControl.adopt`."""
        return await self._threads.call(self._client.adopt, events, by=by)

    async def plan_rewind(self, run_id: str, *, to: int | None = None, node: str | None = None) -> Rewind:
        """Find what a rewind to a step or a node would do; see `HistoryControl.plan_rewind`."""
        return await self._threads.call(self._client.plan_rewind, run_id, to=to, node=node)

    async def rewind(
        self, plan: Rewind, *, by: str | None = None, reason: str, confirmed: bool = False
    ) -> RunState:
        """Carry out what `plan_rewind` returned; see `HistoryControl.rewind`."""
        return await self._threads.call(self._client.rewind, plan, by=by, reason=reason, confirmed=confirmed)

    async def way_back(self, run_id: str, *, to: int | None = None, node: str | None = None) -> Rewind:
        """The earlier name of `plan_rewind`."""
        return await self._threads.call(self._client.way_back, run_id, to=to, node=node)

    async def go_back(
        self, way: Rewind, *, by: str | None = None, reason: str, confirmed: bool = False
    ) -> RunState:
        """The earlier name of `rewind`."""
        return await self._threads.call(self._client.go_back, way, by=by, reason=reason, confirmed=confirmed)

    async def migration(self, run_id: str, *, flow: str) -> Migration:
        """What another version of its flow would mean for a run; see `FlowMigration.plan`."""
        return await self._threads.call(self._client.migration, run_id, flow=flow)

    async def bundle_stores(self) -> BundleStores:
        """Where the parts of runs lie, for exporting and importing them."""
        return await self._threads.call(self._client.bundle_stores)
