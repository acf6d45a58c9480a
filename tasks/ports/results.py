"""What every tool takes and gives: typed arguments, and a typed result in three tiers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import fit_display
from fluxagents.tasks.ports.models import Concern

if TYPE_CHECKING:
    import pandas as pd

KEY_FINDINGS_BYTES = 2_048
"""Most that a result may put before a chat model, without the names of its ids and the warnings about
the model."""

SUMMARY_BYTES = 5_120
"""Most that a result may put into the state of a run."""


MediaType = Literal[
    "application/vnd.apache.parquet",
    "application/json",
    "image/svg+xml",
    "image/png",
    "application/sbml+xml",
    "application/yaml",
    "application/x-matlab-data",
    "text/csv",
    "text/plain",
]
"""Of what an artifact holds."""


class ResultFile(BaseModel):
    """A file for other programs that a result makes."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_bytes="base64", val_json_bytes="base64")

    name: str
    media_type: MediaType
    content: bytes = Field(repr=False)

    @property
    def digest(self) -> str:
        """Of the content, as an artifact has it."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    def display(self) -> dict[str, JsonValue]:
        """What the file is, without its content."""
        return {"name": self.name, "digest": self.digest, "size_bytes": len(self.content)}


class Args(BaseModel):
    """Arguments of a tool; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @property
    def further_solvers(self) -> tuple[str, ...]:
        """Packages of the solvers that these arguments choose beside the model's own."""
        return ()

    @property
    def further_concerns(self) -> frozenset[Concern]:
        """What the result rests on with these arguments beside `Tool.rests_on`."""
        return frozenset()

    @property
    def further_models(self) -> tuple[str, ...]:
        """The models that these arguments name beside that of the run."""
        return ()


class Result(BaseModel):
    """All that a tool computes. Numbers carry their unit in the field's name; a missing one is None."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    max_findings: ClassVar[int | None] = None
    """Most items of one list that a chat model is shown; None for as many as fit."""

    def display(self, limit: int) -> dict[str, JsonValue]:
        """The result without its tables, with at most `limit` items in each list."""
        raise NotImplementedError

    def key_findings(self) -> dict[str, JsonValue]:
        """What a chat model needs to answer, in at most 2 KB of JSON."""
        most = self.max_findings
        return fit_display(
            self.display if most is None else lambda limit: self.display(min(limit, most)), KEY_FINDINGS_BYTES
        )

    def summary(self) -> dict[str, JsonValue]:
        """The structured result without its tables, in at most 5 KB of JSON."""
        return fit_display(self.display, SUMMARY_BYTES)

    def files(self) -> Sequence[ResultFile]:
        """Files for other programs; most results have none."""
        return ()

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The full data, one table per name; columns carry their unit in the name."""
        raise NotImplementedError
