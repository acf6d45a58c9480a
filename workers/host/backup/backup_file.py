"""A whole installation as one file: a zip of what Redis holds and of the files of the data folder.

`manifest.json` names every other member with its sha256 and size, and nothing else may be in the file:

redis.rdb        all that Redis held at one moment, in its own format
store/…          models, artifacts and archived runs
flows/…, media/… what the user laid there
message.key, export.key, flower.password, biochem.sqlite
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError

SUFFIX = ".backup.zip"
MANIFEST = "manifest.json"
SNAPSHOT = "redis.rdb"
STORE = "store"
FOLDERS = ("flows", "media")
FILES = ("message.key", "export.key", "flower.password", "biochem.sqlite")
"""Of the data folder; not the password of the embedded Redis, which a new folder chooses anew."""
LEFT_OUT = ("redis", "logs", "reports", "run.json", "run.lock", "session.key")
"""Of the data folder: Redis is asked instead, and the rest is of one start, or was a copy for its reader; who
was signed in signs in again."""

CHUNK_BYTES = 1 << 20
MAX_MANIFEST_BYTES = 1 << 30

_NAME = re.compile(
    rf"{re.escape(SNAPSHOT)}|{'|'.join(map(re.escape, FILES))}"
    rf"|(?:{'|'.join((STORE, *FOLDERS))})(?:/(?!\.{{1,2}}(?:/|$))[^/\\\0]+)+"
)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What `zipfile` raises for a file that is none, is cut off, or is packed or encrypted in its own way."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(_Frozen):
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)


class Manifest(_Frozen):
    """What is in a backup, and from where."""

    format: Literal["fluxagents backup"] = "fluxagents backup"
    version: Literal[1] = 1
    written_by: str
    """The version of this software."""
    taken_at: AwareDatetime
    """When Redis was asked for its snapshot."""
    key_prefix: str
    database: int = Field(ge=0)
    """The one of Redis that holds the runs."""
    left_out: tuple[str, ...] = ()
    """What the installation uses and the file does not hold, in words."""
    members: dict[str, Member]

    @property
    def size_bytes(self) -> int:
        return sum(member.size_bytes for member in self.members.values())


class BackupFile:
    """A backup of which every member has been checked.

    Raises:
        FluxError: `SCHEMA` if it is no backup, is damaged, or holds anything that a backup does not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError as error:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"there is no file {str(path)!r}") from error
        except _DAMAGE as error:
            raise self._refusal(f"is no zip file: {error}") from error
        try:
            self.manifest = self._read_manifest()
            self._check_members()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def open(self, name: str) -> IO[bytes]:
        """A member, to be read from its beginning."""
        return self._zip.open(name)

    def _read_manifest(self) -> Manifest:
        try:
            with self._zip.open(MANIFEST) as file:
                return Manifest.model_validate_json(file.read(MAX_MANIFEST_BYTES))
        except KeyError as error:
            raise self._refusal(f"lacks {MANIFEST!r}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise self._refusal(f"has no manifest that can be read: {where}: {first['msg']}") from error
        except _DAMAGE as error:
            raise self._refusal(f"is damaged: {MANIFEST!r} cannot be read: {error}") from error

    def _check_members(self) -> None:
        names = sorted(name for name in self._zip.namelist() if name != MANIFEST)
        if names != sorted(self.manifest.members):
            raise self._refusal("holds other members than its manifest says")
        if SNAPSHOT not in names:
            raise self._refusal(f"lacks {SNAPSHOT!r}")
        for name, member in self.manifest.members.items():
            if _NAME.fullmatch(name) is None:
                raise self._refusal(f"holds {name[:100]!r}, which belongs to no installation")
            try:
                with self.open(name) as file:
                    digest = hash_chunks(read_chunks(file))
            except _DAMAGE as error:
                raise self._refusal(f"is damaged: {name!r} cannot be read: {error}") from error
            if digest != member:
                raise self._refusal(f"is damaged: {name!r} has another sha256 than its manifest says")

    def _refusal(self, why: str) -> FluxError:
        return FluxError(
            ErrorClass.SCHEMA,
            f"file {str(self._path)!r} {why}",
            suggestions=("`fluxagents backup FILE` writes a file that can be restored; take another copy",),
        )


def hash_chunks(chunks: Iterator[bytes]) -> Member:
    """The digest and size of bytes that come in parts."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return Member(sha256=digest.hexdigest(), size_bytes=size)


def read_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file, in parts."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def write_through(chunks: Iterator[bytes], target: IO[bytes]) -> Iterator[bytes]:
    """The same parts, each written to a file as it passes."""
    for chunk in chunks:
        target.write(chunk)
        yield chunk
