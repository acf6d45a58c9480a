"""A run as one file: a zip of its logs, its flows, its results and its prompts, each with its sha256.

`manifest.json` names every member with its sha256 and size; nothing else may be in the file. Members are
found by what they are, never by a path of the machine that wrote them:

runs/<number>/events.jsonl   the log of the run (0) and of each run that it began
runs/<number>/remarks.jsonl  ratings, corrections and comments, if there are any; early versions wrote none
flows/<sha256>.json          every version of a flow that they follow
artifacts/<sha256>           their results, with all tables
prompts/<sha256>             the text of every prompt that was sent
models/<sha256>/original     with --with-models, and
models/<sha256>/record.json  what is known about it

`signature.json` is the signature of the manifest, and so of all of it; early versions wrote none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.state import Status
from fluxagents.flows.texts.grammar import MAX_STORED_ID
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.prompts.versions.store import PromptStore
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.workers.archive.checked_zip import CheckedZip, Member, ZipRules
from fluxagents.workers.archive.run_signature import ExportKeys
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.models.model_store import ModelFiles
from fluxagents.workers.settings import Settings

SUFFIX = ".run.zip"
MAX_BYTES = 2 * 2**30
"""Of all members together, unpacked."""
MAX_MEMBER_BYTES = 2**29
MAX_MANIFEST_BYTES = 2**24
MAX_MEMBERS = 20_000

_NAME = re.compile(
    r"runs/\d{1,5}/(events|remarks)\.jsonl|flows/[0-9a-f]{64}\.json|(artifacts|prompts)/[0-9a-f]{64}"
    r"|models/[0-9a-f]{64}/(original|record\.json)"
)


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


class BundleFile(CheckedZip[Bundle]):
    """The file of a run that somebody gave us.

    Raises:
        FluxError: `SCHEMA` if it is no bundle, is damaged, or holds anything that a bundle does not.
    """

    def __init__(self, path: Path) -> None:
        rules = ZipRules(
            what="run",
            name=_NAME,
            way_out="`fluxagents runs export RUN` writes a file that can be imported",
            max_manifest_bytes=MAX_MANIFEST_BYTES,
            max_members=MAX_MEMBERS,
            max_bytes=MAX_BYTES,
            max_member_bytes=MAX_MEMBER_BYTES,
        )
        super().__init__(path, Bundle, rules)

    def names(self, folder: str) -> tuple[str, ...]:
        """The members below a folder."""
        return tuple(name for name in self.manifest.members if name.startswith(f"{folder}/"))
