"""A run as one file: a zip of its logs, its flows, its results and its prompts, each with its sha256.

`manifest.json` names every member with its sha256 and size; nothing else may be in the file. Members are
found by what they are, never by a path of the machine that wrote them:

runs/<number>/events.jsonl   the log of the run (0) and of each run that it began
flows/<sha256>.json          every version of a flow that they follow
artifacts/<sha256>           their results, with all tables
prompts/<sha256>             the text of every prompt that was sent
models/<sha256>/original     with --with-models, and
models/<sha256>/record.json  what is known about it

`signature.json` is the signature of the manifest, and so of all of it; early versions wrote none.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.state import Status
from fluxagents.flows.texts.grammar import MAX_STORED_ID
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.store import PromptStore
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.workers.archive.run_signature import ExportKeys, Signature
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings

SUFFIX = ".run.zip"
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
UNLISTED = frozenset({MANIFEST, SIGNATURE})
"""Members that the manifest does not name."""
MAX_BYTES = 2 * 2**30
"""Of all members together, unpacked."""
MAX_MEMBER_BYTES = 2**29
MAX_MANIFEST_BYTES = 2**24
MAX_MEMBERS = 20_000

_NAME = re.compile(
    r"runs/\d{1,5}/events\.jsonl|flows/[0-9a-f]{64}\.json|(artifacts|prompts)/[0-9a-f]{64}"
    r"|models/[0-9a-f]{64}/(original|record\.json)"
)
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What `zipfile` raises for a file that is none, is cut off, or is packed or encrypted in its own way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleStores:
    """Where the parts of a run lie in an installation."""

    runs: RunStore
    artifacts: ArtifactFiles
    models: ModelFiles
    prompts: PromptManager
    keys: ExportKeys
    """Sign what is exported, and tell who signed what is imported."""

    @classmethod
    def open(cls, settings: Settings, runs: RunStore, prompts: PromptStore) -> Self:
        """The stores of an installation."""
        return cls(
            runs=runs,
            artifacts=ArtifactFiles(settings.artifact_url),
            models=ModelFiles(settings.artifact_url),
            prompts=PromptManager(store=prompts),
            keys=ExportKeys.of(settings),
        )


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(_Frozen):
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)


class BundledRun(_Frozen):
    run_id: str = Field(min_length=1, max_length=MAX_STORED_ID)
    status: Status
    events: int = Field(ge=1)
    """How many there are."""


class Bundle(_Frozen):
    """The manifest."""

    format: Literal["fluxagents run"] = "fluxagents run"
    version: Literal[1] = 1
    written_by: str
    """The version of this software."""
    runs: tuple[BundledRun, ...] = Field(min_length=1)
    """The run first, then those that it began."""
    models: tuple[ModelRef, ...]
    """All that the runs worked on, whether they are in the file or not."""
    missing: tuple[str, ...] = ()
    """What the runs speak of and was kept no longer."""
    members: dict[str, Member]


class BundleFile:
    """A file that somebody gave us: nothing in it is believed before it was checked.

    Raises:
        FluxError: `SCHEMA` if it is no bundle, is damaged, or holds anything that a bundle does not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError as error:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"there is no file {str(path)!r}") from error
        except DAMAGE as error:
            raise self._refusal(f"is no zip file: {error}") from error
        try:
            self.manifest = self._check()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        """The bytes of a member, which are those that the manifest names."""
        member = self.manifest.members.get(name)
        if member is None:
            raise self._refusal(f"lacks {name!r}")
        data = self._bytes(name, member.size_bytes)
        if hashlib.sha256(data).hexdigest() != member.sha256:
            raise self._refusal(f"is damaged: {name!r} has another sha256 than its manifest says")
        return data

    def doubt(self, keys: ExportKeys) -> str:
        """Why nobody known here vouches for the file; empty if somebody does.

        Raises:
            FluxError: `SCHEMA` if it was changed after it was signed.
        """
        signature = None
        if SIGNATURE in self._zip.namelist():
            text = self._bytes(SIGNATURE, MAX_MANIFEST_BYTES)
            try:
                signature = Signature.model_validate_json(text)
            except ValidationError as error:
                raise self._refusal("has a signature that cannot be read") from error
        try:
            return keys.doubt(self._bytes(MANIFEST, MAX_MANIFEST_BYTES), signature)
        except FluxError as error:
            raise FluxError(
                error.kind, f"file {str(self._path)!r}: {error.message}", suggestions=error.suggestions
            ) from error

    def names(self, folder: str) -> tuple[str, ...]:
        """The members below a folder."""
        return tuple(name for name in self.manifest.members if name.startswith(f"{folder}/"))

    def _check(self) -> Bundle:
        infos = self._zip.infolist()
        names = [info.filename for info in infos]
        if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_BYTES:
            raise self._refusal(f"is larger than {MAX_BYTES} bytes in {MAX_MEMBERS} members")
        for info in infos:
            if info.filename not in UNLISTED and _NAME.fullmatch(info.filename) is None:
                raise self._refusal(f"holds {info.filename[:100]!r}, which belongs to no run")
            if info.file_size > MAX_MEMBER_BYTES:
                raise self._refusal(f"holds {info.filename!r} of {info.file_size} bytes")
        if len(set(names)) < len(names):
            raise self._refusal("holds a member twice")
        if MANIFEST not in names:
            raise self._refusal(f"lacks {MANIFEST!r}")
        try:
            bundle = Bundle.model_validate_json(self._bytes(MANIFEST, MAX_MANIFEST_BYTES))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise self._refusal(f"has no manifest that can be read: {where}: {first['msg']}") from error
        listed = {info.filename: info.file_size for info in infos if info.filename not in UNLISTED}
        if listed != {name: member.size_bytes for name, member in bundle.members.items()}:
            raise self._refusal("holds other members than its manifest says")
        return bundle

    def _bytes(self, name: str, max_bytes: int) -> bytes:
        try:
            with self._zip.open(name) as file:
                data = file.read(max_bytes + 1)
        except DAMAGE as error:
            raise self._refusal(f"is damaged: {name!r} cannot be read: {error}") from error
        if len(data) > max_bytes:
            raise self._refusal(f"holds {name!r} of more than {max_bytes} bytes")
        return data

    def _refusal(self, why: str) -> FluxError:
        return FluxError(
            ErrorClass.SCHEMA,
            f"file {str(self._path)!r} {why}",
            suggestions=("`fluxagents runs export RUN` writes a file that can be imported",),
        )
