"""A whole installation as one file: a zip of what Redis holds and of the files of the data folder.

`manifest.json` names every other member with its sha256 and size, and nothing else may be in the file:

redis.rdb        all that Redis held at one moment, in its own format
store/…          models, artifacts and archived runs
flows/…, media/… what the user laid there
message.key, export.key, flower.password, biochem.sqlite
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fluxagents.workers.archive.checked_zip import CheckedZip, Member, ZipRules

SUFFIX = ".backup.zip"
SNAPSHOT = "redis.rdb"
STORE = "store"
FOLDERS = ("evaluations", "flows", "media")
FILES = ("message.key", "export.key", "flower.password", "biochem.sqlite")
"""Of the data folder; not the password of the embedded Redis, which a new folder chooses anew."""
LEFT_OUT = ("redis", "logs", "reports", "run.json", "run.lock", "session.key")
"""Of the data folder: Redis is asked instead, and the rest is of one start, or was a copy for its reader; who
was signed in signs in again."""

MAX_MANIFEST_BYTES = 1 << 30

_NAME = re.compile(
    rf"{re.escape(SNAPSHOT)}|{'|'.join(map(re.escape, FILES))}"
    rf"|(?:{'|'.join((STORE, *FOLDERS))})(?:/(?!\.{{1,2}}(?:/|$))[^/\\\0]+)+"
)


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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


class BackupFile(CheckedZip[Manifest]):
    """A backup of which every byte has been checked.

    Raises:
        FluxError: `SCHEMA` if it is no backup, is damaged, or holds anything that a backup does not.
    """

    def __init__(self, path: Path) -> None:
        rules = ZipRules(
            what="installation",
            name=_NAME,
            way_out="`fluxagents backup FILE` writes a file that can be restored; take another copy",
            is_signed=False,
            max_manifest_bytes=MAX_MANIFEST_BYTES,
        )
        super().__init__(path, Manifest, rules)
        with ExitStack() as on_failure:
            on_failure.callback(self.close)
            if SNAPSHOT not in self.manifest.members:
                raise self.refusal(f"lacks {SNAPSHOT!r}")
            self.check_digests()
            on_failure.pop_all()


def write_through(chunks: Iterator[bytes], target: IO[bytes]) -> Iterator[bytes]:
    """The same parts, each written to a file as it passes."""
    for chunk in chunks:
        target.write(chunk)
        yield chunk
