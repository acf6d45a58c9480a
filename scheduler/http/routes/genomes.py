"""`/v1/genomes`: files of genomes that runs can name."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.scheduler.http.access import Body, Client, Ports
from fluxagents.tasks.fba.genomes.reading.genome_file import parse_genome
from fluxagents.tasks.fba.genomes.stored_genome import StoredGenome, store_genome

router = APIRouter(tags=["genomes"])


class AddGenome(Body):
    """A genome as an upload that is complete."""

    upload: str = Field(min_length=1, max_length=64)
    name: str = Field("genome", min_length=1, max_length=200, examples=["my_genome.fna.gz"])
    """How errors call it; `.faa` and `.fna` promise proteins and nucleotides."""


@router.post("/genomes", status_code=201, summary="Add a genome")
def add_genome(body: AddGenome, client: Client, ports: Ports) -> StoredGenome:
    """Store FASTA, GenBank, GFF3 or a table of eggNOG-mapper, also as `.gz`, of up to 100 MB unpacked.

    The digest of the answer is the input `genome` of the flow `model_from_genome`, or its `sequences` or
    `annotations`; packed or not, the same genome has the same one. What is no genome is not stored.
    """
    client.authority.record(Action.ARTIFACT_ADD, Resource(kind="artifact", id=body.name))
    genome = store_genome(ports.artifacts(), parse_genome(body.name, ports.uploads.read(body.upload)))
    ports.uploads.remove(body.upload)
    return genome
