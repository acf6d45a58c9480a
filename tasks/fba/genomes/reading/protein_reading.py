"""The proteins of a genome, whatever the format of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.protein_table import Protein, make_gene_id
from fluxagents.tasks.fba.genomes.reading.coding_sequences import BACTERIAL_CODE, keep_longest, translate
from fluxagents.tasks.fba.genomes.reading.contigs import Contig, read_contigs
from fluxagents.tasks.fba.genomes.reading.eggnog_table import read_eggnog
from fluxagents.tasks.fba.genomes.reading.gene_calling import call_genes
from fluxagents.tasks.fba.genomes.reading.genome_file import (
    GenomeFile,
    GenomeFormat,
    check_sequences,
    refuse,
    refuse_empty_record,
    split_header,
)
from fluxagents.tasks.fba.genomes.reading.gff_file import read_gff
from fluxagents.tasks.fba.genomes.reference_set import INSTALL

_EC = re.compile(r"\b\d+\.\d+\.\d+\.(?:n?\d+|-)")
_KEGG = re.compile(r"\bK\d{5}\b")
_SEED = re.compile(r"\bfig\|\S+")
"""How RAST calls a gene, where it has no locus tag."""

AMINO_ACIDS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ*")

BASES = frozenset("ACGTUN")

LEAST_TELLING_LENGTH = 50
"""A sequence that has only letters of bases and is as long as this is no protein."""


def read_proteins(file: GenomeFile, sequences: GenomeFile | None = None) -> tuple[Protein, ...]:
    """The proteins of a file.

    Args:
        file: FASTA of proteins or of nucleotides (whose genes are called), GenBank, GFF3, or a table of
            eggNOG-mapper, whose proteins have no sequence.
        sequences: The nucleotides of a GFF3 file that has none itself.

    Raises:
        FluxError: `BAD_ARGUMENT` if it has no proteins, ids that occur twice, or the wrong kind of sequences.
    """
    proteins = [
        protein.model_copy(update={"protein": make_gene_id(protein.protein)})
        for protein in _read(file, sequences)
    ]
    if not any(protein.sequence or protein.bigg_genes for protein in proteins):
        raise refuse(file.name, "holds no protein", "check that it is the genome of a bacterium or archaeon")
    for protein in proteins:
        _check_letters(file, protein)
    return tuple(keep_longest(file, proteins))


def read_fasta(file: GenomeFile, text: str | None = None) -> list[tuple[str, str, str]]:
    """The id, the rest of the header and the sequence of each record."""
    parser = _import_biopython("Bio.SeqIO.FastaIO").SimpleFastaParser
    lines = StringIO(file.text if text is None else text, newline=None)
    return [(*split_header(header), sequence.upper().rstrip("*")) for header, sequence in parser(lines)]


def _read(file: GenomeFile, sequences: GenomeFile | None) -> Iterator[Protein]:
    check_sequences(file, sequences)
    if file.format is GenomeFormat.PROTEINS:
        yield from _read_protein_fasta(file)
    elif file.format is GenomeFormat.NUCLEOTIDES:
        yield from call_genes(_read_contigs(file))
    elif file.format is GenomeFormat.GENBANK:
        yield from _read_genbank(file)
    elif file.format is GenomeFormat.GFF:
        yield from read_gff(file, _contigs_of(file, sequences))
    else:
        yield from read_eggnog(file)


def _read_protein_fasta(file: GenomeFile) -> Iterator[Protein]:
    for identifier, rest, sequence in read_fasta(file):
        if not sequence:
            raise refuse_empty_record(file.name, identifier)
        yield Protein(
            protein=identifier,
            sequence=sequence,
            function=rest.partition(" [")[0],
            source=file.format,
            ec_numbers=" ".join(_EC.findall(rest)),
            kegg_orthologs=" ".join(_KEGG.findall(rest)),
        )


def _contigs_of(file: GenomeFile, sequences: GenomeFile | None) -> tuple[Contig, ...]:
    """Those beside a GFF3 file, or in it."""
    if sequences is not None:
        return _read_contigs(sequences)
    return _read_contigs(file, file.text.partition("##FASTA")[2].lstrip())


def _read_contigs(file: GenomeFile, text: str | None = None) -> tuple[Contig, ...]:
    return read_contigs(file, ((name, sequence) for name, _, sequence in read_fasta(file, text)))


def _read_genbank(file: GenomeFile) -> Iterator[Protein]:
    """Proteins of coding sequences; a file without any has its genes called."""
    seq_io = _import_biopython("Bio.SeqIO")
    try:
        records = list(seq_io.parse(StringIO(file.text, newline=None), "genbank"))
    except (ValueError, AttributeError, IndexError) as error:
        raise refuse(file.name, f"cannot be read as GenBank: {str(error)[:200]}") from error
    coding = [(record, feature) for record in records for feature in record.features if feature.type == "CDS"]
    if not coding:
        contigs = ((record.id, _sequence_of(file, record)) for record in records)
        yield from call_genes(read_contigs(file, contigs))
        return
    for number, (record, feature) in enumerate(coding, start=1):
        words = feature.qualifiers
        if "pseudo" in words or "pseudogene" in words:
            continue
        references = " ".join(words.get("db_xref", []))
        names = (words[key][0] for key in ("locus_tag", "protein_id", "gene") if key in words)
        name = next(names, "".join(_SEED.findall(references)[:1]))
        function = words.get("product", [""])[0]
        if feature.location is None:
            raise refuse(file.name, f"has no place for the coding sequence '{name or number}'")
        yield Protein(
            protein=name or f"{record.id}_{number}",
            sequence=_translation(file, record, feature, name),
            contig=record.id,
            start=int(feature.location.start) + 1,
            end=int(feature.location.end),
            strand="-" if feature.location.strand == -1 else "+",
            function=function,
            ec_numbers=" ".join(dict.fromkeys((*words.get("EC_number", []), *_EC.findall(function)))),
            kegg_orthologs=" ".join(_KEGG.findall(references)),
            source="GenBank",
        )


def _translation(file: GenomeFile, record: Any, feature: Any, name: str) -> str:
    words = feature.qualifiers
    if "translation" in words:
        return str(words["translation"][0]).upper()
    _sequence_of(file, record)
    bases = str(feature.extract(record.seq))[int(words.get("codon_start", ["1"])[0]) - 1 :]
    return translate(file, name, bases, words.get("transl_table", [BACTERIAL_CODE])[0])


def _sequence_of(file: GenomeFile, record: Any) -> str:
    if not record.seq.defined:
        raise refuse(file.name, f"has no sequence of '{record.id}'", "export it with sequences")
    return str(record.seq).upper()


def _check_letters(file: GenomeFile, protein: Protein) -> None:
    letters = set(protein.sequence)
    if strange := letters - AMINO_ACIDS:
        raise refuse(file.name, f"has the letter {min(strange)!r} in the protein '{protein.protein}'")
    if len(protein.sequence) >= LEAST_TELLING_LENGTH and letters <= BASES:
        raise refuse(file.name, f"has bases where the protein '{protein.protein}' should be")


def _import_biopython(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        message = "genomes are read by Biopython, which is not installed"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(INSTALL,)) from error
