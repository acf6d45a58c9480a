"""Genomes over HTTP: the methods of `Genomes`."""

from __future__ import annotations

from pathlib import Path

from fluxagents.tasks.fba.genomes.reading.genome_file import read_genome_file
from fluxagents.tasks.fba.genomes.stored_genome import StoredGenome
from fluxagents.workers.clients.http.api_calls import call_post
from fluxagents.workers.clients.http.connection import ApiConnection
from fluxagents.workers.clients.http.uploads import send_upload


class HttpGenomes:
    """Stores genomes, for whoever owns the key."""

    def __init__(self, api: ApiConnection) -> None:
        self._api = api

    def add(self, path: Path | str) -> StoredGenome:
        """Store a genome; see `Genomes.add`. What is no genome is not sent."""
        path = Path(path)
        read_genome_file(path)
        body = {"upload": send_upload(self._api, path), "name": path.name}
        return StoredGenome.model_validate_json(self._api.send(call_post("/v1/genomes", body)))
