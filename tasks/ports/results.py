"""What every tool takes and gives: typed arguments, and a typed result in three tiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, JsonValue

if TYPE_CHECKING:
    import pandas as pd

KEY_FINDINGS_BYTES = 2_048
"""Most that a result may put before a chat model."""

SUMMARY_BYTES = 5_120
"""Most that a result may put into the state of a run."""


class Args(BaseModel):
    """Arguments of a tool; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @property
    def further_solvers(self) -> tuple[str, ...]:
        """Packages of the solvers that these arguments choose beside the model's own."""
        return ()


class Result(BaseModel):
    """All that a tool computes. Numbers carry their unit in the field's name; a missing one is None."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def key_findings(self) -> dict[str, JsonValue]:
        """What a chat model needs to answer, in at most 2 KB of JSON."""
        raise NotImplementedError

    def summary(self) -> dict[str, JsonValue]:
        """The structured result without its tables, in at most 5 KB of JSON."""
        raise NotImplementedError

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The full data, one table per name; columns carry their unit in the name."""
        raise NotImplementedError
