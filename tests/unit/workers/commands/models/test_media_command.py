"""`fluxagents media` shows media with their sources, also as a model sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers import cli
from fluxagents.workers.settings import Settings


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    captured = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 0), captured.out, captured.err


def test_the_list_has_the_users_media(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.tsv").write_text("# source: my notebook\nbigg\tuptake_mmol_per_gdw_h\nac\t3\n")
    monkeypatch.setenv("FLUXAGENTS_MEDIA_DIR", str(tmp_path))
    code, out, _ = call(capsys, "media", "list", "--json")
    found = {medium["name"]: medium for medium in json.loads(out)}
    assert code == 0
    assert found["mine"]["source"] == "my notebook"
    assert found["mine"]["is_users"]
    assert "doi:" in found["M9_glucose"]["source"]
    code, out, _ = call(capsys, "media", "show", "mine")
    assert "source: my notebook" in out
    assert "cpd00029" in out


def test_files_that_are_no_media_are_named_in_the_list(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sheet.xlsx").write_text("x")
    (tmp_path / "bad.csv").write_text("bigg,maxflux\nac,-1\n")
    (tmp_path / "seed.tsv").write_text("id\tminflux\tmaxflux\ncpd00029\t-100\t3\n")
    monkeypatch.setenv("FLUXAGENTS_MEDIA_DIR", str(tmp_path))
    code, out, err = call(capsys, "media", "list", "--json")
    names = {medium["name"] for medium in json.loads(out)}
    assert code == 0
    assert {"seed", "LB"} <= names
    assert "bad" not in names
    assert "sheet.xlsx' is no medium" in " ".join(err.split())
    assert "'-1'" in err
    _, out, _ = call(capsys, "media", "show", "seed")
    assert "warning: the column minflux is not read" in out


def test_a_medium_is_shown_as_a_model_sees_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "media", "show", "GMM", "--model", "e_coli_core", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["uptakes_mmol_per_gdw_h"]["EX_glc__D_e"] == 5
    assert "calcium" in found["unmapped"]
    _, out, _ = call(capsys, "media", "show", "GMM", "--model", "e_coli_core")
    assert "14 of 20 compounds have no exchange in e_coli_core" in out


def test_an_unknown_medium_is_an_error_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "media", "show", "M9_glucos")
    assert code == 2
    assert "no medium 'M9_glucos'" in err
    assert "M9_glucose" in err


def test_a_media_folder_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUXAGENTS_MEDIA_DIR", "/no/such/folder")
    with pytest.raises(FluxError, match="FLUXAGENTS_MEDIA_DIR='/no/such/folder'"):
        Settings.load()
