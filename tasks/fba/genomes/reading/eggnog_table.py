"""Annotations of eggNOG-mapper: EC numbers, KEGG orthologs and genes of BiGG models by protein."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence

from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reading.genome_file import GenomeFile, GenomeFormat, refuse

_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-]")


def read_eggnog(file: GenomeFile) -> Iterator[Protein]:
    """The proteins of a table without their sequences: what it says about them is all that is known."""
    for name, row in _read_rows(file).items():
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
    return {_UNSAFE.sub("_", row["query"]): row for row in csv.DictReader(lines, delimiter="\t")}


def _merge(protein: Protein, row: Mapping[str, str]) -> Protein:
    function = row.get("Description", "-")
    return protein.model_copy(
        update={
            "function": protein.function or ("" if function == "-" else function),
            "ec_numbers": _join(protein.ec_numbers, row.get("EC", "-")),
            "kegg_orthologs": _join(protein.kegg_orthologs, row.get("KEGG_ko", "-").replace("ko:", "")),
            # The column is called so, and holds genes.
            "bigg_genes": _join(protein.bigg_genes, row.get("BiGG_Reaction", "-")),
            "bit_score": _read_score(row.get("score", "-")),
        }
    )


def _join(known: str, listed: str) -> str:
    further = [] if listed in {"", "-"} else listed.split(",")
    return " ".join(dict.fromkeys((*known.split(), *further)))


def _read_score(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
