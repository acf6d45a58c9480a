"""What the installation writes is its owner's alone, also where an earlier version left it open."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fluxagents.workers.machine.private_files import (
    append_private,
    close_to_others,
    make_private_folder,
    write_private,
)


@pytest.fixture(autouse=True)
def generous_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_folders_and_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "logs"
    make_private_folder(folder)
    write_private(folder / "password", "secret")
    with append_private(folder / "tools.log") as log:
        log.write(b"a line\n")
    assert {mode(folder), mode(folder.parent)} == {0o700}
    assert {mode(folder / "password"), mode(folder / "tools.log")} == {0o600}
    assert (folder / "password").read_text() == "secret"


def test_a_folder_that_exists_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    make_private_folder(tmp_path)
    assert mode(tmp_path) == 0o750


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(tmp_path / "run.json", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_what_was_left_open_is_closed_and_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "logs").mkdir(parents=True, mode=0o755)
    (data / "mine").mkdir(mode=0o755)
    (data / "logs" / "tools.log").touch(mode=0o644)
    (data / "logs" / "elsewhere").symlink_to(tmp_path)
    tmp_path.chmod(0o755)
    closed = close_to_others(data, ["logs", "run.json"])
    assert closed == [data, data / "logs", data / "logs" / "tools.log"]
    assert {mode(data), mode(data / "logs")} == {0o700}
    assert mode(data / "logs" / "tools.log") == 0o600
    assert {mode(data / "mine"), mode(tmp_path)} == {0o755}
    assert close_to_others(data, ["logs"]) == []


def test_a_folder_for_many_stays_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    assert close_to_others(tmp_path, ["logs"]) == []
    assert mode(tmp_path) == 0o1777
