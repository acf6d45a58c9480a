"""Genomes from a script: files of the user's, stored so that runs can name them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.scheduler.people.authority import Authority
from fluxagents.tasks.fba.genomes.reading.genome_file import read_genome_file
from fluxagents.tasks.fba.genomes.stored_genome import StoredGenome, store_genome
from fluxagents.tasks.ports.artifacts import ArtifactStore


class Genomes:
    """Stores genomes.

    Args:
        authority: What whoever uses the client may do.
        open_artifacts: Opens the store of results.
    """

    def __init__(self, authority: Authority, open_artifacts: Callable[[], ArtifactStore]) -> None:
        self._authority = authority
        self._open_artifacts = open_artifacts

    def add(self, path: Path | str) -> StoredGenome:
        """Store FASTA, GenBank, GFF3 or a table of eggNOG-mapper, also as `.gz`.

        Args:
            path: The file; up to 100 MB unpacked.

        Returns:
            Its digest, which is the input `genome` of the flow `model_from_genome`, and its format.

        Raises:
            FluxError: `BAD_ARGUMENT` if it cannot be read, is empty or too large, is no genome, has an id
                twice, or holds proteins where its name promises nucleotides.
        """
        path = Path(path)
        genome = read_genome_file(path)
        self._authority.record(Action.ARTIFACT_ADD, Resource(kind="artifact", id=path.name))
        return store_genome(self._open_artifacts(), genome)
