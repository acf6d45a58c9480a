"""The text of a genome's file, and which format it has."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.protein_table import make_gene_id
from fluxagents.tasks.ports.results import ResultFile

MAX_BYTES = 100_000_000
"""Unpacked: the largest bacterial genomes have 16 Mb; five times that with their annotation as text."""

GZIP = b"\x1f\x8b"

NUCLEOTIDES = frozenset("ACGTUNRYSWKMBDHV-")
AMINO_ACIDS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ*-")

UNKNOWN = frozenset("NX-*")
"""What stands for any nucleotide or amino acid, or for none."""

LEAST_NUCLEOTIDE_FRACTION = 0.9
"""Of A, C, G, T, U and N in a nucleotide sequence; proteins have about a third."""

PACKED = (".gz", ".bgz")


class GenomeFormat(StrEnum):
    """How a genome is written."""

    NUCLEOTIDES = "nucleotide FASTA"
    PROTEINS = "protein FASTA"
    GENBANK = "GenBank"
    GFF = "GFF3"
    EGGNOG = "eggNOG-mapper annotations"


NAMED = {".faa": GenomeFormat.PROTEINS, ".fna": GenomeFormat.NUCLEOTIDES}
"""What the name of a FASTA file promises."""


@dataclass(frozen=True, slots=True)
class GenomeFile:
    """An unpacked file."""

    name: str
    text: str
    format: GenomeFormat

    @property
    def file(self) -> ResultFile:
        """As an artifact; packed or not, the same genome has the same digest."""
        return ResultFile(name=self.name, media_type="text/plain", content=self.text.encode())


def read_genome_file(path: Path) -> GenomeFile:
    """Read a file; raises as `parse_genome`, and `BAD_ARGUMENT` if it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise refuse(path.name, f"cannot be read: {error.strerror or error}") from error
    return parse_genome(path.name, data)


def parse_genome(name: str, data: bytes) -> GenomeFile:
    """Unpack the content of a file, tell its format from what is in it, and look at the records of FASTA.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is empty, too large, damaged, or no format of genomes; if a record of
            FASTA has no id, or one that occurs twice; or if its name promises the other kind of sequences.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(name)
    if data.startswith(GZIP):
        data = _unpack(name, data)
    if not data.strip():
        raise refuse(name, "is empty")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse(name, "is no text", "give FASTA, GenBank or GFF3, plain or as .gz") from None
    file = GenomeFile(name, text, _tell_format(name, text))
    if file.format in NAMED.values():
        _check_name(file)
        _check_ids(file)
    return file


def split_header(header: str) -> tuple[str, str]:
    """The id of a record of FASTA, and what stands behind it."""
    identifier, *rest = header.split(maxsplit=1) or [""]
    return identifier, "".join(rest).strip()


def check_sequences(file: GenomeFile, sequences: GenomeFile | None) -> None:
    """Whether a file and the contigs beside it belong together.

    Raises:
        FluxError: `BAD_ARGUMENT` if contigs are missing, not needed, or no nucleotides.
    """
    if sequences is not None and file.format is not GenomeFormat.GFF:
        raise refuse(file.name, f"is {file.format} and needs no second file of sequences")
    if sequences is not None and sequences.format is not GenomeFormat.NUCLEOTIDES:
        raise refuse(
            sequences.name,
            f"is {sequences.format}, and GFF3 needs nucleotides",
            "give the contigs, or the proteins alone",
        )
    has_own = bool(file.text.partition("##FASTA")[2].strip())
    if sequences is None and file.format is GenomeFormat.GFF and not has_own:
        raise refuse(file.name, "has no sequences", "give the FASTA file of its contigs beside it")


def refuse_twice(name: str, identifier: str) -> FluxError:
    """The error of a file in which an id occurs twice."""
    return refuse(name, f"has the id '{identifier}' twice", "give each protein and contig an id of its own")


def refuse_empty_record(name: str, identifier: str) -> FluxError:
    """The error of a file in which an id has no sequence."""
    return refuse(name, f"has no sequence of '{identifier}'", "export it again, with sequences")


def refuse(name: str, reason: str, *ways_out: str) -> FluxError:
    """The error of a file that is no genome."""
    return FluxError(ErrorClass.BAD_ARGUMENT, f"genome file '{name}' {reason}", suggestions=ways_out)


def _check_name(file: GenomeFile) -> None:
    path = PurePath(file.name.lower())
    suffix = path.with_suffix("").suffix if path.suffix in PACKED else path.suffix
    if NAMED.get(suffix, file.format) is not file.format:
        raise refuse(
            file.name,
            f"is {file.format}, and its name promises {NAMED[suffix]}",
            "name proteins .faa and contigs .fna, or give the other file",
        )


def _check_ids(file: GenomeFile) -> None:
    seen: set[str] = set()
    for line in file.text.splitlines():
        if not line.startswith(">"):
            continue
        name = make_gene_id(split_header(line[1:])[0])
        if not name:
            raise refuse(file.name, f"has a record without an id: '{line[:40]}'")
        if name in seen:
            raise refuse_twice(file.name, name)
        seen.add(name)


def _unpack(name: str, data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, MAX_BYTES + 1)
        if len(text) <= MAX_BYTES and not unpacker.eof:
            raise refuse(name, "is damaged: its packed data end too early", "copy it again")
        if len(text) <= MAX_BYTES and unpacker.unused_data:
            return gzip.decompress(data)  # several packed parts, as bgzip writes
    except (zlib.error, OSError, EOFError) as error:
        raise refuse(name, f"is damaged: {error}", "copy it again") from error
    if len(text) > MAX_BYTES:
        raise _too_large(name)
    return text


def _too_large(name: str) -> FluxError:
    return refuse(
        name,
        f"has more than {MAX_BYTES // 1_000_000} MB, which no genome of a bacterium or archaeon has",
        "give one organism per file",
    )


def _tell_format(name: str, text: str) -> GenomeFormat:
    start = text.lstrip()
    if start.startswith("LOCUS"):
        return GenomeFormat.GENBANK
    if start.startswith("##gff-version") and start.split(maxsplit=2)[1][:1] == "3":
        return GenomeFormat.GFF
    if "\n#query\t" in text[:20_000] or start.startswith("#query\t"):
        return GenomeFormat.EGGNOG
    if start.startswith(">"):
        return _tell_sequences(name, text)
    raise refuse(
        name,
        f"is no genome: it begins with {start[:30]!r}",
        "FASTA begins with '>', GenBank with 'LOCUS', GFF3 with '##gff-version 3'",
    )


def _tell_sequences(name: str, text: str) -> GenomeFormat:
    sample = "".join(line.strip() for line in text[:400_000].splitlines() if not line.startswith(">")).upper()
    if not sample:
        raise refuse(name, "has headers and no sequence")
    strange = sorted(set(sample) - AMINO_ACIDS)
    if strange:
        raise refuse(name, f"holds no biological sequence: it has the letter {strange[0]!r}")
    if not set(sample) - UNKNOWN:
        raise refuse(name, f"holds no known sequence, nothing but {sample[0]!r}")
    plain = sum(sample.count(letter) for letter in "ACGTUN") / len(sample)
    is_nucleotides = plain >= LEAST_NUCLEOTIDE_FRACTION and set(sample) <= NUCLEOTIDES
    return GenomeFormat.NUCLEOTIDES if is_nucleotides else GenomeFormat.PROTEINS
