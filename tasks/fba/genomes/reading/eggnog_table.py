"""Annotations of eggNOG-mapper: EC numbers, KEGG orthologs and genes of BiGG models by protein."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence

from fluxagents.tasks.fba.genomes.protein_table import Protein, make_gene_id
from fluxagents.tasks.fba.genomes.reading.genome_file import (
    GenomeFile,
    GenomeFormat,
    refuse,
    refuse_twice,
)

_READ = ("Description", "EC", "KEGG_ko", "BiGG_Reaction", "score")
"""The columns whose words are taken, where the table has them."""


def read_eggnog(file: GenomeFile) -> Iterator[Protein]:
    """The proteins of a table without their sequences: what it says about them is all that is known.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is no such table, or names no gene of a BiGG model.
    """
    rows = _read_rows(file)
    if not any(_list(row, "BiGG_Reaction") for row in rows.values()):
        raise refuse(
            file.name,
            "names no gene of a BiGG model in its column BiGG_Reaction",
            "give the proteins, and this table as their annotations",
        )
    for name, row in rows.items():
        yield _merge(Protein(protein=name, sequence="", source=file.format), row)


def add_eggnog(proteins: Sequence[Protein], file: GenomeFile) -> tuple[Protein, ...]:
    """The proteins with what the table says about them.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is no such table, or speaks of none of the proteins.
    """
    if file.format is not GenomeFormat.EGGNOG:
        raise refuse(file.name, f"is {file.format}, not a table of eggNOG-mapper")
    rows = _read_rows(file)
    if not any(protein.protein in rows for protein in proteins):
        first = next(iter(rows), "")
        names = f"its first is '{first}', that of the genome '{proteins[0].protein}'"
        raise refuse(
            file.name, f"speaks of none of the proteins: {names}", "run eggNOG-mapper on the same proteins"
        )
    return tuple(_merge(protein, rows.get(protein.protein, {})) for protein in proteins)


def _read_rows(file: GenomeFile) -> dict[str, Mapping[str, str]]:
    lines = [line for line in file.text.splitlines() if not line.startswith("##")]
    lines[0] = lines[0].removeprefix("#")
    rows: dict[str, Mapping[str, str]] = {}
    for row in csv.DictReader(lines, delimiter="\t"):
        name = make_gene_id(row["query"])
        if any(row.get(column, "") is None for column in _READ):
            raise refuse(
                file.name, f"has a row with fewer columns than its header: '{name}'", "copy it again"
            )
        if name in rows:
            raise refuse_twice(file.name, name)
        rows[name] = row
    if not rows:
        raise refuse(file.name, "has a header and no row")
    return rows


def _merge(protein: Protein, row: Mapping[str, str]) -> Protein:
    return protein.model_copy(
        update={
            "function": protein.function or _read(row, "Description"),
            "ec_numbers": _join(protein.ec_numbers, _list(row, "EC")),
            "kegg_orthologs": _join(
                protein.kegg_orthologs, [name.removeprefix("ko:") for name in _list(row, "KEGG_ko")]
            ),
            # The column is called so, and holds genes.
            "bigg_genes": _join(protein.bigg_genes, _list(row, "BiGG_Reaction")),
            "bit_score": _read_score(_read(row, "score")),
        }
    )


def _read(row: Mapping[str, str], column: str) -> str:
    """A cell; empty where there is nothing, which the table writes as '-'."""
    cell = row.get(column, "").strip()
    return "" if cell == "-" else cell


def _list(row: Mapping[str, str], column: str) -> list[str]:
    return [word for word in _read(row, column).split(",") if word]


def _join(known: str, further: Sequence[str]) -> str:
    return " ".join(dict.fromkeys((*known.split(), *further)))


def _read_score(cell: str) -> float | None:
    try:
        score = float(cell)
    except ValueError:
        return None
    return score if math.isfinite(score) else None
