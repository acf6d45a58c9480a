"""What lies in a folder of this machine or below a prefix of a bucket, for triggers that watch it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.triggers.folders.folder_plan import MAX_FILES, SeenFile
from fluxagents.workers.files.remote_files import hide_secrets, refusal

SCHEMES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs"})
"""Object stores, whose addresses lead to nobody's own server."""

MAX_BYTES = 200_000_000
"""Of a file; a larger one is no model."""

_CHUNK_BYTES = 1 << 20
_STAMPS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "updated")


class FolderListing:
    """As `fluxagents.scheduler.triggers.folders.folder_reader.FolderReader`, by fsspec."""

    def check(self, address: str) -> None:
        scheme, separator, rest = address.partition("://")
        fits = bool(rest) and scheme in SCHEMES if separator else Path(address).is_absolute()
        if not fits or "::" in address or not address.isprintable() or "*" in address:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{hide_secrets(address)!r} is no folder that can be watched",
                suggestions=("write a folder of the workers, from / on", "or a bucket: s3://bucket/prefix"),
            )

    def list(self, address: str, pattern: str) -> Sequence[SeenFile]:
        self.check(address)
        try:
            system, root = url_to_fs(address.rstrip("/"))
            system.invalidate_cache()
            _require(system, root)
            rows: Mapping[str, Any] = system.glob(f"{root}/{pattern}", detail=True)
        except Exception as error:  # noqa: BLE001 - each file system has errors of its own
            raise _away(address, error) from None
        files = [
            row for row in rows.values() if row["type"] == "file" and _is_inside(system, root, row["name"])
        ]
        if len(files) > MAX_FILES:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{hide_secrets(address)!r} holds {len(files):,} such files; {MAX_FILES:,} are the most",
                suggestions=("narrow it with --of, or move what is done elsewhere",),
            )
        return [
            SeenFile(system.unstrip_protocol(row["name"]), int(row["size"] or 0), _stamp(row))
            for row in files
        ]

    def digest(self, address: str) -> str:
        try:
            system, path = url_to_fs(address)
            digest, size = hashlib.sha256(), 0
            with system.open(path, "rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    size += len(chunk)
                    if size > MAX_BYTES:
                        break
        except Exception as error:  # noqa: BLE001 - as above
            raise _away(address, error) from None
        if size > MAX_BYTES:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{hide_secrets(address)!r} has more than {MAX_BYTES // 1_000_000} MB",
            )
        return f"sha256:{digest.hexdigest()}"


def _require(system: AbstractFileSystem, root: str) -> None:
    """Raise what the file system does where a folder is not there; a prefix is there if its bucket is."""
    if isinstance(system, LocalFileSystem):
        next(Path(root).iterdir(), None)
    else:
        system.ls(root.partition("/")[0])


def _is_inside(system: AbstractFileSystem, root: str, name: str) -> bool:
    """Whether a file lies where its name says: a link may lead anywhere."""
    return not isinstance(system, LocalFileSystem) or Path(name).resolve().is_relative_to(
        Path(root).resolve()
    )


def _stamp(row: Mapping[str, Any]) -> str:
    return f"{row['size']}|" + "|".join(str(row[name]) for name in _STAMPS if row.get(name) is not None)


def _away(address: str, error: Exception) -> FluxError:
    reason, suggestions = refusal(address, error)
    return FluxError(
        ErrorClass.PROVIDER_OUTAGE,
        f"{hide_secrets(address)!r} cannot be read: {reason}",
        suggestions=suggestions,
    )
