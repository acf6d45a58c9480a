"""The annotation of a genome as a file: what `annotate_proteins` found and `build_metabolic_model` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.alignment import Hit
from fluxagents.tasks.ports.results import ResultFile

if TYPE_CHECKING:
    from fluxagents.tasks.ports.sources import Sources

ANNOTATE = "annotate_proteins"
"""The tool whose result holds an annotation."""


class Annotation(BaseModel):
    """The hits of all proteins of a genome."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["annotation"] = "annotation"
    genome: str
    """Digest of the table of its proteins."""
    aligner: str
    reference: str
    hits: tuple[Hit, ...]

    @property
    def file(self) -> ResultFile:
        """As an artifact; the same annotation has the same digest."""
        content = self.model_dump_json(indent=0).encode()
        return ResultFile(name="annotation.json", media_type="application/json", content=content)


def read_annotation(sources: Sources, digest: str) -> Annotation:
    """A stored annotation.

    Raises:
        FluxError: `UNKNOWN_ID` if nothing is stored under the digest, `SCHEMA` if that is no annotation.
    """
    store = sources.artifacts
    try:
        return Annotation.model_validate_json(store.get(store.find(digest)))
    except ValidationError as error:
        message = f"artifact '{digest[:19]}' is no annotation of a genome"
        hint = f"give 'annotation.digest' of a result of '{ANNOTATE}'"
        raise FluxError(ErrorClass.SCHEMA, message, suggestions=(hint,)) from error
