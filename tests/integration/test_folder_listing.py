"""Folders that triggers watch: on this machine, and in a bucket spoken to over a socket."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from tests.support.bucket_server import KEY, SECRET, serving_bucket

from fluxagents.flows.errors import FluxError
from fluxagents.workers.files.folder_listing import FolderListing


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[fsspec.AbstractFileSystem]:
    """A server of the S3 protocol, and the environment of somebody who may use it."""
    with serving_bucket() as url:
        environment = {
            "AWS_CONFIG_FILE": str(tmp_path / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        kind = fsspec.get_filesystem_class("s3")
        kind.clear_instance_cache()
        yield fsspec.filesystem("s3")
        kind.clear_instance_cache()


def test_files_of_a_folder_have_a_stamp_that_changes_with_them(tmp_path: Path) -> None:
    folder, listing = tmp_path / "models", FolderListing()
    (folder / "old").mkdir(parents=True)
    for name in ("a.xml", "b.txt", "old/c.xml"):
        (folder / name).write_bytes(b"<sbml/>")
    (seen,) = listing.list(str(folder), "*.xml")
    assert (seen.address, seen.size) == (f"file://{folder}/a.xml", 7)
    assert listing.list(str(folder), "*.xml") == [seen]
    assert {Path(each.address).name for each in listing.list(str(folder), "**/*.xml")} == {"a.xml", "c.xml"}
    assert listing.digest(seen.address) == f"sha256:{hashlib.sha256(b'<sbml/>').hexdigest()}"
    os.utime(folder / "a.xml", (1, 1))
    (touched,) = listing.list(str(folder), "*.xml")
    assert touched.stamp != seen.stamp


def test_a_link_leads_out_of_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret.xml").write_bytes(b"x")
    (folder / "link.xml").symlink_to(tmp_path / "secret.xml")
    (folder / "own.xml").write_bytes(b"x")
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "other.xml").write_bytes(b"x")
    (folder / "others").symlink_to(tmp_path / "others")
    for pattern in ("*.xml", "*/*.xml", "**/*.xml"):
        found = FolderListing().list(str(folder), pattern)
        assert {Path(each.address).name for each in found} <= {"own.xml"}, pattern
    assert FolderListing().list(str(folder), "../*.xml") == []


def test_a_folder_that_is_not_there_is_away_and_an_empty_one_is_not(tmp_path: Path) -> None:
    with pytest.raises(FluxError, match="cannot be read: No such file or directory"):
        FolderListing().list(str(tmp_path / "none"), "*")
    (tmp_path / "file").write_text("x")
    with pytest.raises(FluxError, match="cannot be read: Not a directory"):
        FolderListing().list(str(tmp_path / "file"), "*")
    (tmp_path / "empty").mkdir()
    assert FolderListing().list(str(tmp_path / "empty"), "*") == []


@pytest.mark.parametrize(
    "address",
    ["", "models", "http://example.org/x", "sftp://host/x", "zip::s3://a/b", "/data/*", "s3://", "/a\nb"],
)
def test_other_addresses_cannot_be_watched(address: str) -> None:
    with pytest.raises(FluxError, match="no folder that can be watched"):
        FolderListing().check(address)


def test_a_prefix_of_a_bucket_is_a_folder(bucket: fsspec.AbstractFileSystem) -> None:
    listing = FolderListing()
    assert listing.list("s3://bucket/models", "*.xml") == []
    bucket.pipe_file("bucket/models/a.xml", b"<sbml/>")
    (seen,) = listing.list("s3://bucket/models/", "*.xml")
    assert seen.address == "s3://bucket/models/a.xml"
    assert listing.digest(seen.address) == f"sha256:{hashlib.sha256(b'<sbml/>').hexdigest()}"
    bucket.pipe_file("bucket/models/a.xml", b"<sbml />")
    (changed,) = listing.list("s3://bucket/models", "*.xml")
    assert changed.stamp != seen.stamp
    with pytest.raises(FluxError, match="cannot be read") as away:
        listing.list("s3://nobucket/models", "*")
    assert SECRET not in str(away.value)
