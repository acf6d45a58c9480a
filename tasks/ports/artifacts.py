"""Where the full data of results lives: addressed by digest only, each with where it came from. The port."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.ports.models import Digest, ModelChange
from fluxagents.tasks.ports.results import MediaType, Result, ResultFile

if TYPE_CHECKING:
    import pandas as pd


PARQUET = "application/vnd.apache.parquet"
JSON = "application/json"
SVG = "image/svg+xml"
PNG = "image/png"

EFFECT = "effect"
"""What the provenance of an effect names as its tool: what a call would do, computed before it."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ArtifactRef(BaseModel):
    """What a run carries instead of the data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: Digest
    media_type: MediaType
    size_bytes: int = Field(ge=0)
    rows: int | None = None
    """Of a table; None for anything else."""
    columns: tuple[str, ...] = ()
    tool: str


class Ancestor(BaseModel):
    """A step in a model's lineage: the parent, and what was done to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: Digest
    change: ModelChange | None


class Provenance(BaseModel):
    """Everything that is needed to compute a result again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: str
    args: dict[str, JsonValue]
    model_digest: Digest | None = None
    """None, like all that follows, for a tool that works on no model."""
    model_id: str = ""
    lineage: tuple[Ancestor, ...] = ()
    """Of a changed model: its parent first, the model that was added last."""
    model_warnings: tuple[str, ...] = ()
    """What was remarked on when the model's file was parsed, such as gene rules that were left out."""
    medium_mmol_per_gdw_h: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    """The most uptake per exchange reaction, as it was while the tool ran."""
    bounds_changed_mmol_per_gdw_h: dict[str, tuple[float | None, float | None]] = {}
    """Reactions that had other bounds than in the stored model while the tool ran; None for no bound."""
    objective: str = ""
    objective_direction: Literal["max", "min"] | None = None
    solver: str = ""
    solver_version: str = ""
    """Of the package that carries it."""
    further_solvers: dict[str, str] = {}
    """Package -> version, of solvers that the arguments chose for integer or quadratic programs."""
    tolerance: float | None = None
    seed: int | None = None
    versions: dict[str, str]
    """Package -> version."""
    command: str = ""
    """For a shell: computes the same again where the model is stored."""


class Manifest(BaseModel):
    """Binds a result to its tables and to its provenance; itself an artifact."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    provenance: Provenance
    result: dict[str, JsonValue]
    """The summary of the result."""
    tables: dict[str, ArtifactRef]
    files: dict[str, ArtifactRef] = {}
    """By name, for other programs."""

    @property
    def parts(self) -> tuple[ArtifactRef, ...]:
        """All artifacts that belong to the result."""
        return (*self.tables.values(), *self.files.values())


class ResultReader(Protocol):
    """Reads results of tools."""

    def manifest(self, digest: str) -> Manifest:
        """The manifest under this digest; raises as `get`, and `SCHEMA` if it is no manifest."""
        ...

    def table(
        self,
        digest: str,
        *,
        columns: tuple[str, ...] | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """A stored table, or some of its columns and rows; raises as `get`, `UNKNOWN_ID` for a column."""
        ...


class ArtifactStore(ResultReader, Protocol):
    """Immutable bytes under the digest of what they are; writing the same twice is one artifact."""

    def put_table(self, table: pd.DataFrame, *, tool: str) -> ArtifactRef:
        """Store a table as Parquet; the same data always give the same bytes."""
        ...

    def put_json(self, data: JsonValue, *, tool: str) -> ArtifactRef:
        """Store JSON with sorted keys; NaN and infinities are refused with `NUMERICAL`."""
        ...

    def put_image(
        self, data: bytes, media_type: Literal["image/svg+xml", "image/png"], *, tool: str
    ) -> ArtifactRef:
        """Store a plot."""
        ...

    def put_file(self, file: ResultFile, *, tool: str) -> ArtifactRef:
        """Store a file for other programs, as it is."""
        ...

    def put_result(self, result: Result, provenance: Provenance) -> ArtifactRef:
        """Store the tables and files of a result, and a manifest that binds them; returns its reference."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes.

        Raises:
            FluxError: `BAD_ARGUMENT` for anything but a digest, `UNKNOWN_ID` if it is not stored,
                `SCHEMA` if the stored bytes are no longer those that the digest names.
        """
        ...

    def find(self, text: str) -> str:
        """The digest that a unique beginning of it (six hex digits at least) means.

        Raises:
            FluxError: `BAD_ARGUMENT` for anything else or an ambiguous one, `UNKNOWN_ID` if none is stored.
        """
        ...

    def rows(self, digest: str, *, offset: int = 0, limit: int = 100) -> list[Mapping[str, Any]]:
        """Some rows as plain data, with None where a number is missing."""
        ...


def check_digest(text: str) -> str:
    """The digest as it is; anything else, a path among them, is refused with `BAD_ARGUMENT`."""
    if _DIGEST.fullmatch(text) is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"'{text[:100]}' is not the digest of an artifact",
            suggestions=("an artifact is addressed as sha256: and 64 hex digits, never by a path",),
        )
    return text
