"""Genes of contigs that have none marked: pyrodigal, the library of prodigal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reading.contigs import Contig
from fluxagents.tasks.fba.genomes.reference_set import INSTALL

LEAST_TRAINING_BASES = 100_000
"""With less sequence the caller cannot learn what genes look like here, and takes a general mixture."""


def call_genes(contigs: Sequence[Contig]) -> Iterator[Protein]:
    """The proteins that the contigs encode, by the bacterial code (table 11, or 4 where that fits better).

    Raises:
        FluxError: `BAD_ARGUMENT` if pyrodigal is not installed.
    """
    try:
        pyrodigal = import_module("pyrodigal")
    except ImportError as error:
        message = "genes are called by pyrodigal, which is not installed"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(INSTALL,)) from error
    is_large = sum(len(contig.sequence) for contig in contigs) >= LEAST_TRAINING_BASES
    finder = pyrodigal.GeneFinder(meta=not is_large)
    if is_large:
        finder.train(*(contig.sequence.encode("ascii") for contig in contigs), translation_table=11)
    for contig in contigs:
        for number, gene in enumerate(finder.find_genes(contig.sequence.encode("ascii")), start=1):
            yield Protein(
                protein=f"{contig.name}_{number}",
                sequence=gene.translate(include_stop=False),
                contig=contig.name,
                start=gene.begin,
                end=gene.end,
                strand="+" if gene.strand > 0 else "-",
                source=f"pyrodigal {pyrodigal.__version__}",
            )
