"""The data folder is made private, and what is wrong with it is said in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.workers.host import data_folder
from fluxagents.workers.settings import Settings


def test_a_new_one_is_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "a" / "b")
    assert data_folder.prepare(settings) == ""
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700
    assert list(settings.data_dir.iterdir()) == []


def test_one_that_was_left_open_is_closed_with_a_word(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    settings.log_dir.mkdir(parents=True)
    settings.data_dir.chmod(0o755)
    settings.log_dir.chmod(0o755)
    assert data_folder.prepare(settings) == (
        f"{settings.data_dir} was open to other users; it is private now, and so is what lies in it"
    )
    assert data_folder.prepare(settings) == ""


def test_one_below_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path / "file" / "data"))
    with pytest.raises(FluxError, match=r"FLUXAGENTS_DATA_DIR=.*: .*/file is a file, no folder"):
        Settings.load()


def test_one_that_cannot_be_made_is_refused() -> None:
    settings = Settings(data_dir=Path("/proc/fluxagents"))
    with pytest.raises(FluxError, match=r"the data folder /proc/fluxagents cannot be used: no such file"):
        data_folder.prepare(settings)


def test_one_that_cannot_be_written_says_why() -> None:
    assert data_folder.find_problem(Path("/proc/sys")) != ""
    assert data_folder.find_problem(Path("/nowhere")) == "no such file or directory"
