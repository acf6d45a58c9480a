"""Proteins find themselves among reference proteins, by each program that this machine has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.support.genomes import read_reference_proteins, write_fasta

from fluxagents.tasks.fba.genomes import alignment
from fluxagents.tasks.fba.genomes.alignment import Aligner, align, find_aligner
from fluxagents.tasks.fba.genomes.protein_table import Protein

KINDS = ("diamond", "mmseqs")


def aligner_named(name: str) -> Aligner:
    found = find_aligner()
    if name == "diamond" and found.name != "diamond":
        pytest.skip("diamond is not installed (apt-get install diamond-aligner); MMseqs2 is tested")
    if name == "mmseqs":
        program = alignment._find_mmseqs()
        assert program is not None, "the extra 'genome' brings it"
        return Aligner("mmseqs", program, alignment._read_version(program, "version"))
    return found


@pytest.mark.parametrize("name", KINDS)
def test_a_protein_is_most_like_itself(name: str, tmp_path: Path) -> None:
    known = read_reference_proteins(40)
    reference = write_fasta(tmp_path / "reference.faa", known)
    long = [pair for pair in known if len(pair[1]) > 150][:5]
    proteins = [Protein(protein=f"mine_{index}", sequence=body) for index, (_, body) in enumerate(long)]
    changed = list(long[0][1])
    changed[20:120:5] = "W" * 20
    proteins.append(Protein(protein="changed", sequence="".join(changed)))
    proteins.append(Protein(protein="random", sequence="GS" * 60))
    proteins.append(Protein(protein="unread", sequence=""))
    hits = align(proteins, reference, aligner_named(name))
    best = {hit.protein: hit for hit in reversed(hits)}
    for index, (identifier, _) in enumerate(long):
        assert best[f"mine_{index}"].reference == identifier
        assert best[f"mine_{index}"].identity_percent == pytest.approx(100.0)
        assert best[f"mine_{index}"].coverage_fraction == pytest.approx(1.0)
    assert best["changed"].reference == long[0][0]
    assert (best["changed"].identity_percent or 100.0) < 96
    assert best["changed"].bit_score < best["mine_0"].bit_score
    assert not {"random", "unread"} & set(best)


def test_what_to_do_without_an_aligner_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(alignment, "_find_mmseqs", lambda: None)
    with pytest.raises(Exception, match="no program here that aligns proteins") as raised:
        find_aligner()
    assert "apt-get install diamond-aligner" in str(getattr(raised.value, "suggestions", ""))
