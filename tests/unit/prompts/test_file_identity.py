"""A file is read once for as long as it stays the same, and again as soon as it is another one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fluxagents.prompts.file_identity import FileIdentity, once_per_content


class Reader:
    """Reads files and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def read(self, *paths: Path) -> str:
        self.count += 1
        return "".join(path.read_text() for path in paths)


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test writes was written long before it is read."""
    monkeypatch.setattr("fluxagents.prompts.file_identity.CLOCK_STEP_NS", -(10**18))


def test_unchanged_files_are_read_once(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("a")
    other.write_text("b")
    reader = Reader()
    read = once_per_content(reader.read)
    assert [read(one, other), read(one, other), read(one, other)] == ["ab"] * 3
    assert reader.count == 1


def _rewrite(path: Path) -> None:
    path.write_text("changed")


def _rewrite_same_size_and_time(path: Path) -> None:
    before = path.stat()
    path.write_text("b" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace(path: Path) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text("c" * path.stat().st_size)
    draft.replace(path)


@pytest.mark.parametrize("change", [_rewrite, _rewrite_same_size_and_time, _replace])
def test_a_changed_file_is_read_again(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "file"
    path.write_text("a")
    read = once_per_content(Reader().read)
    identity = FileIdentity.of(path)
    assert read(path) == "a"
    # The clock of a file system may be coarser than this test is fast.
    while FileIdentity.of(path) == identity:
        change(path)
    assert read(path) == path.read_text()
    assert read(path) != "a"


def test_a_file_that_was_just_written_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluxagents.prompts.file_identity.CLOCK_STEP_NS", 10**18)
    path = tmp_path / "file"
    path.write_text("a")
    reader = Reader()
    read = once_per_content(reader.read)
    assert (read(path), read(path)) == ("a", "a")
    assert reader.count == 2


def test_a_missing_file_gets_the_error_of_its_reader(tmp_path: Path) -> None:
    def read(path: Path) -> str:
        raise ValueError(f"no {path.name}")

    with pytest.raises(ValueError, match="no such"):
        once_per_content(read)(tmp_path / "such")
