"""A zip file with a manifest that names every member: nothing in it is believed before it was checked.

Runs, sessions and whole installations are written as such files. `manifest.json` says of each member its
sha256 and size, and nothing else may be in the file; a signed file has `signature.json` as well, the
signature of the manifest and so of all of it.
"""

from __future__ import annotations

import hashlib
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Generic, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.archive.run_signature import ExportKeys, Signature

MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
MAX_SIGNATURE_BYTES = 2**16
CHUNK_BYTES = 1 << 20

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What `zipfile` raises for a file that is none, is cut off, or is packed or encrypted in its own way."""


class Member(BaseModel):
    """What the manifest says of one member."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)

    @classmethod
    def of(cls, chunks: Iterator[bytes]) -> Self:
        """Of bytes that come in parts."""
        digest, size = hashlib.sha256(), 0
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
        return cls(sha256=digest.hexdigest(), size_bytes=size)


class Listing(Protocol):
    """A manifest, of a pydantic model: it names its members, beside what it says of the whole."""

    @property
    def members(self) -> Mapping[str, Member]:
        """Name -> what it holds."""
        ...

    @classmethod
    def model_validate_json(cls, json_data: bytes) -> Self:
        """Read one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipRules:
    """What a file of one kind may hold."""

    what: str
    """That it is of, such as a run."""
    name: re.Pattern[str]
    """Of a member that the manifest lists."""
    way_out: str
    """How a good file is made."""
    is_signed: bool = True
    max_manifest_bytes: int
    max_members: int = sys.maxsize
    max_bytes: int = sys.maxsize
    """Of all members together, unpacked."""
    max_member_bytes: int = sys.maxsize


ListingType = TypeVar("ListingType", bound=Listing)


class CheckedZip(Generic[ListingType]):
    """A file whose members are those that its manifest names; what is read of them has its sha256.

    Args:
        path: The file.
        kind: Its manifest.
        rules: What it may hold.

    Raises:
        FluxError: `SCHEMA` if it is no such file, is damaged, or holds anything that it should not.
    """

    def __init__(self, path: Path, kind: type[ListingType], rules: ZipRules) -> None:
        self._path = path
        self._rules = rules
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError as error:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"there is no file {str(path)!r}") from error
        except _DAMAGE as error:
            raise self.refusal(f"is no zip file: {error}") from error
        try:
            self.manifest = self._check(kind)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def read(self, name: str) -> bytes:
        """The bytes of a member, which are those that the manifest names."""
        member = self.manifest.members.get(name)
        if member is None:
            raise self.refusal(f"lacks {name!r}")
        data = self._read(name, member.size_bytes)
        if hashlib.sha256(data).hexdigest() != member.sha256:
            raise self._digest_refusal(name)
        return data

    def open(self, name: str) -> IO[bytes]:
        """A member that is too large for memory, to be read from its beginning; see `check_digests`."""
        return self._zip.open(name)

    def check_digests(self) -> None:
        """Read all of the file.

        Raises:
            FluxError: `SCHEMA` if a member is not what the manifest says.
        """
        for name, member in self.manifest.members.items():
            try:
                with self.open(name) as file:
                    found = Member.of(read_chunks(file))
            except _DAMAGE as error:
                raise self._read_refusal(name, error) from error
            if found != member:
                raise self._digest_refusal(name)

    def doubt(self, keys: ExportKeys) -> str:
        """Why nobody known here vouches for the file; empty if somebody does.

        Raises:
            FluxError: `SCHEMA` if it was changed after it was signed.
        """
        signature = None
        if SIGNATURE in self._zip.namelist():
            text = self._read(SIGNATURE, MAX_SIGNATURE_BYTES)
            try:
                signature = Signature.model_validate_json(text)
            except ValidationError as error:
                raise self.refusal("has a signature that cannot be read") from error
        try:
            return keys.doubt(self._read(MANIFEST, self._rules.max_manifest_bytes), signature)
        except FluxError as error:
            raise FluxError(
                error.kind, f"file {str(self._path)!r}: {error.message}", suggestions=error.suggestions
            ) from error

    def refusal(self, why: str) -> FluxError:
        """The error that says what is wrong with the file, and how a good one is made."""
        return FluxError(
            ErrorClass.SCHEMA, f"file {str(self._path)!r} {why}", suggestions=(self._rules.way_out,)
        )

    def _check(self, kind: type[ListingType]) -> ListingType:
        rules, infos = self._rules, self._zip.infolist()
        unlisted = {MANIFEST, SIGNATURE} if rules.is_signed else {MANIFEST}
        if len(infos) > rules.max_members or sum(info.file_size for info in infos) > rules.max_bytes:
            raise self.refusal(f"is larger than {rules.max_bytes} bytes in {rules.max_members} members")
        for info in infos:
            if info.filename not in unlisted and rules.name.fullmatch(info.filename) is None:
                raise self.refusal(f"holds {info.filename[:100]!r}, which belongs to no {rules.what}")
            if info.file_size > rules.max_member_bytes:
                raise self.refusal(f"holds {info.filename!r} of {info.file_size} bytes")
        sizes = {info.filename: info.file_size for info in infos}
        if len(sizes) < len(infos):
            raise self.refusal("holds a member twice")
        if MANIFEST not in sizes:
            raise self.refusal(f"lacks {MANIFEST!r}")
        try:
            manifest = kind.model_validate_json(self._read(MANIFEST, rules.max_manifest_bytes))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise self.refusal(f"has no manifest that can be read: {where}: {first['msg']}") from error
        listed = {name: size for name, size in sizes.items() if name not in unlisted}
        if listed != {name: member.size_bytes for name, member in manifest.members.items()}:
            raise self.refusal("holds other members than its manifest says")
        return manifest

    def _read(self, name: str, max_bytes: int) -> bytes:
        try:
            with self.open(name) as file:
                data = file.read(max_bytes + 1)
        except _DAMAGE as error:
            raise self._read_refusal(name, error) from error
        if len(data) > max_bytes:
            raise self.refusal(f"holds {name!r} of more than {max_bytes} bytes")
        return data

    def _digest_refusal(self, name: str) -> FluxError:
        return self.refusal(f"is damaged: {name!r} has another sha256 than its manifest says")

    def _read_refusal(self, name: str, error: Exception) -> FluxError:
        return self.refusal(f"is damaged: {name!r} cannot be read: {error}")


def read_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file, in parts."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
