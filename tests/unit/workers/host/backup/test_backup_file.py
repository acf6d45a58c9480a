"""A backup is believed only when every byte of it is what its manifest says."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.archive.checked_zip import MANIFEST, Member
from fluxagents.workers.host.backup.backup_file import (
    FILES,
    FOLDERS,
    LEFT_OUT,
    SNAPSHOT,
    STORE,
    BackupFile,
    Manifest,
)
from fluxagents.workers.host.data_folder import NAMES

CONTENTS = {SNAPSHOT: b"REDIS0011", "store/artifacts/ab/abcd": b"table", "message.key": b"k" * 64}


def describe(data: bytes) -> Member:
    return Member(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))


def write(path: Path, contents: dict[str, bytes], listed: dict[str, bytes] | None = None) -> Path:
    """A backup with these members, whose manifest names those that are listed."""
    members = {name: describe(data) for name, data in (contents if listed is None else listed).items()}
    manifest = Manifest(
        written_by="1", taken_at=datetime.now(UTC), key_prefix="flux:", database=0, members=members
    )
    with zipfile.ZipFile(path, "w") as file:
        for name, data in contents.items():
            file.writestr(name, data)
        file.writestr(MANIFEST, manifest.model_dump_json())
    return path


def test_whatever_lies_in_a_data_folder_is_kept_or_left_out_on_purpose() -> None:
    assert sorted(NAMES) == sorted((STORE, *FOLDERS, *FILES, *LEFT_OUT))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    with BackupFile(write(tmp_path / "x.zip", CONTENTS)) as backup:
        assert {name: backup.open(name).read() for name in backup.manifest.members} == CONTENTS


@pytest.mark.parametrize(
    ("contents", "listed", "reason"),
    [
        ({**CONTENTS, "message.key": b"j" * 64}, CONTENTS, "another sha256"),
        ({**CONTENTS, "export.key": b"more"}, CONTENTS, "other members"),
        (CONTENTS, {**CONTENTS, "export.key": b"more"}, "other members"),
        ({"message.key": b"k"}, None, "lacks 'redis.rdb'"),
        *(
            ({**CONTENTS, name: b"x"}, None, "belongs to no installation")
            for name in ("../up", "/etc/passwd", "store/../../up", "store/", "store\\..\\up", "redis/x")
        ),
    ],
)
def test_anything_else_is_refused(
    tmp_path: Path, contents: dict[str, bytes], listed: dict[str, bytes] | None, reason: str
) -> None:
    path = write(tmp_path / "x.zip", contents, listed)
    with pytest.raises(FluxError, match=reason) as refusal:
        BackupFile(path)
    assert refusal.value.kind is ErrorClass.SCHEMA


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.zip", CONTENTS)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FluxError, match="is no zip file"):
        BackupFile(path)


def test_a_backup_of_a_later_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(MANIFEST, '{"format": "fluxagents backup", "version": 2}')
    with pytest.raises(FluxError, match="no manifest that can be read: version"):
        BackupFile(path)
