"""Genomes in each format, and what is said about files that are none."""

from __future__ import annotations

import gzip
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from Bio import Seq as SequenceModule
from Bio import SeqFeature as FeatureModule
from Bio import SeqIO
from Bio.SeqRecord import SeqRecord
from tests.support.annotated_genomes import CODONS
from tests.support.genomes import GENOME, read_reference_proteins, write_fasta

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.reading import genome_file
from fluxagents.tasks.fba.genomes.reading.eggnog_table import add_eggnog
from fluxagents.tasks.fba.genomes.reading.genome_file import GenomeFormat, read_genome_file
from fluxagents.tasks.fba.genomes.reading.protein_reading import read_proteins

Seq: Any = SequenceModule.Seq
Feature: Any = FeatureModule
"""Biopython has no types here."""


def encode(protein: str) -> str:
    return "".join(CODONS[letter] for letter in protein) + "TAA"


@pytest.fixture(scope="module")
def proteins() -> list[tuple[str, str]]:
    whole = [
        pair for pair in read_reference_proteins(400) if pair[1][0] == "M" and set(pair[1]) <= set(CODONS)
    ]
    return [pair for pair in whole if 250 < len(pair[1]) < 500][:30]


@pytest.fixture(scope="module")
def contig(proteins: list[tuple[str, str]]) -> str:
    """Genes with a binding site before each, every other one on the other strand."""
    genes = [f"TTAACTAGCTAAGGAGGTTTAACT{encode(body)}TTAATTAACTGATCG" for _, body in proteins]
    turned = [str(Seq(gene).reverse_complement()) if at % 2 else gene for at, gene in enumerate(genes)]
    return "".join(turned)


def write_gff(words: str, *, place: str = "1\t9", contigs: str = ">c\nATGAAATAA\n") -> bytes:
    return f"##gff-version 3\nc\tx\tCDS\t{place}\t.\t+\t0\t{words}\n##FASTA\n{contigs}".encode()


def read(file: Path, sequences: Path | None = None) -> Any:
    return read_proteins(read_genome_file(file), read_genome_file(sequences) if sequences else None)


def test_genes_of_nucleotides_are_called(
    proteins: list[tuple[str, str]], contig: str, tmp_path: Path
) -> None:
    file = tmp_path / "genome.fna.gz"
    file.write_bytes(gzip.compress(f">chromosome E. coli\n{contig}\n".encode()))
    called = read(file)
    found = {protein.sequence for protein in called}
    assert len([body for _, body in proteins if body in found]) >= 0.9 * len(proteins)
    assert {protein.contig for protein in called} == {"chromosome"}
    assert {protein.strand for protein in called} == {"+", "-"}
    assert called[0].source.startswith("pyrodigal ")


def test_genbank_and_gff_give_the_proteins_that_they_name(contig: str, tmp_path: Path) -> None:
    sequence = Seq(contig[:3000])
    start = contig.index("ATG")
    end = contig.index("TAATTAATTAACTGATCG") + 3
    words = {"locus_tag": ["b1|x"], "product": ["enolase (EC 4.2.1.11)"], "transl_table": ["11"]}
    record = SeqRecord(sequence, id="chr1", annotations={"molecule_type": "DNA"})
    record.features = [
        Feature.SeqFeature(Feature.SimpleLocation(start, end, 1), type="CDS", qualifiers=words)
    ]
    out = StringIO()
    SeqIO.write(record, out, "genbank")
    genbank = tmp_path / "genome.gbk"
    genbank.write_text(out.getvalue())
    [protein] = read(genbank)
    assert protein.protein == "b1_x"
    assert protein.ec_numbers == "4.2.1.11"
    assert (protein.start, protein.end, protein.strand) == (start + 1, end, "+")
    assert protein.sequence == str(Seq(contig[start : end - 3]).translate(table=11))

    gff = tmp_path / "genome.gff"
    line = f"chr1\tBakta\tCDS\t{start + 1}\t{end}\t.\t+\t0\tID=b1;product=enolase%3B K01689"
    gff.write_text(f"##gff-version 3\n{line}\n")
    contigs = write_fasta(tmp_path / "contigs.fna", [("chr1", contig[:3000])])
    [same] = read(gff, contigs)
    assert same.sequence == protein.sequence
    assert (same.function, same.kegg_orthologs) == ("enolase; K01689", "K01689")
    with pytest.raises(FluxError, match="has no sequences"):
        read(gff)
    wrong = write_fasta(tmp_path / "proteins.faa", [("p", protein.sequence)])
    with pytest.raises(FluxError, match="is protein FASTA, and GFF3 needs nucleotides"):
        read(gff, wrong)


def test_the_same_genome_has_one_digest_packed_or_not(tmp_path: Path) -> None:
    plain, packed = tmp_path / "p.faa", tmp_path / "p.faa.gz"
    plain.write_bytes(b">p1\nMKVLW\n")
    packed.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    stored = read_genome_file(packed).file
    assert stored.digest == read_genome_file(plain).file.digest
    assert stored.content == plain.read_bytes()


def test_a_table_of_eggnog_alone_names_proteins_without_sequences() -> None:
    proteins = read(GENOME)
    assert {protein.sequence for protein in proteins} == {""}
    known = {protein.protein: protein.bigg_genes for protein in proteins}
    assert known["b2779"] == "iML1515.b2779"


def test_annotations_of_eggnog_are_added(proteins: list[tuple[str, str]], tmp_path: Path) -> None:
    genome = read(write_fasta(tmp_path / "p.faa", [("p1", proteins[0][1]), ("p2", proteins[1][1])]))
    table = tmp_path / "p.emapper.annotations"
    table.write_text(
        "## emapper-2.1.13\n#query\tscore\tDescription\tEC\tKEGG_ko\tBiGG_Reaction\n"
        "p2\t612.0\tEnolase\t4.2.1.11\tko:K01689\tiML1515.b2779,iYO844.BSU33900\n"
    )
    plain, known = add_eggnog(genome, read_genome_file(table))
    assert plain == genome[0]
    assert (known.function, known.ec_numbers, known.kegg_orthologs) == ("Enolase", "4.2.1.11", "K01689")
    assert known.bigg_genes == "iML1515.b2779 iYO844.BSU33900"
    assert known.bit_score == 612.0
    table.write_text("#query\tEC\nother\t-\n")
    with pytest.raises(FluxError, match="speaks of none of the proteins"):
        add_eggnog(genome, read_genome_file(table))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (gzip.compress(b"  \n", mtime=0), "is empty"),
        (gzip.compress(b">a\nMKV" * 9999, mtime=0)[:-90], "is damaged"),
        (b"\x1f\x8bnothing", "is damaged"),
        (b"\x89PNG\xff\xfe\x00", "is no text"),
        (b"gene,growth\nb0001,0.3\n", "is no genome: it begins with 'gene,growth"),
        (b">a\n>b\n", "has headers and no sequence"),
        (b">a\nMKV12\n", "holds no biological sequence: it has the letter '1'"),
        (b">a\nMKVLW\n>a\nMKVLW\n", "has the id 'a' twice"),
        (b">\nMKVLW\n", "has a record without an id"),
        (b">a\n" + b"ACGT" * 20 + b"\n", "holds no protein"),
        (b"##gff-version 3\nchr1\tx\tCDS\n##FASTA\n>chr1\nACGT\n", "has no line of GFF3 at 2"),
        (b"##gff-version 3\nc\tx\tgene\t1\t9\t.\t+\t0\tID=a\n##FASTA\n>c\nACGT\n", "has no coding sequence"),
        (b"##gff-version 3\nd\tx\tCDS\t1\t9\t.\t+\t0\tID=a\n##FASTA\n>c\nACGT\n", "contig 'd'"),
        (b"LOCUS       nonsense", "GenBank|holds no protein"),
        (b">a|b\nMKVLW\n>a_b\nMKVLW\n", "has the id 'a_b' twice"),
        (b">a\tone\nMKVLW\n>a\tother\nMKVLW\n", "has the id 'a' twice"),
        (b">c\n" + b"N" * 60, "holds no known sequence, nothing but 'N'"),
        (b">a\n>b\nMKVLW\n", "has no sequence of 'a'"),
        (b">a\n>b\n" + b"ACGT" * 20, "has no sequence of 'a'"),
        (b">a\nMKVLW\n>c\n" + b"ACGT" * 20, "has bases where the protein 'c' should be"),
        (b">c\n" + b"ACGT" * 100_000 + b"\n>p\nMKVLE\n", "has the letter 'E' in the contig 'p'"),
        (b">c\n" + b"ACGT" * 100_000 + b"\n>p\n\xc3\xa9\n", "has the letter 'É' in the contig 'p'"),
        (b"##gff-version 2\nc\tx\tCDS\t1\t9\t.\t+\t0\tx\n", "is no genome: it begins with '##gff-version 2"),
        (write_gff("ID=a", contigs=">c\nMKVLE\n"), "has the letter 'E' in the contig 'c'"),
        (write_gff("ID=a", contigs=">c\nACGTACGTA\n>c\nACGT\n"), "has the id 'c' twice"),
        (write_gff("ID=a", contigs="\n"), "has no sequences"),
        (write_gff("ID=a;transl_table=no"), "gives 'a' the genetic code 'no'"),
        (write_gff("ID=a;transl_table=99"), "gives 'a' the genetic code '99'"),
        (write_gff("ID=a", place="1\t12"), "from 1 to 12 in line 2, and the contig 'c' has 9 bases"),
        (write_gff("ID=a", place="9\t1"), "from 9 to 1 in line 2"),
        (b"#query\tscore\tBiGG_Reaction\n", "has a header and no row"),
        (b"#query\tscore\tBiGG_Reaction\na\t9\t-\n", "names no gene of a BiGG model"),
        (b"#query\tscore\tBiGG_Reaction\na\t9\n", "fewer columns than its header: 'a'"),
        (b"#query\tscore\tBiGG_Reaction\n" + b"a\t9\tiML1515.b2779\n" * 2, "has the id 'a' twice"),
    ],
)
def test_a_file_that_is_no_genome_says_why(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_bytes(content)
    with pytest.raises(FluxError, match=message) as raised:
        read(file)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT
    assert "file.txt" in str(raised.value)


def test_a_file_that_is_too_large_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(genome_file, "MAX_BYTES", 1_000_000)
    for name, data in (("plain", b"A" * 1_000_001), ("packed", gzip.compress(b"A" * 50_000_000, mtime=0))):
        file = tmp_path / name
        file.write_bytes(data)
        with pytest.raises(FluxError, match="has more than 1 MB"):
            read_genome_file(file)


def test_proteins_of_only_common_letters_are_proteins(tmp_path: Path) -> None:
    file = write_fasta(tmp_path / "p.faa", [("p", "MAGTCSLKVVA")])
    assert read_genome_file(file).format is GenomeFormat.PROTEINS
