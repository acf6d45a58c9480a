"""Results of runs that are read over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.ports.artifacts import Manifest
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.workers.clients.artifact import Artifact
from fluxagents.workers.clients.http.api_calls import call_artifact, call_run, call_table, read_table
from fluxagents.workers.clients.http.connection import ApiConnection
from fluxagents.workers.clients.http.http_runs import HttpRuns

if TYPE_CHECKING:
    import pandas as pd


class HttpResults:
    """Results, as far as one may see them; see `Results`.

    Args:
        api: Where they are asked for.
    """

    def __init__(self, api: ApiConnection) -> None:
        self._api = api
        self.runs = HttpRuns(api)

    def artifact(self, digest: str, run_id: str = "") -> Artifact:
        """The artifact that a digest means; without a run only for those who may see all."""
        store = _Artifacts(self._api, run_id)
        if not run_id:
            digest = store.find(digest)
        return Artifact(store, _NoModels(), digest)


class _Artifacts:
    """Those of a run, or those of all runs."""

    def __init__(self, api: ApiConnection, run_id: str) -> None:
        self._api = api
        self._run_id = run_id
        self._tables: dict[str, tuple[str, str]] = {}
        """Digest of a table -> the result that has it, and its name there."""

    def find(self, text: str) -> str:
        """The whole digest of which the text is a beginning."""
        return self._api.read_tag(call_artifact(text)).strip('"')

    def manifest(self, digest: str) -> Manifest:
        """See `ResultReader.manifest`."""
        call = call_run(self._run_id, f"/artifacts/{digest}") if self._run_id else call_artifact(digest)
        manifest = Manifest.model_validate(json.loads(self._api.send(call)))
        self._tables |= {ref.digest: (digest, name) for name, ref in manifest.tables.items()}
        return manifest

    def table(
        self,
        digest: str,
        *,
        columns: tuple[str, ...] | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """See `ResultReader.table`."""
        of = self._tables.get(digest)
        call = call_table(self._run_id, *of) if self._run_id and of else call_artifact(digest)
        frame = read_table(self._api.send(call)).iloc[offset : None if limit is None else offset + limit]
        return frame if columns is None else frame[list(columns)]


class _NoModels:
    """Parsed models do not go over HTTP."""

    def load(self, ref: ModelRef) -> NoReturn:
        """Refuse it."""
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"this plot looks at the model {ref.name}, which an HTTP client does not read",
            suggestions=("draw its table", "or draw it with `fluxagents artifacts plot` on the machine"),
        )
