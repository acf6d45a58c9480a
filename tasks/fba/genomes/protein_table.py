"""The proteins of a genome, and the table of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.tasks.fba.solving.lazy_libraries import pd

_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-]")


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


def make_gene_id(name: str) -> str:
    """The id of a gene in a model: what it cannot have becomes an underscore."""
    return _UNSAFE.sub("_", name)


def tabulate_proteins(proteins: Sequence[Protein]) -> pd.DataFrame:
    """The table of a genome, one row per protein."""
    table = pd.DataFrame([protein.model_dump() for protein in proteins], columns=list(Protein.model_fields))
    return table.astype({"start": "Int64", "end": "Int64"})
