"""The port to where models live: addressed by what is in them, with where they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

if TYPE_CHECKING:
    from cobra import Model


Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
"""`sha256:` and 64 hex digits of the stored bytes."""

SHIPPED: Mapping[str, str] = {
    "textbook": "textbook.xml.gz",
    "e_coli_core": "textbook.xml.gz",
    "iJO1366": "iJO1366.xml.gz",
    "salmonella": "salmonella.xml.gz",
}
"""Models that come with cobra: name -> file."""


class ModelFormat(StrEnum):
    """How a stored model is written."""

    SBML = "sbml"
    JSON = "json"
    YAML = "yaml"
    MATLAB = "matlab"


class ModelRef(BaseModel):
    """What a run carries instead of a model: a few bytes that mean one exact model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: Digest
    name: str = Field(min_length=1, max_length=200)


class ModelChange(BaseModel):
    """What made a model out of its parent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: str
    args: dict[str, JsonValue]


class Concern(StrEnum):
    """What a warning about a model can change: an answer that rests on it must carry the warning."""

    GROWTH = "growth"
    FLUXES = "fluxes"
    MEDIUM = "medium"
    GENES = "genes"
    COMPOUNDS = "compounds"
    """Formulas, charges and names."""


class ModelWarning(BaseModel):
    """One kind of thing that was dropped, guessed or put right when a file was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    message: str = Field(min_length=1, max_length=2_000)
    """A sentence that names the first element, what was done and, where there is one, the way out."""
    count: int = Field(default=1, ge=1)
    elements: tuple[str, ...] = Field(default=(), max_length=10)
    """Ids of the first elements that it is about."""
    concerns: tuple[Concern, ...] = tuple(Concern)


class ModelRecord(BaseModel):
    """What is known about a stored model without parsing it, and its lineage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    digest: Digest
    name: str = Field(min_length=1, max_length=200)
    format: ModelFormat
    suffix: str
    """Of the file as it was given, such as `.xml.gz`."""
    size_bytes: int = Field(ge=1)
    parent: Digest | None = None
    change: ModelChange | None = None
    run: str = ""
    """The run that made it; empty for a file, and where an early version or no run did."""
    warnings: tuple[ModelWarning, ...] = ()
    """Of the file when it was read, and of the model that this one was made from."""

    @field_validator("warnings", mode="before")
    @classmethod
    def _read_sentences(cls, given: object) -> object:
        """Records of the first releases hold sentences."""
        if not isinstance(given, list | tuple):
            return given
        return [{"kind": "remark", "message": item} if isinstance(item, str) else item for item in given]

    @property
    def ref(self) -> ModelRef:
        return ModelRef(digest=self.digest, name=self.name)


@dataclass(frozen=True, slots=True)
class ModelContents:
    """What is in a model, a row for each; bounds are in mmol/gDW/h."""

    reactions: Sequence[Mapping[str, JsonValue]]
    metabolites: Sequence[Mapping[str, JsonValue]]
    genes: Sequence[Mapping[str, JsonValue]]


class ModelLoader(Protocol):
    """Reads models."""

    def load(self, ref: ModelRef) -> Model:
        """The parsed model, from a bounded cache of this process: change it only inside `with model:`.

        Raises:
            FluxError: `UNREADABLE_MODEL` with the reason, `UNKNOWN_ID` if no such model is stored.
        """
        ...


class ModelStore(ModelLoader, Protocol):
    """Content-addressed models. All but `load` and `derive` are cheap and need no cobra."""

    def add(
        self,
        source: Path | str | bytes,
        name: str | None = None,
        *,
        suffix: str | None = None,
        unchecked: bool = False,
    ) -> ModelRecord:
        """Store a file or bytes as they are, once they have been read as a model.

        Args:
            source: A path, or the file's bytes.
            name: Under which `resolve` finds it; the file's stem when absent. Of bytes that come without
                a suffix it is the name of their file.
            suffix: The format, such as `.xml.gz`; taken from the file's name when absent.
            unchecked: Store it without reading it; a fault then shows at first use.

        Returns:
            The record, with what was dropped, guessed or put right when the file was read.

        Raises:
            FluxError: `UNREADABLE_MODEL` if it is missing, empty, too big, of no supported suffix or no
                model; nothing is stored then.
        """
        ...

    def add_named(self, name: str) -> ModelRecord:
        """Store a model that comes with cobra (`SHIPPED`) or a universal one; raises `UNKNOWN_ID`."""
        ...

    def resolve(self, text: str, *, files: bool = True) -> ModelRef:
        """The model that a name, a file's path, a digest or a unique beginning of one means.

        Args:
            text: What a user wrote.
            files: Whether `text` may be a path on this machine; False for whatever comes over a network.

        Raises:
            FluxError: `UNKNOWN_ID` with the nearest names, or `BAD_ARGUMENT` for an ambiguous digest.
        """
        ...

    def derive(self, parent: ModelRef, model: Model, change: ModelChange, *, run: str = "") -> ModelRecord:
        """Store a changed model, with a digest of its own, its lineage and the run that first made it."""
        ...

    def list(self) -> Sequence[ModelRecord]:
        """All stored models, sorted by name and digest."""
        ...

    def show(self, ref: ModelRef) -> ModelRecord:
        """What is known about one model; raises `UNKNOWN_ID` if it is not stored."""
        ...
