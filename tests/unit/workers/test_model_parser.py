"""Each way in which a file is no model has its own words; ids stay printable."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
from pathlib import Path

import pytest

from fluxagents.workers.model_parser import RefusedFileError, decoded, expanded, read


@pytest.fixture(scope="module")
def sbml() -> bytes:
    spec = importlib.util.find_spec("cobra")
    assert spec is not None
    assert spec.origin is not None
    return gzip.decompress((Path(spec.origin).parent / "data" / "textbook.xml.gz").read_bytes())


@pytest.mark.parametrize(
    ("written", "prefix", "identifier"),
    [
        ("R_EX_glc__45__D_e", "R_", "EX_glc-D_e"),
        ("R_a__10__b", "R_", "a__10__b"),
        ("M_x__0__", "M_", "x__0__"),
        ("R_a__8364__", "R_", "a__8364__"),
        ("PGI", "R_", "PGI"),
    ],
)
def test_only_printable_ascii_is_decoded(written: str, prefix: str, identifier: str) -> None:
    assert decoded(written, prefix) == identifier


def test_ids_that_make_the_solver_abort_are_read(
    sbml: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = read(sbml.replace(b'R_PGI"', b'R_PG__10__I"').replace(b'M_f6p_c"', b'M_f__1__6p_c"'), ".xml")
    assert "PG__10__I" in model.reactions
    assert model.slim_optimize() == pytest.approx(686440 / 785471)


@pytest.mark.parametrize(
    ("suffix", "content", "says"),
    [
        (".xml", b"hello", "is not SBML: syntax error"),
        (".xml", b"<html></html>", "is not SBML: the outermost element is 'html'"),
        (".xml", b"<sbml><model>", "is truncated"),
        (".xml", b'<!DOCTYPE a [<!ENTITY b "c">]><sbml/>', "declares a document type"),
        (".json", b"{", "is no readable model"),
        (".json", b'{"a": 1}', "is no readable model"),
        (".yml", b"reactions: []", "is no readable model"),
        (".mat", b"x", "is no readable model"),
    ],
)
def test_what_is_no_model(suffix: str, content: bytes, says: str) -> None:
    with pytest.raises(RefusedFileError, match=says):
        read(content, suffix)


@pytest.mark.parametrize(
    ("suffix", "content", "says"),
    [
        (".xml.gz", gzip.compress(b"x" * 10_000)[:20], "is truncated"),
        (".xml.gz", b"plain", "cannot be decompressed"),
        (".xml.gz", gzip.compress(b""), "is empty when decompressed"),
        (".xml.gz", gzip.compress(b"\0" * 5_000_000), "is larger than 1 MB when decompressed"),
        (".xml.bz2", bz2.compress(b"\0" * 5_000_000), "is larger than 1 MB when decompressed"),
        (".xml.bz2", b"plain", "cannot be decompressed"),
    ],
)
def test_what_cannot_be_decompressed(tmp_path: Path, suffix: str, content: bytes, says: str) -> None:
    path = tmp_path / "original"
    path.write_bytes(content)
    with pytest.raises(RefusedFileError, match=says):
        expanded(path, suffix, 1_000_000)
