"""The proteins of a genome, whatever the format of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from io import StringIO
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reading.eggnog_table import read_eggnog
from fluxagents.tasks.fba.genomes.reading.gene_calling import Contig, call_genes
from fluxagents.tasks.fba.genomes.reading.genome_file import (
    GenomeFile,
    GenomeFormat,
    check_sequences,
    refuse,
    refuse_twice,
)
from fluxagents.tasks.fba.genomes.reading.gff_file import read_gff
from fluxagents.tasks.fba.genomes.reference_set import INSTALL

_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-]")
"""What the id of a gene in a model cannot have."""

_EC = re.compile(r"\b\d+\.\d+\.\d+\.(?:n?\d+|-)")
_KEGG = re.compile(r"\bK\d{5}\b")
_SEED = re.compile(r"\bfig\|\S+")
"""How RAST calls a gene, where it has no locus tag."""


def read_proteins(file: GenomeFile, sequences: GenomeFile | None = None) -> tuple[Protein, ...]:
    """The proteins of a file.

    Args:
        file: FASTA of proteins or of nucleotides (whose genes are called), GenBank, GFF3, or a table of
            eggNOG-mapper, whose proteins have no sequence.
        sequences: The nucleotides of a GFF3 file that has none itself.

    Raises:
        FluxError: `BAD_ARGUMENT` if it has no proteins, ids that occur twice, or the wrong kind of sequences.
    """
    return tuple(_check(file, list(_read(file, sequences))))


def read_fasta(file: GenomeFile, text: str | None = None) -> list[tuple[str, str, str]]:
    """The id, the rest of the header and the sequence of each record."""
    parser = _import_biopython("Bio.SeqIO.FastaIO").SimpleFastaParser
    records = []
    for header, sequence in parser(StringIO(file.text if text is None else text)):
        identifier, _, rest = header.strip().partition(" ")
        if not identifier:
            raise refuse(file.name, f"has a record without an id: '>{header[:40]}'")
        records.append((identifier, rest.strip(), sequence.upper().rstrip("*")))
    return records


def _read(file: GenomeFile, sequences: GenomeFile | None) -> Iterator[Protein]:
    check_sequences(file, sequences)
    if file.format is GenomeFormat.PROTEINS:
        yield from _read_protein_fasta(file)
    elif file.format is GenomeFormat.NUCLEOTIDES:
        contigs = [Contig(name, sequence) for name, _, sequence in read_fasta(file)]
        _require_distinct(file, [contig.name for contig in contigs])
        yield from call_genes(contigs)
    elif file.format is GenomeFormat.GENBANK:
        yield from _read_genbank(file)
    elif file.format is GenomeFormat.GFF:
        yield from read_gff(file, _contigs_of(file, sequences))
    else:
        yield from read_eggnog(file)


def _read_protein_fasta(file: GenomeFile) -> Iterator[Protein]:
    for identifier, rest, sequence in read_fasta(file):
        yield Protein(
            protein=identifier,
            sequence=sequence,
            function=rest.partition(" [")[0],
            source=file.format,
            ec_numbers=" ".join(_EC.findall(rest)),
            kegg_orthologs=" ".join(_KEGG.findall(rest)),
        )


def _contigs_of(file: GenomeFile, sequences: GenomeFile | None) -> list[Contig]:
    inside = file.text.partition("##FASTA")[2]
    records = read_fasta(sequences) if sequences is not None else read_fasta(file, inside.lstrip())
    return [Contig(name, sequence) for name, _, sequence in records]


def _read_genbank(file: GenomeFile) -> Iterator[Protein]:
    """Proteins of coding sequences; a file without any has its genes called."""
    seq_io = _import_biopython("Bio.SeqIO")
    try:
        records = list(seq_io.parse(StringIO(file.text), "genbank"))
    except (ValueError, AttributeError, IndexError) as error:
        raise refuse(file.name, f"cannot be read as GenBank: {str(error)[:200]}") from error
    coding = [(record, feature) for record in records for feature in record.features if feature.type == "CDS"]
    if not coding:
        yield from call_genes([Contig(record.id, _sequence_of(file, record)) for record in records])
        return
    for number, (record, feature) in enumerate(coding, start=1):
        words = feature.qualifiers
        if "pseudo" in words or "pseudogene" in words:
            continue
        references = " ".join(words.get("db_xref", []))
        names = (words[key][0] for key in ("locus_tag", "protein_id", "gene") if key in words)
        name = next(names, "".join(_SEED.findall(references)[:1]))
        function = words.get("product", [""])[0]
        yield Protein(
            protein=name or f"{record.id}_{number}",
            sequence=_translation(file, record, feature),
            contig=record.id,
            start=int(feature.location.start) + 1,
            end=int(feature.location.end),
            strand="-" if feature.location.strand == -1 else "+",
            function=function,
            ec_numbers=" ".join(dict.fromkeys((*words.get("EC_number", []), *_EC.findall(function)))),
            kegg_orthologs=" ".join(_KEGG.findall(references)),
            source="GenBank",
        )


def _translation(file: GenomeFile, record: Any, feature: Any) -> str:
    words = feature.qualifiers
    if "translation" in words:
        return str(words["translation"][0]).upper()
    _sequence_of(file, record)
    table = int(words.get("transl_table", ["11"])[0])
    return str(feature.extract(record.seq).translate(table=table, to_stop=True))


def _sequence_of(file: GenomeFile, record: Any) -> str:
    if not record.seq.defined:
        raise refuse(file.name, f"has no sequence of '{record.id}'", "export it with sequences")
    return str(record.seq).upper()


def _check(file: GenomeFile, proteins: Sequence[Protein]) -> Iterator[Protein]:
    if not any(protein.sequence or protein.bigg_genes for protein in proteins):
        raise refuse(file.name, "holds no protein", "check that it is the genome of a bacterium or archaeon")
    safe = [_UNSAFE.sub("_", protein.protein) for protein in proteins]
    _require_distinct(file, safe)
    for protein, name in zip(proteins, safe, strict=True):
        strange = set(protein.sequence) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ*")
        if strange:
            raise refuse(file.name, f"has the letter {min(strange)!r} in the protein '{protein.protein}'")
        yield protein.model_copy(update={"protein": name})


def _require_distinct(file: GenomeFile, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise refuse_twice(file.name, name)
        seen.add(name)


def _import_biopython(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        message = "genomes are read by Biopython, which is not installed"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(INSTALL,)) from error
