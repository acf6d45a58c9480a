"""The proteins of a genome, as `fluxagents genomes add` stores them: a table that tools name by digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.solving.lazy_libraries import pd
from fluxagents.tasks.ports.results import Args

if TYPE_CHECKING:
    from fluxagents.tasks.ports.sources import Sources


class Protein(BaseModel):
    """One protein, where it is encoded, and what others said about it; texts are empty where nobody did."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    protein: str = Field(min_length=1)
    """Its id, which becomes the id of a gene of the model."""
    sequence: str
    """Amino acids; empty where an annotation names the protein only."""
    contig: str = ""
    start: int | None = None
    """First base, counted from 1; None for a protein of a FASTA file."""
    end: int | None = None
    strand: str = ""
    function: str = ""
    ec_numbers: str = ""
    """Separated by blanks, as `kegg_orthologs` and `bigg_genes` are."""
    kegg_orthologs: str = ""
    bigg_genes: str = ""
    """Genes of curated models that others found it to be like, each as model, dot, gene."""
    bit_score: float | None = None
    """Of that likeness."""
    source: str = ""
    """What named the protein, such as `pyrodigal 3.7.1` or `GenBank`."""
    genome: str = ""
    """Digest of the genome's file as it was given."""


class GenomeArgs(Args):
    """Which genome."""

    genome: str = Field(
        min_length=6,
        max_length=300,
        description="Digest of the table of proteins that `fluxagents genomes add` printed.",
    )


def tabulate_proteins(proteins: Sequence[Protein]) -> pd.DataFrame:
    """The table of a genome, one row per protein."""
    table = pd.DataFrame([protein.model_dump() for protein in proteins], columns=list(Protein.model_fields))
    return table.astype({"start": "Int64", "end": "Int64"})


def read_proteins(sources: Sources, genome: str) -> tuple[Protein, ...]:
    """The proteins of a stored genome.

    Raises:
        FluxError: `UNKNOWN_ID` if nothing is stored under the digest, `SCHEMA` if it is no genome.
    """
    store = sources.artifacts
    table = store.table(store.find(genome))
    missing = [name for name in Protein.model_fields if name not in table.columns]
    if missing:
        hints = (*nearest(missing[0], [str(c) for c in table.columns]), "fluxagents genomes add FILE")
        message = f"the table '{genome[:80]}' is no genome: it has no column '{missing[0]}'"
        raise FluxError(ErrorClass.SCHEMA, message, suggestions=hints)
    return tuple(_read_row(row) for row in table[list(Protein.model_fields)].to_dict("records"))


def _read_row(row: Mapping[Any, Any]) -> Protein:
    return Protein.model_validate(
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
    )
