"""Genomes, awaited."""

from __future__ import annotations

from pathlib import Path

from fluxagents.tasks.fba.genomes.stored_genome import StoredGenome
from fluxagents.workers.clients.genomes import Genomes
from fluxagents.workers.clients.http.http_genomes import HttpGenomes
from fluxagents.workers.clients.threads import Threads


class AsyncGenomes:
    """As `Genomes`; every method is awaited."""

    def __init__(self, genomes: Genomes | HttpGenomes, threads: Threads) -> None:
        self._genomes = genomes
        self._threads = threads

    async def add(self, path: Path | str) -> StoredGenome:
        """Store a genome; see `Genomes.add`."""
        return await self._threads.call(self._genomes.add, path)
